"""Chooses the columns of the page's table, and how each is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from runner.analysis.results import Results
from runner.analysis.tables.column_names import METRIC


class Form(StrEnum):
    """How the cells of a column are written."""

    KEY = "key"
    VERDICT = "verdict"
    STATE = "state"
    COUNT = "count"
    NUMBER = "number"
    SPREAD = "spread"
    """A mean and its SD."""
    TEXT = "text"


@dataclass(frozen=True)
class TableColumn:
    """A column of the page's table."""

    title: str
    form: Form
    source: str
    """The column of the results' table, by which rows are sorted."""
    spread: str | None = None
    """The column with the SD, for SPREAD."""


def order_metrics(results: Results) -> list[str]:
    """Return the metrics with the loss last, as most tables are about accuracy."""
    return sorted(results.metrics, key=lambda name: name == "loss")


def has_several(values: pd.Series[Any]) -> bool:
    """Return whether a column has more than one value, of which a missing one is another."""
    return int(values.nunique(dropna=False)) > 1


def choose_columns(results: Results) -> list[TableColumn]:
    """Return the columns of the page's table, in their order."""
    found = list(_choose(results))
    titles = [each.title for each in found]
    # A metric may be called like another column.
    return [
        each
        if each.form is not Form.SPREAD or titles.count(each.title) == 1
        else TableColumn(f"{METRIC}{each.title}", each.form, each.source, each.spread)
        for each in found
    ]


def _choose(results: Results) -> Iterator[TableColumn]:
    table = results.table
    for key, column in results.names.overrides.items():
        if has_several(table[column]):
            yield TableColumn(key, Form.KEY, column)
    yield TableColumn("verdict", Form.VERDICT, "verdict")
    yield TableColumn("runs", Form.COUNT, "runs")
    if table["failed"].any():
        yield TableColumn("failed", Form.COUNT, "failed")
    for axis in ("inputs", "calls", "builds", "runs"):
        # The number of runs is a column of that name too.
        title = "across runs" if axis == "runs" else axis
        yield TableColumn(title, Form.STATE, f"across_{axis}")
    yield TableColumn("replay", Form.STATE, "replay")
    if "resume" in table:
        yield TableColumn("resume", Form.STATE, "resume")
    yield TableColumn("churn", Form.NUMBER, "churn")
    for metric in order_metrics(results):
        begin = results.names.metrics[metric]
        yield TableColumn(metric, Form.SPREAD, f"{begin}_mean", f"{begin}_sd")
    yield TableColumn("first divergence", Form.TEXT, "first_divergence")
    yield TableColumn("varies with", Form.TEXT, "varies_with")
    yield TableColumn("max abs diff", Form.NUMBER, "max_abs_diff")
    if table["claims"].notna().any():
        yield TableColumn("claims", Form.TEXT, "claims")
