"""`report`: rebuild and print the table of a sweep from its directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.errors import SweepFailed


def report(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
    save: Annotated[bool, typer.Option(help="Also write the table and runs files anew.")] = False,
) -> None:
    """Rebuild the table of a sweep from its records and print it."""
    from runner.collate import collate
    from runner.report import files, terminal

    results = collate(path)
    if save:
        files.save(results)
    terminal.print_results(results)
    if results.failure:
        raise SweepFailed(results.failure)
