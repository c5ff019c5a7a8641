"""`power`: how many replicates the next sweep needs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from runner.commands.print_format import TextOrJson
from runner.errors import ConfigError
from runner.statistics.power import Wanted


def power(
    path: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory of a sweep with 3 runs or more.")
    ],
    metric: Annotated[
        str | None, typer.Option(help="The metric; accuracy unless another is the only one.")
    ] = None,
    width: Annotated[
        float | None, typer.Option(help="Plan for an interval of the mean no wider than this.")
    ] = None,
    difference: Annotated[
        float | None, typer.Option(help="Plan for finding a difference of two means.")
    ] = None,
    verdict: Annotated[
        bool, typer.Option("--verdict", help="Plan for a verdict that is bounded.")
    ] = False,
    power: Annotated[
        float, typer.Option(help="The chance with which a difference is to be found.")
    ] = 0.8,
    format: Annotated[TextOrJson, typer.Option(help="Format of the plan.")] = TextOrJson.text,
) -> None:
    """Say how many replicates the next sweep needs, from how much a stored one varies.

    Exit status: 0 if a plan was made for a configuration; 2 if the command is wrong, or if no
    configuration has enough runs to plan from.
    """
    from runner.compare.metric_samples import read_samples
    from runner.report.console import make_console
    from runner.report.statistics import power_table
    from runner.statistics.power import plan_replicates

    if width is None and difference is None and not verdict:
        rule = "must be told what to plan for: --width, --difference or --verdict"
        hint = (
            f"Type for example: python -m runner power {shlex.quote(str(path))} --difference 0.01"
        )
        raise ConfigError("power", rule, "none of them", hint)
    wanted = Wanted(width, difference, power, verdict)
    read = read_samples(path, metric)
    reasons = [power_table.explain_missing(each) for each in read.samples]
    if not verdict and None not in reasons:
        rule = f"nothing can be planned for {read.metric}"
        raise ConfigError(str(path), rule, None, f"{read.samples[0].shown_name}: {reasons[0]}")
    plans = [
        plan_replicates(each.values if each.finite else (), each.confidence, wanted, same=each.same)
        for each in read.samples
    ]
    if format is TextOrJson.json:
        print(power_table.format_json(read, plans, wanted))
    else:
        power_table.print_plans(read, plans, wanted, make_console())
