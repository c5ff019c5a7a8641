"""`statistics`: what a stored sweep says of one metric."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.commands.print_format import TextOrJson


def statistics(
    path: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory of a sweep, or one above sweeps.")
    ],
    metric: Annotated[
        str | None, typer.Option(help="The metric; accuracy unless another is the only one.")
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="A swept key whose values are tasks, such as data."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="KEY=A,B", help="Compare only configurations that differ in this."),
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="How far apart means may be and still be equivalent.")
    ] = None,
    gamma: Annotated[
        float, typer.Option(help="The smallest share of pairs in which better is meaningful.")
    ] = 0.75,
    format: Annotated[
        TextOrJson, typer.Option(help="Format of what is printed.")
    ] = TextOrJson.text,
) -> None:
    """Say how one metric varies over a sweep, and how its configurations compare.

    Leaves statistics.csv, comparisons.csv and profiles.csv in the directory. Exit status: 0; 2 if
    the command is wrong.
    """
    from runner.compare.metric_samples import read_samples
    from runner.compare.sweep_statistics import Asked, describe_sweep
    from runner.report.console import make_console
    from runner.report.statistics import statistics_tables

    asked = Asked(tasks, compare, margin, gamma)
    found = describe_sweep(read_samples(path, metric), asked)
    statistics_tables.save_statistics(found, path)
    if format is TextOrJson.json:
        print(statistics_tables.format_json(found))
    else:
        statistics_tables.print_statistics(found, make_console())
