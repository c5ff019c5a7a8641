"""`compare`: two sweeps, of two machines, two versions, or before and after a change."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.errors import ConfigError, RunnerError

if TYPE_CHECKING:
    from runner.compare.snapshot import Snapshot


class Format(StrEnum):
    """How the comparison is written."""

    text = "text"
    json = "json"
    markdown = "markdown"


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Directory of a sweep, or a lock of one.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    allow_rounding: Annotated[
        bool, typer.Option("--allow-rounding", help="What is within compare.* does not count.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How it is written.")] = Format.text,
) -> int:
    """Say what two sweeps differ in, by configuration, and in what their environments do.

    Runs with equal seeds are compared bit for bit; metrics of others as two samples. Exit status: 0
    nothing is known to differ; 1 something does, or is in one sweep only; 2 the command is wrong.
    """
    from runner.compare.sweeps import compare_sweeps
    from runner.report import sweep_comparison
    from runner.report.console import make_console

    found = compare_sweeps(read("A", a), read("B", b))
    if format is Format.json:
        print(sweep_comparison.format_json(found, allow_rounding))
    elif format is Format.markdown:
        print(sweep_comparison.format_markdown(found, allow_rounding))
    else:
        sweep_comparison.print_comparison(found, make_console(), allow_rounding)
    return 0 if found.is_same(allow_rounding) else 1


def read(name: str, path: Path) -> Snapshot:
    """Read a sweep's directory or a lock.

    Raises:
        ConfigError: it is neither.
    """
    from runner.compare.lock_yaml import read_side

    try:
        return read_side(path)
    except ConfigError:
        raise
    except RunnerError as error:
        raise ConfigError(name, str(error)) from None
