"""Shows a metric of every run as a row of small bars, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runner.analysis.results import Results
from runner.analysis.tables.row_names import order_metrics

BARS = "▁▂▃▄▅▆▇█"
"""From the least of all values to the largest."""

MISSING = "·"
"""Stands for a run that failed, or whose value is not finite."""

MOST_RUNS = 20
"""Runs of a configuration beyond which no bars are shown, as they would fill the screen."""

MOST_ROWS = 50
"""Configurations beyond which no bars are shown, as nobody compares so many by eye."""


def find_sparks(results: Results) -> list[str] | None:
    """Return for each configuration a bar for each run, of the first metric that is no loss.

    All configurations share one scale. None: there is no metric, or too much to show.
    """
    if not results.metrics or len(results.table) > MOST_ROWS:
        return None
    column = results.names.run_metrics[order_metrics(results.metrics)[0]]
    rows = []
    for number in range(len(results.table)):
        runs = results.only(number).runs
        runs = runs[runs["replay_of"].isna()]
        if "resume_of" in runs:
            runs = runs[runs["resume_of"].isna()]
        rows.append([float(each) for each in runs[column]])
    if max(map(len, rows)) > MOST_RUNS:
        return None
    return draw_sparks(rows)


def draw_sparks(rows: Sequence[Sequence[float]]) -> list[str]:
    """Return each row of values as bars; equal values have equal bars."""
    finite = [each for row in rows for each in row if math.isfinite(each)]
    if not finite:
        return [MISSING * len(row) for row in rows]
    least, largest = min(finite), max(finite)

    def bar(value: float) -> str:
        if not math.isfinite(value):
            return MISSING
        if least == largest:
            return BARS[len(BARS) // 2]
        share = value / (largest - least) - least / (largest - least)
        return BARS[min(len(BARS) - 1, max(0, int(share * len(BARS) + 1e-9)))]

    return ["".join(map(bar, row)) for row in rows]
