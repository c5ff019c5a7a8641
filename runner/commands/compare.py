"""`compare`: compare two sweeps, from two machines or versions, or before and after a change."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.commands.opened_page import announce_page, open_page
from runner.errors import ConfigError, RunnerError

if TYPE_CHECKING:
    from runner.compare.snapshot import Snapshot
    from runner.compare.sweeps import SweepDifference


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
    page: Annotated[
        Path | None, typer.Option(help="Also write a page, a file of HTML, for a browser.")
    ] = None,
    open: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser; without --page, a new file.")
    ] = False,
) -> int:
    """Show how two sweeps differ, by configuration, and how their environments differ.

    Runs with equal seeds are compared bit for bit; the metrics of other runs are compared as two
    samples. Exit status: 0 if nothing is known to differ; 1 if something does, or is in one sweep
    only; 2 if the command is wrong.
    """
    from runner.compare.sweeps import compare_sweeps
    from runner.report import sweep_comparison
    from runner.report.console import make_console

    if page is not None:
        _refuse_other_file(page)
    comparison = compare_sweeps(read("A", a), read("B", b))
    if format is Format.json:
        print(sweep_comparison.format_json(comparison, allow_rounding))
    elif format is Format.markdown:
        print(sweep_comparison.format_markdown(comparison, allow_rounding))
    else:
        sweep_comparison.print_comparison(comparison, make_console(), allow_rounding)
    if open and page is None:
        page = Path(tempfile.mkdtemp(prefix="runner-")) / "comparison.html"
    if page is not None:
        write_page(comparison, page, allow_rounding)
        if open:
            open_page(page)
        else:
            announce_page(page)
    return 0 if comparison.is_same(allow_rounding) else 1


def _refuse_other_file(page: Path) -> None:
    """Refuse to replace a file that is no page of ours.

    Raises:
        ConfigError: it is one, or cannot be read.
    """
    from runner.report.compared_page import may_replace

    try:
        if may_replace(page):
            return
    except OSError as error:
        raise ConfigError("--page", f"cannot be written ({error.strerror})", page) from None
    rule = "is there already and is no page of runner's, so it is left as it is"
    raise ConfigError("--page", rule, page, "Give another name, or remove it")


def write_page(comparison: SweepDifference, page: Path, allow_rounding: bool) -> None:
    """Write the page of a comparison.

    Raises:
        ConfigError: It cannot be written there.
    """
    from runner.report.compared_page import save_comparison

    try:
        save_comparison(comparison, page, allow_rounding)
    except OSError as error:
        raise ConfigError("--page", f"cannot be written ({error.strerror})", page) from None


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
