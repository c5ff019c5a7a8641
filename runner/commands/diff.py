"""`diff`: compare two runs, from any two sweeps or machines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.commands.print_format import TextOrJson
from runner.errors import ConfigError, RecordError
from runner.text import list_some

if TYPE_CHECKING:
    from runner.record.record import RunArrays, RunRecord

MAX_NAMES_SHOWN = 5
"""Names that an error lists out of a directory; the rest are counted."""


def diff(
    run_a: Annotated[
        Path, typer.Argument(metavar="RUN_A", help="A run's directory, or its record.json.")
    ],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another run, of any sweep.")],
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="Show every stage on a line of its own, even if many are the same."
        ),
    ] = False,
    format: Annotated[TextOrJson, typer.Option(help="Format of the difference.")] = TextOrJson.text,
) -> int:
    """Show where two runs begin to differ, and how far apart they are.

    Exit status: 0 if everything that both recorded is the same; 1 if something differs, or a run
    failed or was ended; 2 if there are not two runs to compare.
    """
    from runner.compare.runs import diff_runs
    from runner.report import run_diff
    from runner.report.console import make_console

    paths = locate("RUN_A", run_a), locate("RUN_B", run_b)
    (a, arrays_a), (b, arrays_b) = read("RUN_A", paths[0]), read("RUN_B", paths[1])
    difference = diff_runs(a, b, arrays_a, arrays_b)
    if format is TextOrJson.json:
        print(run_diff.format_json(difference, paths))
    else:
        run_diff.print_difference(difference, paths, make_console(), every)
    return 0 if difference.same else 1


def locate(name: str, path: Path) -> Path:
    """Return the directory of a run.

    Args:
        name: The argument of the command line that errors name: RUN_A or RUN_B.
        path: The directory of a run, or its record.

    Raises:
        ConfigError: The path holds no run, or several.
    """
    try:
        return _locate(name, path)
    except OSError as error:
        raise ConfigError(name, f"cannot be read ({error.strerror})", path) from None


def _locate(name: str, path: Path) -> Path:
    from runner.record.file_tree import find_entries
    from runner.record.record import RECORD

    if path.name == RECORD and path.is_file():
        return path.parent
    if not path.exists():
        raise ConfigError(name, "no such file or directory", path)
    if path.is_file():
        raise ConfigError(name, f"must be a run's directory or its {RECORD}", path)
    if (path / RECORD).is_file():
        return path
    runs = [each.parent for each in find_entries(path, RECORD)]
    held = [str(each) for each in runs] or sorted(each.name for each in path.iterdir())
    listed = list_some(held, MAX_NAMES_SHOWN)
    if runs:
        rule = "must be the directory of one run"
        raise ConfigError(name, rule, path, f"Runs in it: {listed}")
    hint = f"It holds {listed}" if held else "It is empty"
    raise ConfigError(name, f"must be a run's directory, with a {RECORD}", path, hint)


def read(name: str, directory: Path) -> tuple[RunRecord, RunArrays | None]:
    """Read a run; its arrays are None if it failed or they are no longer kept.

    Raises:
        ConfigError: The record or the arrays are damaged.
    """
    from runner.record.record import OUTPUTS, RECORD
    from runner.record.store import read_arrays, read_run

    try:
        record = read_run(directory / RECORD, detached=True)
        kept = record.outputs_sha256 is not None and (directory / OUTPUTS).is_file()
        return record, read_arrays(directory, record) if kept else None
    except RecordError as error:
        raise ConfigError(name, str(error)) from None
