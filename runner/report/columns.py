"""Lays out a table for a terminal: chooses the columns that fit and writes their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table
from rich.text import Text

from runner.numeric.verdicts import State

GAP = 2
"""The number of characters between two columns of a table."""

MOST_ROWS = 60
"""The number of rows up to which a table is shown whole."""

GAP_TEXT = "..."
"""What stands for the rows that are not shown."""

HEAD, TAIL = 30, 20
"""The numbers of rows that are shown of a longer table, from its beginning and its end."""


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

    Of a long table only the beginning and the end are shown, and the caption counts the others.

    Args:
        columns: at least one, each with the same number of cells.
        width: in characters.
    """
    count = len(columns[0].cells)
    rows = choose_rows(count)
    columns = [
        replace(each, cells=[GAP_TEXT if row is None else each.cells[row] for row in rows])
        for each in columns
    ]
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
            text = column.cells[number]
            style = column.style(text) if column.style and rows[number] is not None else ""
            cells.append(Text(text, style=style))
        table.add_row(*cells)
    if None in rows:
        caption(table, f"{count_left_out(count)} rows are not shown")
    return table


def choose_rows(count: int) -> list[int | None]:
    """Return the numbers of the rows that are shown of so many; None stands for those between."""
    if count <= MOST_ROWS:
        return list(range(count))
    return [*range(HEAD), None, *range(count - TAIL, count)]


def count_left_out(count: int) -> str:
    """Return how many of the rows of a long table are not shown, such as `50 of 100`."""
    return f"{count - HEAD - TAIL} of {count}"


def caption(table: Table, text: str) -> None:
    """Put a line below a table, after those that it has."""
    before = [str(table.caption)] if table.caption else []
    table.caption = Text("\n".join([*before, text]), style="dim")
    table.caption_justify = "left"


def show_interval(value: float, low: float, high: float) -> str:
    """Return `0.012 (0.008 to 0.02)`, or the value alone if its interval is missing or a point."""
    if _is_missing(value) or _is_missing(low) or low == high:
        return show_number(value)
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


def show_state(value: str) -> str:
    """Return a state as a cell shows it: `-` for an unmeasured one."""
    return "-" if value == State.UNMEASURED else value


def show_number(value: Any) -> str:
    """Return a number with three significant digits; `-` for a missing one."""
    return "-" if _is_missing(value) else f"{value:.3g}"


def show_spread(mean: Any, sd: Any) -> str:
    """Return a mean and its standard deviation, such as `0.953 ± 0.006`; `-` without a mean."""
    if _is_missing(mean):
        return "-"
    if _is_missing(sd):
        return f"{mean:.3f}"
    if sd == 0:
        return f"{mean:.3f} ± 0"
    return f"{mean:.3f} ± {sd:.3f}" if sd >= 0.0005 else f"{mean:.3f} ± {sd:.0e}"


def _is_missing(value: Any) -> bool:
    import pandas as pd  # which a table without numbers, that of a dry run, need not wait for

    return bool(pd.isna(value))
