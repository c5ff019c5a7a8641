"""Draws where the runs of a configuration part: a row for each run, a column for each stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_uppercase
from typing import TYPE_CHECKING

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row
from runner.errors import ConfigError
from runner.pictures.canvas import DIGESTS, FAINT, INK, escape_text, make_figure
from runner.record.reader import StoredRun, read_runs_in
from runner.record.stages import kind_of, order_stages

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 40
"""Runs that one picture shows; a note counts the others."""

MOST_COLUMNS = 30
"""Columns beyond which stages that look alike share one, whatever their kinds."""

LONGEST_NAME = 26
"""Characters of a column's name that are shown."""


@dataclass(frozen=True)
class StripColumn:
    """A stage, or neighbouring ones in which the same runs agree."""

    name: str
    letters: tuple[str, ...]
    """For each row: equal letters stand for equal digests; empty where a run lacks the stage."""


@dataclass(frozen=True)
class Strip:
    """What the picture shows."""

    rows: tuple[str, ...]
    """Names of the runs, and of the replays behind the runs that they repeat."""
    columns: tuple[StripColumn, ...]
    left_out: int
    """Rows for which there is no room."""


def find_strip(results: Results, number: int) -> Strip:
    """Return the fingerprints of a configuration's first builds.

    Args:
        results: of a sweep.
        number: of the configuration's row in the table.

    Raises:
        ConfigError: no run has fingerprints.
    """
    runs = results.only(number).runs
    runs = runs[runs["status"] == "ok"]
    stored = read_runs_in([results.directory / each for each in runs["dir"]], with_arrays=False)
    stored = [each for each in stored if each.record.fingerprints]
    if not stored:
        raise ConfigError("strip", "no run of this configuration has fingerprints")
    stored.sort(key=_order)
    builds = [each.record.fingerprints[0] for each in stored[:MOST_ROWS]]
    columns = []
    for stage in order_stages(builds):
        letters = name_digests([each.get(stage) for each in builds])
        columns.append(StripColumn(stage, letters))
    joined = join_columns(columns, by_kind=True)
    if len(joined) > MOST_COLUMNS:
        joined = join_columns(columns, by_kind=False)
    rows = tuple(_name_run(each) for each in stored[:MOST_ROWS])
    return Strip(rows, tuple(joined), max(0, len(stored) - MOST_ROWS))


def name_digests(digests: Sequence[str | None]) -> tuple[str, ...]:
    """Return a letter for each digest, A for the first that occurs; empty for a missing one."""
    known = list(dict.fromkeys(each for each in digests if each is not None))
    return tuple("" if each is None else _letter(known.index(each)) for each in digests)


def join_columns(columns: Sequence[StripColumn], *, by_kind: bool) -> list[StripColumn]:
    """Join neighbouring stages in which the same runs agree, of one kind if `by_kind`."""
    joined = []
    groups = groupby(columns, lambda c: (c.letters, kind_of(c.name) if by_kind else ""))
    for (letters, _), group in groups:
        names = [each.name for each in group]
        name = names[0] if len(names) == 1 else f"{_join_names(names)} ({len(names)})"
        joined.append(StripColumn(name, letters))
    return joined


def draw_strip(results: Results, number: int) -> Figure:
    """Draw the fingerprints of a configuration's runs and replays.

    Args:
        results: of a sweep.
        number: of the configuration's row in the table.

    Raises:
        ConfigError: no run has fingerprints, or matplotlib is not installed.
    """
    strip = find_strip(results, number)
    row = results.table.iloc[number].to_dict()
    names = [_shorten(each.name) for each in strip.columns]
    longest = max(map(len, names))
    width = 1.8 + 0.36 * len(names)
    height = 1.0 + 0.075 * longest + 0.26 * len(strip.rows)
    figure, axes = make_figure(max(width, 5.5), height)
    for x, column in enumerate(strip.columns):
        for y, letter in enumerate(column.letters):
            _draw_cell(axes, x, y, letter)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(strip.rows) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), [escape_text(each) for each in names], rotation=90)
    axes.set_yticks(range(len(strip.rows)), strip.rows)
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    axes.set_aspect("auto")
    said = f"{name_row(results, row)} {row['verdict']}".strip()
    more = f"; {strip.left_out} more runs" if strip.left_out else ""
    caption = f"{said}: equal letters in a column are equal bits{more}"
    axes.set_xlabel(escape_text(caption), fontsize=8.5, color=INK)
    return figure


def _draw_cell(axes: Axes, x: int, y: int, letter: str) -> None:
    if not letter:
        axes.plot([x], [y], marker="_", markersize=5, color=FAINT)
        return
    colour = DIGESTS[_number(letter) % len(DIGESTS)]
    axes.bar(x, 0.88, 0.92, y - 0.44, color=colour, linewidth=0)
    dark = colour in ("#0072B2", "#009E73", "#D55E00")
    axes.text(x, y, letter, ha="center", va="center", fontsize=7.5, color="white" if dark else INK)


def _order(stored: StoredRun) -> tuple[str, int, int]:
    """Return what puts a replay behind the run that it repeats."""
    record = stored.record
    repeated = record.replay_of if record.replay_of is not None else record.resume_of
    return str(stored.sweep), record.job if repeated is None else repeated, record.job


def _name_run(stored: StoredRun) -> str:
    record = stored.record
    if record.replay_of is not None:
        return f"replay of {record.replay_of}"
    if record.resume_of is not None:
        return f"{record.resume_of} resumed at {record.resume_at}"
    return f"run {record.job}"


def _letter(number: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, len(ascii_uppercase))
        text = ascii_uppercase[rest] + text
    return text


def _number(letter: str) -> int:
    number = 0
    for each in letter:
        number = number * len(ascii_uppercase) + ascii_uppercase.index(each) + 1
    return number - 1


def _join_names(names: Sequence[str]) -> str:
    kinds = list(dict.fromkeys(kind_of(each) for each in names))
    return kinds[0] if len(kinds) == 1 else f"{kinds[0]} … {kinds[-1]}"


def _shorten(name: str) -> str:
    """Return the end of a long name, which tells it from others."""
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
