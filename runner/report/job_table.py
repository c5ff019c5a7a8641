"""Shows how the jobs of a sweep over another application ended: in a table and in jobs.csv."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from runner.record.journal import JOBS, JobRow
from runner.record.store import write_atomically
from runner.report.console import make_console
from runner.text import plural, shorten

COLUMNS = ("job", "configuration", "replicate", "status", "reason", "directory")
"""The columns of the file before those of the overrides."""

MOST_ROWS = 15
"""How many jobs are printed; the file has all."""

LONGEST_CELL = 40
"""How many characters of a cell are printed."""

STYLES = {"failed": "red", "missing": "yellow"}
"""The colour of a status in a terminal."""


def save(rows: Sequence[JobRow], directory: Path) -> None:
    """Write all jobs, in their order, into the file JOBS of the sweep's directory.

    The key of an override that has the name of another column gets the column `override_KEY`.

    Raises:
        OSError: The file cannot be written.
    """
    keys = list(dict.fromkeys(key for row in rows for key in row.overrides))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"override_{key}" if key in COLUMNS else key for key in keys)])
    for row in rows:
        end = row.end
        fixed = [end.job, row.configuration, row.replicate, end.status, end.reason, end.directory]
        writer.writerow([*fixed, *(row.overrides.get(key, "") for key in keys)])
    data = text.getvalue().encode("utf-8", "backslashreplace")
    write_atomically(directory / JOBS, data)


def print_jobs(rows: Sequence[JobRow], directory: Path, command: str) -> None:
    """Print the jobs, those that are not ok first if there are too many for a screen.

    Args:
        rows: all jobs, in their order.
        directory: the directory of the sweep.
        command: what goes on with the sweep.
    """
    console = make_console()
    counts = Counter(row.end.status for row in rows)
    told = ", ".join(
        f"{counts[each]} {each}" for each in ("ok", "failed", "missing") if counts[each]
    )
    console.print(f"{plural(len(rows), 'job')}: {told}", style="bold")
    shown = rows
    if len(rows) > MOST_ROWS:
        shown = [row for row in rows if row.end.status != "ok"][:MOST_ROWS]
    if shown:
        console.print(_build_table(shown))
    if len(shown) < len(rows):
        console.print(f"{plural(len(rows) - len(shown), 'more job')}: see {JOBS}")
    console.print(f"Files: {directory} ({JOBS})", soft_wrap=True)
    if others := len(rows) - counts["ok"]:
        which = "the one that is" if others == 1 else f"the {others} that are"
        console.print(f"To run {which} not ok: {command}", soft_wrap=True)


def _build_table(rows: Sequence[JobRow]) -> Table:
    repeated = any(row.replicate for row in rows)
    headings = ["job", "overrides", *(["replicate"] if repeated else []), "status", "reason"]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in [*headings, "directory"]:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    common = set.intersection(*(set(row.overrides.items()) for row in rows))
    for row in rows:
        pairs = [each for each in row.overrides.items() if len(rows) == 1 or each not in common]
        varied = " ".join(f"{key}={value}" for key, value in pairs)
        cells = [str(row.end.job), varied, *([str(row.replicate)] if repeated else [])]
        cells += [row.end.status, row.end.reason, row.end.directory]
        style = STYLES.get(row.end.status, "")
        table.add_row(*(Text(shorten(cell, LONGEST_CELL), style=style) for cell in cells))
    return table
