"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

FEW = 0.01
"""Share of targets beyond the limits that is taken for noise."""


def unreachable_targets(view: ConfigurationView) -> Iterator[Observation]:
    """A last activation that cannot give the targets.

    ## What it sees

    More than 1 % of the training targets lie beyond the limits of the last activation: below 0
    under `relu`, outside of 0 to 1 under `sigmoid` or `softmax`, beyond -1 to 1 under `tanh`. A
    softmax over one unit gives nothing but 1.

    ## Why it matters

    The model cannot learn such targets whatever its weights are, and where an activation is at its
    limit there is no gradient to leave it.

    ## What to change

    Leave the last activation out where targets are arbitrary numbers (the default is linear), or
    scale the targets to the limits. For one unit and two classes use `sigmoid`, for labels of
    several classes as many units as classes, with `softmax` and a sparse loss.
    """
    for where, facts in view.group_build_facts("last-activation").items():
        found = [fact for fact in facts if _share_beyond(fact) > FEW]
        if not found:
            continue
        worst = max(found, key=_share_beyond)
        numbers, activation = worst.numbers, worst.words["activation"]
        yield Observation(
            where,
            f"The last activation, {where} ({activation}), gives {_word_limits(worst)}:"
            f" {numbers['beyond'].high} of {numbers['size'].high} targets"
            f" ({word_number(numbers['targets'])} in all) are beyond.",
            _advise(worst),
            len(found),
            len(facts),
            "build",
        )


def _share_beyond(fact: Clause) -> float:
    return fact.numbers["beyond"].high / fact.numbers["size"].high


def _word_limits(fact: Clause) -> str:
    lower, upper = fact.numbers.get("lower"), fact.numbers.get("upper")
    if lower is not None and upper is not None:
        both = lower.low == upper.high
        low, high = word_number(lower), word_number(upper)
        return f"nothing but {low}" if both else f"{low} to {high}"
    if lower is not None:
        return f"nothing below {word_number(lower)}"
    return f"nothing above {word_number(upper)}" if upper is not None else "any number"


def _advise(fact: Clause) -> str:
    targets = fact.numbers["targets"]
    if fact.words["activation"].lower() == "softmax" and targets.low >= 0 and targets.high <= 1:
        return "Use sigmoid for one unit and two classes."
    return "Leave the last activation out (linear), or scale the targets to its limits."
