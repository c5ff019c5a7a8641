"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

FEW = 0.01
"""Share of outputs outside of 0 to 1 that is taken for rounding."""


def unsquashed_outputs(view: ConfigurationView) -> Iterator[Observation]:
    """A cross-entropy that takes outputs for probabilities which are none.

    ## What it sees

    A cross-entropy without `from_logits` is given outputs on the probe of which more than 1 % are
    below 0 or above 1.

    ## Why it matters

    The loss cuts outputs off at 0 and 1. There it has no gradient, so rows that the model gets
    wrong by much are not learned from.

    ## What to change

    End the model in `softmax` or `sigmoid`, or write the loss with `from_logits`, such as
    `{_target_: keras.losses.BinaryCrossentropy, from_logits: true}`.
    """
    for where, facts in view.group_build_facts("loss-inputs").items():
        found = [fact for fact in facts if _is_given_others(fact)]
        if not found:
            continue
        worst = max(found, key=lambda fact: fact.numbers["outside"].high)
        numbers = worst.numbers
        yield Observation(
            where,
            f"{worst.words['class']} takes outputs for probabilities, and"
            f" {numbers['outside'].high} of {numbers['size'].high} are below 0 or above 1"
            f" ({word_number(numbers['given'])} in all).",
            "End the model in softmax or sigmoid, or give the loss from_logits: true.",
            len(found),
            len(facts),
            "build",
        )


def _is_given_others(fact: Clause) -> bool:
    numbers = fact.numbers
    return not numbers["logits"].high and numbers["outside"].high > FEW * numbers["size"].high
