"""`report`: rebuild and print the table of a sweep from its directory."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.commands.opened_page import announce_page, open_page
from runner.commands.print_format import FindingsFormat
from runner.errors import ConfigError, RunnerError, SweepFailed
from runner.text import strip_control_characters

if TYPE_CHECKING:
    from runner.analysis.results import Results


class Shown(StrEnum):
    """How many findings are printed."""

    screen = "screen"
    all = "all"
    none = "none"


class PictureFormat(StrEnum):
    """Formats of the pictures that are drawn into a directory."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def report(
    path: Annotated[
        Path | None, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")
    ] = None,
    save: Annotated[
        bool, typer.Option(help="Also write the page and the files of the tables again.")
    ] = False,
    open: Annotated[
        bool, typer.Option("--open", help="Write the page, report.html, and open it in a browser.")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(help="An earlier sweep or its lock; the page then shows what has changed."),
    ] = None,
    findings: Annotated[
        Shown, typer.Option(help="Findings to print: a screen of them, all or none.")
    ] = Shown.screen,
    format: Annotated[
        FindingsFormat, typer.Option(help="Format; json has the table and the findings.")
    ] = FindingsFormat.text,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Print only configurations with this value, or one of VALUE,VALUE.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Print configurations in this order; -COLUMN: largest first."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE_OR_DIR",
            help="Also draw: all runs into a file (.png, .svg, .pdf), or all pictures into a"
            " directory.",
        ),
    ] = None,
    plot_format: Annotated[
        PictureFormat, typer.Option(help="Format of the pictures in a directory.")
    ] = PictureFormat.png,
    rules: Annotated[
        bool, typer.Option("--rules", help="List the rules for findings and exit.")
    ] = False,
    docs: Annotated[bool, typer.Option("--docs", help="Print docs/findings.md and exit.")] = False,
) -> None:
    """Rebuild the table of a sweep from its records and print it.

    Exit status: 0 if all is well; 1 if runs failed, are missing or damaged, or claims were refuted;
    2 if there is no sweep.
    """
    from runner.analysis.results import collate
    from runner.analysis.tables.row_choice import choose_configurations
    from runner.record.directories import is_locked
    from runner.record.reader import explain_no_record
    from runner.report import files, sweep_summary
    from runner.report.findings import finding_docs, measured_findings

    if rules or docs:
        text = finding_docs.format_rules() if rules else finding_docs.format_docs()
        print(text, end="\n" if rules else "")
        return
    if path is None:
        raise ConfigError(
            "report",
            "must name the directory of a sweep",
            "nothing",
            "See python -m runner report --help",
        )
    try:
        results = collate(path)
    except RunnerError:
        raise ConfigError(str(path), explain_no_record(path)) from None
    printed = choose_configurations(results, where or (), sort)
    drawn = _draw(results, plot, plot_format) if plot is not None else []
    planned, running = count_planned(path), is_locked(path)
    if save:
        files.save(results, running=running)
    if open or against is not None:
        page = write_page(results, path, running, against)
    if format is FindingsFormat.json:
        print(measured_findings.format_json(printed))
    elif format is FindingsFormat.github:
        print(measured_findings.format_github(printed))
    else:
        limits = {Shown.screen: measured_findings.MAX_ON_SCREEN, Shown.none: 0}
        sweep_summary.print_results(
            printed, None if printed is not results else planned, running, limits.get(findings)
        )
        for file in drawn:
            print(strip_control_characters(f"Picture: {file}"))
    if open:
        open_page(page)
    elif against is not None:
        announce_page(page)
    if failure := results.explain_failure(None if running else planned):
        raise SweepFailed(failure)


def write_page(results: Results, path: Path, running: bool, against: Path | None) -> Path:
    """Write the page of a sweep, with its change against an earlier one, and return its path.

    Raises:
        ConfigError: there is no earlier sweep there, or the page cannot be written.
    """
    from runner.commands.compare import read
    from runner.compare.sweeps import compare_sweeps
    from runner.report import files

    change = None
    if against is not None:
        change = compare_sweeps(read("--against", against), read("report", path))
    try:
        return files.save_page(results, running=running, against=change)
    except OSError as error:
        raise ConfigError("report", f"cannot write the page ({error.strerror})", path) from None


def _draw(results: Results, place: Path, format: PictureFormat) -> list[Path]:
    """Write pictures, and return their files."""
    from runner.pictures.picture_files import save_pictures  # imports pandas

    return save_pictures(results, place, f".{format}")


def count_planned(path: Path) -> int | None:
    """Return the number of runs that a sweep planned; None if its plan is missing or damaged."""
    from runner.plan.manifest import MANIFEST, read_manifest

    if not (path / MANIFEST).is_file():
        return None
    try:
        return len(read_manifest(path).runs)
    except ConfigError:
        return None
