"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.numeric.intervals import mean_interval
from runner.record.reasons import DIGITS
from runner.text import plural

SHARES = (
    *("accuracy", "binaryaccuracy", "categoricalaccuracy", "sparsecategoricalaccuracy"),
    *("topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy", "auc", "precision", "recall"),
    *("f1score", "fbetascore", "binaryiou", "meaniou", "onehotiou", "onehotmeaniou"),
)
"""Classes of Keras's metrics between 0 and 1, in small letters."""

NEVER_NEGATIVE = (
    *("meansquarederror", "meanabsoluteerror", "meanabsolutepercentageerror", "huber"),
    *("meansquaredlogarithmicerror", "rootmeansquarederror", "logcosh", "logcosherror"),
    *("hinge", "squaredhinge", "categoricalhinge", "binarycrossentropy", "kldivergence"),
    *("categoricalcrossentropy", "sparsecategoricalcrossentropy", "binaryfocalcrossentropy"),
)
"""Classes of Keras's losses and metrics that have 0 for their smallest value."""

NEGLIGIBLE = 0.05
"""Part of an interval that may lie where no value can."""

FEWEST = 3
"""Fewest runs of which it is said: the interval of two is wide whatever they measured."""


def impossible_interval(view: ConfigurationView) -> Iterator[Observation]:
    """An interval of a metric's mean that reaches values which the metric cannot have.

    ## What it sees

    More than a twentieth of the interval of the mean lies below 0, for a loss or metric of Keras's
    that is never negative, or above 1 for a share such as accuracy. Two runs are not enough to say
    so, as their interval is wide whatever they measured.

    ## Why it matters

    The interval assumes values that scatter evenly around their mean. Here they do not, or there
    are too few runs, so claims and checks that rest on it are vague.

    ## What to change

    Make more runs (`replicates`), and look at the values of the runs rather than at their mean.
    """
    kinds = {
        where: facts[0].words["class"].lower().replace("_", "")
        for where, facts in view.group_build_facts("metric").items()
    }
    confidence = view.configuration.compare.confidence
    for name in view.metric_names:
        kind = kinds.get(name)
        if kind not in (*SHARES, *NEVER_NEGATIVE):
            continue
        values = view.metric(name)
        if len(values) < FEWEST:
            continue
        found = mean_interval(values, confidence)
        if found.low is None or found.high is None:
            continue
        slack = NEGLIGIBLE * (found.high - found.low)
        side = "below 0" if found.low < -slack else None
        if kind in SHARES and found.high > 1 + slack:
            side = "above 1"
        if side:
            yield Observation(
                name,
                f"The {confidence:.0%} interval of the mean {name} over"
                f" {plural(len(values), 'run')}, {found.low:.{DIGITS}g} to"
                f" {found.high:.{DIGITS}g}, reaches {side}, where it cannot be.",
                "Make more runs (replicates), and look at their values.",
                len(values),
                len(view.runs),
            )
