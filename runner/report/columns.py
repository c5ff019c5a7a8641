"""Lays out a table for a terminal: chooses the columns that fit and writes their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from runner.numeric.verdicts import State

GAP = 2
"""The number of characters between two columns of a table."""


@dataclass(frozen=True)
class Column:
    """A column of the terminal's table."""

    heading: str
    cells: list[str]
    """The text of each row."""
    rank: int
    """The priority: if not all columns fit, those of lower rank are shown."""
    style: Callable[[str], str] | None = None
    """Returns the style of a cell's text; None if all cells are plain."""

    @property
    def width(self) -> int:
        """The number of characters that the column takes, without the gap."""
        return max(len(text) for text in (self.heading, *self.cells))


def fit_columns(columns: Sequence[Column], width: int) -> Table:
    """Return a table that is at most `width` characters wide, without the columns that do not fit.

    Args:
        columns: at least one, each with the same number of cells.
        width: in characters.
    """
    shown: set[int] = set()
    left = width
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        needed = columns[index].width + (GAP if shown else 0)
        if needed > left:
            # A later, narrower column must not take the place of a more important one.
            break
        left -= needed
        shown.add(index)
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    kept = [columns[index] for index in sorted(shown)]
    for column in kept:
        table.add_column(column.heading, no_wrap=True, overflow="ellipsis")
    for number in range(len(columns[0].cells)):
        cells = []
        for column in kept:
            style = column.style(column.cells[number]) if column.style else ""
            cells.append(Text(column.cells[number], style=style))
        table.add_row(*cells)
    return table


def show_interval(value: float, low: float, high: float) -> str:
    """Return `0.012 (0.008 to 0.02)`, or the value alone if its interval is missing or a point."""
    if pd.isna(value) or pd.isna(low) or low == high:
        return show_number(value)
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


def show_state(value: str) -> str:
    """Return a state as a cell shows it: `-` for an unmeasured one."""
    return "-" if value == State.UNMEASURED else value


def show_number(value: Any) -> str:
    """Return a number with three significant digits; `-` for a missing one."""
    return "-" if pd.isna(value) else f"{value:.3g}"


def show_spread(mean: Any, sd: Any) -> str:
    """Return a mean and its standard deviation, such as `0.953 ± 0.006`; `-` without a mean."""
    if pd.isna(mean):
        return "-"
    if pd.isna(sd):
        return f"{mean:.3f}"
    if sd == 0:
        return f"{mean:.3f} ± 0"
    return f"{mean:.3f} ± {sd:.3f}" if sd >= 0.0005 else f"{mean:.3f} ± {sd:.0e}"
