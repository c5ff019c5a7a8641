"""Names a configuration by the overrides that tell it from the others of its sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from runner.analysis.results import Results
from runner.text import LONGEST_CELL, shorten


def find_varied(results: Results) -> set[str]:
    """Return the overridden keys whose values differ between configurations."""
    columns = results.names.overrides
    return {key for key in columns if len(results.table[columns[key]].drop_duplicates()) > 1}


def name_row(results: Results, row: Mapping[Any, Any]) -> str:
    """Return the overrides that tell a row's configuration apart; empty if there is only one.

    Args:
        results: the results of a sweep.
        row: column to value, from the table or another frame with the overridden keys.
    """
    varied = find_varied(results)
    values = [
        (key, row[column]) for key, column in results.names.overrides.items() if key in varied
    ]
    return " ".join(f"{key}={shorten_cell(value)}" for key, value in values if not pd.isna(value))


def shorten_cell(value: Any, longest: int = LONGEST_CELL) -> str:
    """Return a value in at most `longest` characters; `-` for a missing one."""
    if pd.isna(value):
        return "-"
    return shorten(str(value), longest)


def order_metrics(metrics: Iterable[str]) -> list[str]:
    """Return the metrics with the loss last, as most tables are about accuracy."""
    return sorted(metrics, key=lambda name: name == "loss")
