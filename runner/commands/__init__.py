"""Commands: what `python -m runner WORD ...` does. One file a command; none imports TensorFlow."""

from __future__ import annotations

import typer

from runner.commands.report import report

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Commands beside running: python -m runner COMMAND --help",
)
app.command()(report)


@app.callback()
def _commands() -> None:
    """Keep the command's name on the command line while there is only one."""
