"""Draws a metric of every run, with the mean, its interval, and what was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row, order_metrics
from runner.errors import ConfigError, nearest
from runner.pictures.canvas import DOT, FAINT, INK, MEAN, PUBLISHED, escape_text, make_figure
from runner.pictures.extras import import_extra
from runner.record.reader import read_runs_in
from runner.statistics.published_result import PublishedRange, read_published

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 40
"""Configurations that one picture shows; a note counts the others."""

PUBLISHING = ("compatible", "equivalent", "different")
"""Kinds of claims that hold a published result."""

LONGEST_NAME = 60
"""Characters of a configuration's name that are shown."""


@dataclass(frozen=True)
class Interval:
    """A value, and the ends of its interval; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Dots:
    """A metric of all runs of one configuration."""

    name: str
    """What tells the configuration from the others; the verdict follows."""
    values: tuple[float, ...]
    """Of each successful run that has the metric, replays left out; not finite ones too."""
    left_out: int
    """Runs that failed, or whose value is not finite."""
    mean: Interval
    published: tuple[Interval, ...]
    """What claims about this metric say."""


def choose_metric(results: Results, metric: str | None) -> str:
    """Return the metric to draw: the given one, or the first that is no loss.

    Raises:
        ConfigError: runs have no such metric, or none at all.
    """
    known = order_metrics(results.metrics)
    if not known:
        raise ConfigError("metric", "the runs have no metric")
    if metric is None:
        return known[0]
    if metric not in known:
        hint = nearest(metric, known) or f"Metrics: {', '.join(known)}"
        raise ConfigError("metric", "the runs do not have this metric", metric, hint)
    return metric


def find_dots(results: Results, metric: str) -> list[Dots]:
    """Return the metric of every run, for each configuration in the order of the table."""
    begin, column = results.names.metrics[metric], results.names.run_metrics[metric]
    found = []
    for number, row in enumerate(results.table.to_dict("records")):
        runs = results.only(number).runs
        runs = runs[runs["replay_of"].isna()]
        if "resume_of" in runs:
            runs = runs[runs["resume_of"].isna()]
        values = [float(each) for each in runs[column] if np.isfinite(each)]
        mean, low, high = (
            _or_none(row[f"{begin}_{each}"]) for each in ("mean", "ci_low", "ci_high")
        )
        name = f"{name_row(results, row)}  {row['verdict']}".strip()
        published = _find_published(results, runs, metric)
        left_out = len(runs) - len(values)
        found.append(Dots(name, tuple(values), left_out, Interval(mean, low, high), published))
    return found


def draw_runs(results: Results, metric: str | None = None) -> Figure:
    """Draw a dot for each run, a row for each configuration.

    Args:
        results: of a sweep.
        metric: None for the first one that is no loss.

    Raises:
        ConfigError: runs have no such metric, or matplotlib is not installed.
    """
    metric = choose_metric(results, metric)
    dots = find_dots(results, metric)
    shown = dots[:MOST_ROWS]
    names = [escape_text(_label(each)) for each in shown]
    width = max(8.0, 5.0 + 0.085 * max(map(len, names)))  # inches for dots, and for the names
    figure, axes = make_figure(width, 1.3 + 0.42 * len(shown))
    for row, each in enumerate(shown):
        _draw_row(axes, row, each)
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel(escape_text(metric), color=INK)
    axes.xaxis.grid(True, color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.ticklabel_format(axis="x", useOffset=False)
    if len(dots) > len(shown):
        axes.set_title(f"{len(shown)} of {len(dots)} configurations", fontsize=9, color=FAINT)
    _add_legend(figure, any(each.published for each in shown))
    return figure


def _draw_row(axes: Axes, row: int, dots: Dots) -> None:
    # Runs in their order from top to bottom, so that equal values do not hide each other.
    offsets = np.linspace(-0.22, 0.22, len(dots.values)) if len(dots.values) > 1 else [0.0]
    axes.scatter(dots.values, row + np.asarray(offsets[: len(dots.values)]), s=22, color=DOT,
                 alpha=0.8, edgecolors='white', linewidths=0.4, zorder=5)  # fmt: skip
    for each in dots.published:
        if each.low is not None and each.high is not None:
            axes.plot([each.low, each.high], [row + 0.36] * 2, color=PUBLISHED, linewidth=2)
        if each.value is not None:
            axes.plot([each.value], [row + 0.36], marker="D", markersize=5, color=PUBLISHED)
    mean = dots.mean
    if mean.value is None:
        axes.annotate("no value", (0.5, row), xycoords=("axes fraction", "data"), fontsize=8,
                      color=FAINT, ha="center", va="center")  # fmt: skip
        return
    axes.plot([mean.value] * 2, [row - 0.32, row + 0.32], color=MEAN, linewidth=1.6, zorder=4)
    if mean.low is not None and mean.high is not None:
        axes.plot([mean.low, mean.high], [row] * 2, color=MEAN, linewidth=1.2, zorder=4)


def _label(dots: Dots) -> str:
    name = dots.name if len(dots.name) <= LONGEST_NAME else f"{dots.name[: LONGEST_NAME - 1]}…"
    return f"{name}, {dots.left_out} without a value" if dots.left_out else name


def _add_legend(figure: Figure, published: bool) -> None:
    lines = import_extra("matplotlib.lines", "plot", "plot")
    handles = [
        lines.Line2D([], [], marker="o", linestyle="", color=DOT, alpha=0.8, label="a run"),
        lines.Line2D([], [], marker="|", markersize=11, color=MEAN, label="mean and its interval"),
    ]
    if published:
        label = "published"
        handles.append(lines.Line2D([], [], marker="D", markersize=5, color=PUBLISHED, label=label))
    figure.legend(handles=handles, loc="outside lower right", ncols=3, frameon=False, fontsize=8)


def _find_published(results: Results, runs: pd.DataFrame, metric: str) -> tuple[Interval, ...]:
    """Return what the configuration's claims say of a metric at the end of training."""
    if not len(runs):
        return ()
    (first,) = read_runs_in([results.directory / runs["dir"].iloc[0]], with_arrays=False)
    claims: Sequence[dict[str, Any]] = first.configuration.claims
    about = [
        each
        for each in claims
        if each.get("metric") == metric and each.get("evaluate") in (None, "final")
    ]
    found = []
    for claim in about:
        if claim.get("mean") is not None:
            mean, within = claim["mean"], claim.get("within") or 0.0
            found.append(Interval(mean, mean - within, mean + within))
        for kind in PUBLISHING:
            if claim.get(kind) is None:
                continue
            of = read_published(kind, claim[kind]).of
            if isinstance(of, PublishedRange):
                found.append(Interval(None, of.low, of.high))
            else:
                found.append(Interval(of.mean, of.mean - of.sd, of.mean + of.sd))
    return tuple(found)


def _or_none(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
