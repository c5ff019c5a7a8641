"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

USUAL_MEAN = 0.5
"""Largest magnitude of a mean of inputs that count as normalized already."""

USUAL_SD = (0.5, 2.0)
"""Between these is the largest standard deviation of inputs that count as normalized already."""


def unadapted_normalization(view: ConfigurationView) -> Iterator[Observation]:
    """A normalization layer that was never adapted, and so changes nothing.

    ## What it sees

    A `keras.layers.Normalization` still has the mean 0 and the variance 1 that it starts with, and
    what it receives, in up to 64 training rows, has others.

    ## Why it matters

    Until it is adapted to rows, the layer passes its inputs through as they are, without a word.

    ## What to change

    Name the layer in `train.adapt`, or give it `mean` and `variance`. A layer that needs no rows,
    such as `Rescaling` or `BatchNormalization`, may do as well.
    """
    for where, facts in view.group_build_facts("not-adapted").items():
        found = [fact for fact in facts if not _is_normal(fact)]
        if not found:
            continue
        numbers = found[0].numbers
        yield Observation(
            where,
            f"{where} was never adapted: it has mean 0 and variance 1, while its inputs have means"
            f" of {word_number(numbers['means'])} and standard deviations of"
            f" {word_number(numbers['sds'])}.",
            f"Set train.adapt=[{where.rpartition('/')[2]}], or give it mean and variance.",
            len(found),
            len(view.runs),
        )


def _is_normal(fact: Clause) -> bool:
    means, sds = fact.numbers["means"], fact.numbers["sds"]
    low, high = USUAL_SD
    return max(abs(means.low), abs(means.high)) <= USUAL_MEAN and low <= sds.high <= high
