"""`compare`: compare two sweeps, from two machines or versions, or before and after a change."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.errors import ConfigError, RunnerError

if TYPE_CHECKING:
    from runner.compare.snapshot import Snapshot


class Format(StrEnum):
    """The formats in which the comparison can be printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A sweep's directory, or its lock.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another sweep's directory or lock.")],
    allow_rounding: Annotated[
        bool,
        typer.Option(
            "--allow-rounding", help="Ignore differences within the tolerance of compare.*."
        ),
    ] = False,
    format: Annotated[Format, typer.Option(help="Format of the comparison.")] = Format.text,
) -> int:
    """Show how two sweeps differ, by configuration, and how their environments differ.

    Runs with equal seeds are compared bit for bit; the metrics of other runs are compared as two
    samples. Exit status: 0 if nothing is known to differ; 1 if something does, or is in one sweep
    only; 2 if the command is wrong.
    """
    from runner.compare.sweeps import compare_sweeps
    from runner.report import sweep_comparison
    from runner.report.console import make_console

    comparison = compare_sweeps(read("A", a), read("B", b))
    if format is Format.json:
        print(sweep_comparison.format_json(comparison, allow_rounding))
    elif format is Format.markdown:
        print(sweep_comparison.format_markdown(comparison, allow_rounding))
    else:
        sweep_comparison.print_comparison(comparison, make_console(), allow_rounding)
    return 0 if comparison.is_same(allow_rounding) else 1


def read(name: str, path: Path) -> Snapshot:
    """Read the directory or the lock of a sweep.

    Args:
        name: The argument of the command line that errors name: A or B.
        path: The directory or the file.

    Raises:
        ConfigError: The path is neither, or cannot be read.
    """
    from runner.compare.lock_yaml import read_side

    try:
        return read_side(path)
    except ConfigError:
        raise
    except RunnerError as error:
        raise ConfigError(name, str(error)) from None
