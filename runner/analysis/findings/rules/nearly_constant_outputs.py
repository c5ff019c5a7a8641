"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

NARROW = 0.25
"""Ratio of standard deviations below which outputs hardly vary."""

EXPLAINED = 0.2
"""Part of the variance that a model which learned something explains at least."""


def nearly_constant_outputs(view: ConfigurationView) -> Iterator[Observation]:
    """A trained model of arbitrary numbers that predicts nearly their mean.

    ## What it sees

    The outputs on the probe have less than a quarter of the standard deviation of the targets, and
    explain less than a fifth of their variance, although the inputs tell more: the mean target of
    the 5 nearest training rows explains at least a fifth.

    ## Why it matters

    The mean is what a model predicts that learned nothing from its inputs, and its loss can still
    look as if it had settled.

    ## What to change

    See whether other findings name a cause. Otherwise train for longer, scale inputs and targets,
    and where a loss or a `train_step` is your own, give targets and predictions one shape.
    """
    facts = [fact for _, fact in view.find_build_facts("spread")]
    found = [fact for fact in facts if _is_narrow(fact)]
    if not found:
        return
    numbers = max(found, key=lambda fact: fact.numbers["neighbours"].high).numbers
    explained = numbers["explained"].high
    guess = "their mean" if explained > -EXPLAINED else "one number"
    yield Observation(
        "outputs",
        f"Outputs have a standard deviation of {word_number(numbers['outputs'])}, the targets of"
        f" {word_number(numbers['targets'])}: the model predicts nearly {guess}. The mean of the"
        f" 5 nearest training rows explains {numbers['neighbours'].high:.0%} of the variance, the"
        f" model {max(explained, 0):.0%}.",
        "Train for longer, scale inputs and targets, and give targets and predictions one shape in"
        " a loss or train_step of your own.",
        len(found),
        len(facts),
        "build",
    )


def _is_narrow(fact: Clause) -> bool:
    numbers = fact.numbers
    narrow = numbers["outputs"].high < NARROW * numbers["targets"].high
    learnable = "neighbours" in numbers and numbers["neighbours"].high >= EXPLAINED
    return narrow and learnable and numbers["explained"].high < EXPLAINED
