"""`lint`: check configurations before anything runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from runner.commands.print_format import FindingsFormat
from runner.numeric.severity import Severity
from runner.text import strip_control_characters


def lint(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Overrides as for a run, such as seed=fixed,random train.epochs=3."),
    ] = None,
    config_dir: Annotated[
        Path | None,
        typer.Option(
            help="Directory of your own configs; without overrides, each of them is linted."
        ),
    ] = None,
    format: Annotated[
        FindingsFormat, typer.Option(help="Format of the findings.")
    ] = FindingsFormat.text,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with status 1 on findings at least as bad as this.")
    ] = Severity.warning,
    trust: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Packages whose code a run may use; see --help."),
    ] = None,
    multirun: Annotated[
        bool,
        typer.Option(
            "-m", "--multirun", hidden=True, help="Accepted as in a sweep; has no effect."
        ),
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and exit.")] = False,
    docs: Annotated[bool, typer.Option("--docs", help="Print docs/lint.md and exit.")] = False,
) -> int:
    """Find settings that make results irreproducible or meaningless, without running anything."""
    from runner.lint.docs import format_docs, format_rules

    if rules or docs:
        print(format_rules() if rules else format_docs(), end="\n" if rules else "")
        return 0
    return _lint(overrides or [], config_dir, format, fail_on)


def _lint(
    overrides: list[str], config_dir: Path | None, format: FindingsFormat, fail_on: Severity
) -> int:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from runner.lint.located import reaches, report_on
    from runner.lint.targets import Skipped, compose_combinations, compose_files
    from runner.report.console import make_console
    from runner.report.findings import lint_findings
    from runner.trust.sizes import check_sweep

    check_sweep(OverridesParser.create().parse_overrides(overrides), replicates=1)
    skipped: list[Skipped] = []
    if config_dir is not None and not overrides:
        composed, skipped = compose_files(config_dir)
    else:
        composed = compose_combinations(overrides, config_dir)
    reports = [report_on(each) for each in composed]
    if format is FindingsFormat.text:
        make_console().print(lint_findings.format_text(reports), soft_wrap=True)
    elif format is FindingsFormat.json:
        print(lint_findings.format_json(reports))
    elif annotations := lint_findings.format_github(reports):
        print(annotations)
    for each in skipped:
        print(strip_control_characters(each.message), file=sys.stderr)
    if any(each.wrong for each in skipped):
        return 2
    return 1 if reaches(reports, fail_on) else 0
