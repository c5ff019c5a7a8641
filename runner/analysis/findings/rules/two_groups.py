"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.record.reasons import DIGITS

FEWEST = 5
"""Runs below which nothing is said of groups."""

WIDEST = 18.0
"""The gap must be this many times the width of the wider group, divided by the runs less two. With
this number, normal samples of 5 to 30 have such a gap in 0.6 % of cases at most."""

LEAST = 1.5
"""The gap must be at least this many times the width of the wider group, however many runs."""


def two_groups(view: ConfigurationView) -> Iterator[Observation]:
    """A metric whose values over the runs fall into two groups.

    ## What it sees

    Five runs or more, of which at least two lie on either side of a gap, and the gap is at least
    18/(runs - 2) times as wide as the wider group (and 1.5 times). Equal steps of a metric, such as
    one row more that is right, count as the width of a group.

    ## Why it matters

    A mean between two groups is a value that no run has, and its interval, which assumes one group,
    is too sure of it. Another outcome decides which group a run falls into.

    ## What to change

    Look at what the runs of a group have in common: with `python -m runner diff RUN_A RUN_B`, one
    run from each, and in `runs.csv`. Report the groups, and how many runs are in each.
    """
    for name in view.metric_names:
        values = view.metric(name)
        cut = find_gap(values)
        if cut is None:
            continue
        low, high = np.split(np.sort(values), [cut])
        yield Observation(
            name,
            f"{name} falls into two groups: {len(low)} runs have {_word(low)}, {len(high)} have"
            f" {_word(high)}{_find_collapse(view, name, float(low[-1]))}.",
            "Compare two runs, one from each group, with python -m runner diff.",
            len(values),
            len(view.runs),
        )


def find_gap(values: npt.NDArray[np.float64]) -> int | None:
    """Return how many of the values (run,) lie below the gap between two groups; None: no gap."""
    count = len(values)
    if count < FEWEST or not np.isfinite(values).all():
        return None
    ordered = np.sort(values)
    steps = np.diff(ordered)
    if not steps.any():
        return None
    # Metrics such as accuracy have steps of their own, below which no difference is seen.
    width = float(steps[steps > 0].min())
    needed = max(WIDEST / (count - 2), LEAST)
    for cut in range(2, count - 1):
        widest = max(ordered[cut - 1] - ordered[0], ordered[-1] - ordered[cut], width)
        if steps[cut - 1] >= needed * widest:
            return cut
    return None


def _find_collapse(view: ConfigurationView, name: str, last_low: float) -> str:
    """Return that the groups are the runs that collapsed and those that did not, if they are."""
    groups = {
        (run.first_metrics[name] <= last_low, bool(run.record.collapse[0]))
        for run in view.runs
        if name in run.first_metrics and run.record.collapse
    }
    if groups == {(True, True), (False, False)}:
        return ", and the outputs of those with less do not depend on the input"
    if groups == {(True, False), (False, True)}:
        return ", and the outputs of those with more do not depend on the input"
    return ""


def _word(group: npt.NDArray[np.float64]) -> str:
    return " to ".join(dict.fromkeys(f"{each:.{DIGITS}g}" for each in (group[0], group[-1])))
