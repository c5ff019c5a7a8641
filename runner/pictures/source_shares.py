"""Draws how much each source of randomness alone varies a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from runner.analysis.results import Results
from runner.errors import ConfigError
from runner.pictures.canvas import DOT, FAINT, INK, escape_text, make_figure
from runner.pictures.run_dots import choose_metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST_EDGE = 1.5
"""The share at which the picture ends, unless a source has more; an arrow shows that an interval
goes on."""


def draw_sources(results: Results, metric: str | None = None) -> Figure:
    """Draw each source's SD of a metric as a share of the SD with all sources varying.

    Args:
        results: of a sweep over `seed.vary`.
        metric: None for the first one that is no loss.

    Raises:
        ConfigError: the sweep does not tell sources apart, or runs have no such metric.
    """
    frame = results.attribution
    if frame is None:
        hint = "Such a sweep is experiment=attribution"
        raise ConfigError("sources", "needs a sweep over seed.vary", None, hint)
    metric = choose_metric(results, metric)
    begin = results.names.metrics[metric]
    frame = frame[frame["source"] != "none"]
    shares = frame[f"{begin}_share"].dropna()
    edge = max(LEAST_EDGE, 1.15 * float(shares.max())) if len(shares) else LEAST_EDGE
    figure, axes = make_figure(7.5, 1.4 + 0.36 * len(frame))
    for row, each in enumerate(frame.to_dict("records")):
        share, low, high = (each[f"{begin}_share{end}"] for end in ("", "_low", "_high"))
        if pd.isna(share):
            said = each["note"] if not pd.isna(each["note"]) else "not measured"
            axes.text(0.02, row, escape_text(str(said)), va="center", fontsize=8, color=FAINT)
            continue
        axes.barh(row, share, 0.6, color=DOT, alpha=0.75)
        if not pd.isna(low) and not pd.isna(high) and low != high:
            axes.plot([min(low, edge), min(high, edge)], [row] * 2, color=INK, linewidth=1.4)
            axes.plot([low], [row], color=INK, marker="|", markersize=7)
            axes.plot([min(high, edge)], [row], color=INK, marker=">" if high > edge else "|",
                      markersize=7, clip_on=False)  # fmt: skip
    others = [key for key in results.names.overrides.values() if key in frame]
    labels = [" ".join(str(row[key]) for key in (*others, "source")) for _, row in frame.iterrows()]
    axes.set_yticks(range(len(frame)), [escape_text(each) for each in labels])
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.set_xlim(0, edge)
    axes.axvline(1, color=FAINT, linewidth=0.8, linestyle=":")
    axes.set_xlabel(
        escape_text(f"SD of {metric} where only this varies, as a share of the SD where all vary"),
        color=INK,
        fontsize=9,
    )
    axes.tick_params(axis="y", length=0)
    return figure
