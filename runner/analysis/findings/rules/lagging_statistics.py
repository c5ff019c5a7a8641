"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

FAR_MEAN = 1.0
"""Standard deviations by which the mean of a usual channel must be off."""

FAR_VARIANCE = 4.0
"""Factor by which the variance of a usual channel must be off, either way."""

CHANGED = 0.2
"""Share of labels that must change with the batch's own statistics."""

SHIFT = 0.5
"""Standard deviations by which outputs without labels must shift."""

LOWER_MOMENTUM = 0.9
"""The momentum that is advised: with it, moving statistics mostly hold the last 20 steps."""


def lagging_statistics(view: ConfigurationView) -> Iterator[Observation]:
    """Batch normalization that infers with statistics far from those that it trained with.

    ## What it sees

    For half of the channels of a `keras.layers.BatchNormalization`, the moving mean is more than a
    standard deviation from the mean of 64 training rows, or the moving variance more than a factor
    of 4 from theirs; and with the rows' own statistics at least a fifth of the labels change, or
    outputs shift by half their standard deviation.

    ## Why it matters

    Training uses the statistics of each batch, and inference the moving ones, which start at 0 and
    1 and move by 1 - momentum in a step. Until they arrive, metrics on the test part say nothing
    about what was learned.

    ## What to change

    Train for more steps (smaller batches, more epochs), and set a lower `momentum`: after N steps,
    momentum to the power of N of the initial values is left. Where weights move fast, the moving
    statistics lag behind also after many steps; a lower learning rate helps too.
    """
    facts = view.group_build_facts("moving-statistics")
    found = {where: [each for each in seen if _is_far(each)] for where, seen in facts.items()}
    found = {where: seen for where, seen in found.items() if seen}
    for where, seen in found.items():
        worst = max(seen, key=lambda fact: fact.numbers["gap_median"].high)
        yield Observation(
            where,
            f"{_describe_statistics(where, worst)}. {_describe_effect(worst)}",
            _advise(worst),
            len(seen),
            len(facts[where]),
            "build",
        )


def _is_far(fact: Clause) -> bool:
    numbers = fact.numbers
    ratio = numbers["ratio_median"].high
    far = numbers["gap_median"].high > FAR_MEAN or not 1 / FAR_VARIANCE < ratio < FAR_VARIANCE
    if "changed" in numbers:
        return far and numbers["changed"].high >= CHANGED * numbers["rows"].high
    return far and "shift" in numbers and numbers["shift"].high >= SHIFT


def _describe_statistics(where: str, fact: Clause) -> str:
    numbers = fact.numbers
    steps, momentum = numbers["steps"].high, numbers["momentum"].high
    left = momentum**steps
    share = f"{left:.0%}" if left >= 0.01 else "less than 1%"
    return (
        f"{where}: after {steps} steps with momentum {momentum:g}, {share} of its moving"
        " statistics is what they started from. Its moving mean is off by"
        f" {word_number(numbers['gap'])} standard deviations of what reaches it, its moving"
        f" variance is {word_number(numbers['ratio'])} times as large"
    )


def _describe_effect(fact: Clause) -> str:
    numbers = fact.numbers
    if "changed" not in numbers:
        shift = word_number(numbers["shift"])
        return f"With the batch's own statistics outputs shift by {shift} standard deviations."
    rows = numbers["rows"].high
    return (
        f"With the batch's own statistics {numbers['changed'].high} of {rows} training rows get"
        f" another label: {numbers['right_own'].high} are right instead of"
        f" {numbers['right_moving'].high}."
    )


def _advise(fact: Clause) -> str:
    if fact.numbers["momentum"].high > LOWER_MOMENTUM:
        lower = f"set a lower momentum, such as {LOWER_MOMENTUM}"
        return f"Train for more steps, for example by smaller batches, and {lower}."
    return "Train for more steps, for example by smaller batches, or set a lower learning rate."
