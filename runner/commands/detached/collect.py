"""`collect`: the table of what a sweep has done so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.text import strip_control_characters


def collect(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
) -> None:
    """Print the table of the runs that have ended, and write its files, at any time.

    The same as `report --save`. Exit status: 0 if all is well, also while the sweep runs; 1 if runs
    failed, are missing or damaged, or claims were refuted; 2 if there is no sweep.
    """
    from runner.commands.detached.planned_sweep import read_planned
    from runner.commands.report import report

    standing = read_planned("collect", path)
    if standing.left == standing.planned:
        print(strip_control_characters(f"{path}: none of {standing.planned} runs has ended yet."))
        return
    report(path, save=True)
