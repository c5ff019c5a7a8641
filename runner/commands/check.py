"""`check`: run the configurations of a lock again, and report what changed."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runner.commands.lock import LOCK


class Format(StrEnum):
    """The formats in which the result can be printed."""

    text = "text"
    github = "github"


def check(
    path: Annotated[
        Path, typer.Argument(metavar="LOCK", help="A file that `python -m runner lock` wrote.")
    ] = LOCK,
    directory: Annotated[
        Path | None,
        typer.Option(help="Where the new sweep is saved; by default where any sweep is."),
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(min=1, help="Most replicates of each configuration; by default all."),
    ] = None,
    format: Annotated[Format, typer.Option(help="Format of the result.")] = Format.text,
    trust: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Packages whose code a run may use; see --help."),
    ] = None,
) -> int:
    """Run the configurations of a lock again, with its seeds, and compare the results with it.

    Start it in the directory in which the sweep was started. Configurations in which nothing was
    seeded are compared by their verdicts. Exit status: 0 if nothing is known to differ from the
    lock; 1 if something does; 2 if the command or the lock is wrong.
    """
    from runner.compare.lock_yaml import read_lock
    from runner.compare.snapshot import read_snapshot
    from runner.compare.sweeps import compare_sweeps
    from runner.report import files, lock_check
    from runner.report.console import make_console
    from runner.sweep.rerun import rerun

    lock = read_lock(path)
    sweep = rerun(lock, path.parent, directory, replicates, lambda results, _: files.save(results))
    comparison = compare_sweeps(lock.snapshot(str(path)), read_snapshot(sweep))
    if format is Format.github:
        lines = [lock.configurations[each.place].line for each in comparison.configurations]
        print(lock_check.format_github(comparison, Path(os.path.relpath(path)), lines))
    else:
        lock_check.print_check(comparison, make_console())
    return 0 if comparison.is_same() else 1
