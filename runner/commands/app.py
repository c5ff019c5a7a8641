"""Runs `python -m runner COMMAND ...`: the commands as one application."""

from __future__ import annotations

import sys

import typer

from runner.commands.audit import SCRIPT_SETTINGS, audit
from runner.commands.check import check
from runner.commands.compare import compare
from runner.commands.detached.cancel import cancel
from runner.commands.detached.collect import collect
from runner.commands.detached.status import status
from runner.commands.detached.submit import SUBMIT_SETTINGS, submit
from runner.commands.diff import diff
from runner.commands.lint import lint
from runner.commands.lock import lock
from runner.commands.numbers.audit_table import audit_table
from runner.commands.numbers.decide import decide
from runner.commands.numbers.power import power
from runner.commands.numbers.statistics import statistics
from runner.commands.report import report
from runner.commands.resume import resume
from runner.commands.typer_internals import find_usage_error, read_message
from runner.errors import ConfigError, nearest

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Commands beside running: python -m runner COMMAND --help",
)
app.command(context_settings=SCRIPT_SETTINGS)(audit)
app.command()(audit_table)
app.command()(cancel)
app.command()(check)
app.command()(collect)
app.command()(compare)
app.command()(decide)
app.command()(diff)
app.command()(lint)
app.command()(lock)
app.command()(power)
app.command()(report)
app.command()(resume)
app.command()(statistics)
app.command()(status)
app.command(context_settings=SUBMIT_SETTINGS)(submit)


def run_command() -> None:
    """Run the command that the first word of the command line names, and exit with its status.

    Raises:
        ConfigError: There is no such command, or it does not take these arguments.
    """
    name = sys.argv[1]
    functions = [each.callback for each in app.registered_commands if each.callback]
    known = [each.__name__.replace("_", "-") for each in functions]
    if name not in known:
        hint = f"Commands: {', '.join(known)}; an override is written KEY=VALUE"
        raise ConfigError(name, "no such command", None, nearest(name, known) or hint)
    usage_error = find_usage_error()
    try:
        ended = app(standalone_mode=False)
    except usage_error as error:
        text = read_message(error)
        rule = text[:1].lower() + text[1:]
        raise ConfigError(name, rule, None, f"See python -m runner {name} --help") from None
    sys.exit(ended)
