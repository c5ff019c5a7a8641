"""`audit-table`: find what cannot be, and what chance would not do, in a published table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from runner.commands.print_format import FindingsFormat
from runner.errors import ConfigError
from runner.numeric.severity import Severity
from runner.published.published_table import Scale
from runner.published.reading.column_mapping import ColumnMapping, Layout


def audit_table(
    file: Annotated[
        Path | None,
        typer.Argument(help="The table: comma-, tab- or semicolon-separated, or parquet."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another table of the same study, to compare with.")
    ] = None,
    classes: Annotated[
        Path | None,
        typer.Option(help="A file of data set, class and number of test rows, a row a class."),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="long: a row a run or mean; wide: a row a data set.")
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(metavar="DATA,METHOD", help="Columns of the data set and of the method."),
    ] = None,
    run: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the seed.")] = None,
    value: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of a run's value.")
    ] = None,
    mean: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the mean.")] = None,
    sd: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the SD.")] = None,
    n: Annotated[
        str | None,
        typer.Option(metavar="COLUMN|NUMBER", help="Runs of a mean."),
    ] = None,
    test_rows: Annotated[
        str | None,
        typer.Option(metavar="COLUMN|NUMBER", help="Rows of the test part; accuracy is k of them."),
    ] = None,
    scale: Annotated[Scale | None, typer.Option(help="What the values are.")] = None,
    format: Annotated[
        FindingsFormat, typer.Option(help="Format of the findings.")
    ] = FindingsFormat.text,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with status 1 on findings at least as bad as this.")
    ] = Severity.warning,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and exit.")] = False,
    docs: Annotated[bool, typer.Option("--docs", help="Print docs/tables.md and exit.")] = False,
) -> int:
    """Find what cannot be, and what chance would not do, in a table of results of others.

    Columns are found by their names and contents, and the first line says what was taken for what.

    Exit status: 0 if nothing was found; 1 if something was; 2 if the command or the table is wrong.
    """
    if rules or docs:
        from runner.report.findings.table_docs import format_docs, format_rules

        print(format_rules() if rules else format_docs(), end="\n" if rules else "")
        return 0
    if file is None:
        hint = "See python -m runner audit-table --help"
        raise ConfigError("audit-table", "must name a file", "nothing", hint)
    columns = tuple(each.strip() for each in cell.split(",")) if cell is not None else ()
    mapping = ColumnMapping(layout, scale, columns, run, value, mean, sd, n, test_rows)
    return _audit(file, mapping, classes, against, (format, fail_on))


def _audit(
    file: Path,
    mapping: ColumnMapping,
    classes: Path | None,
    against: Path | None,
    shown: tuple[FindingsFormat, Severity],
) -> int:
    from runner.published.reading.class_counts import add_test_rows, read_class_counts
    from runner.published.reading.read_table import read_published_table
    from runner.published.table_rule import AuditedTable
    from runner.published.table_rules import find_table_findings
    from runner.report.console import make_console
    from runner.report.findings import table_findings

    table = read_published_table(file, mapping, "FILE")
    counts = read_class_counts(classes, "--classes") if classes else {}
    if counts:
        table = add_test_rows(table, counts, "--classes")
    other = None
    if against:
        other = read_published_table(against, replace(mapping, scale=table.scale), "--against")
    found = find_table_findings(AuditedTable(table, counts, other))
    tables = [table, *([other] if other else [])]
    format, fail_on = shown
    if format is FindingsFormat.json:
        print(table_findings.format_json(tables, found))
    elif format is FindingsFormat.text:
        make_console().print(table_findings.format_text(tables, found), soft_wrap=True)
    elif annotations := table_findings.format_github(str(file), found):
        print(annotations)
    return 1 if any(each.rule.severity.rank <= fail_on.rank for each in found) else 0
