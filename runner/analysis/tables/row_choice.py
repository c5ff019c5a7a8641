"""Chooses and orders the configurations of a table that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from runner.analysis.results import Results
from runner.errors import ConfigError, nearest

WHERE, SORT = "--where", "--sort"
MOST_NAMED = 12
"""Columns or values that an error names."""


def choose_configurations(results: Results, where: Sequence[str], sort: str | None) -> Results:
    """Return the results of the configurations that fit, in the order that is wanted.

    Args:
        results: of a sweep.
        where: `COLUMN=VALUE`, or `COLUMN=VALUE,VALUE` for any of several; all must hold.
        sort: a column of the table, smallest first, or `-COLUMN`, largest first. Missing values
            come last, and configurations with equal values stay as they were.

    Raises:
        ConfigError: there is no such column, or no configuration fits.
    """
    table = results.table
    kept = pd.Series(data=True, index=table.index)
    for each in where:
        column, equals, text = each.partition("=")
        if not equals:
            raise ConfigError(WHERE, "must be COLUMN=VALUE", each, "Such as verdict=repeatable")
        values = table[_find_column(results, column, WHERE)].map(_write)
        fitting = kept & values.isin([text, *text.split(",")])
        if not fitting.any():
            known = [value for value in dict.fromkeys(values[kept]) if value]
            hint = nearest(text, known) or f"Among its values: {', '.join(known[:MOST_NAMED])}"
            raise ConfigError(WHERE, "no configuration has this value", each, hint)
        kept = fitting
    numbers = [number for number, keeps in enumerate(kept) if keeps]
    if sort is not None:
        column = _find_column(results, sort.removeprefix("-"), SORT)
        order = pd.Series(table[column].to_list(), dtype=table[column].dtype).iloc[numbers]
        falling = sort.startswith("-")
        numbers = list(order.sort_values(ascending=not falling, kind="stable").index)
    return results if len(numbers) == len(table) and sort is None else _take(results, numbers)


def _find_column(results: Results, name: str, option: str) -> str:
    """Return the column of a key or of any other name."""
    column = results.names.overrides.get(name, name)
    if column not in results.table:
        names = [str(each) for each in results.table]
        hint = nearest(name, names) or f"Columns: {', '.join(names[:MOST_NAMED])}, ..."
        raise ConfigError(option, "must name a column of the table", name, hint)
    return column


def _write(value: Any) -> str:
    """Return a value as it is typed; empty for a missing one."""
    return "" if pd.isna(value) else str(value)


def _take(results: Results, numbers: Sequence[int]) -> Results:
    """Return the results of some configurations, given the numbers of their rows."""
    table = results.table.iloc[list(numbers)]
    wanted = set(_identify(results, table))
    runs, claims, findings = (
        # A mask without rows must still be one of booleans, or it would choose no columns.
        frame[np.array([each in wanted for each in _identify(results, frame)], np.bool_)]
        for frame in (results.runs, results.claims, results.findings)
    )
    return replace(
        results,
        table=table.reset_index(drop=True),
        runs=runs,
        claims=claims,
        findings=findings.reset_index(drop=True),
        sentences=[results.sentences[number] for number in numbers],
        evidence=tuple(results.evidence[number] for number in numbers),
    )


def _identify(results: Results, frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return for each row what tells its configuration from the others."""
    columns = ["configuration", *results.names.overrides.values()]
    return list(zip(*(frame[each].map(_write) for each in columns), strict=True))
