"""Typer's error of a wrong command line is found, and missed if it goes."""

from __future__ import annotations

import pytest
import typer

from runner.commands.typer_internals import find_usage_error, read_message
from runner.errors import RunnerError


def test_every_wrong_command_line_raises_it():
    app = typer.Typer(add_completion=False)

    @app.command()
    def command(number: int, flag: bool = False) -> None:
        pass

    found = find_usage_error()
    assert issubclass(typer.BadParameter, found)
    for arguments, text in (
        (["x"], "Invalid value for"),
        ([], "Missing argument"),
        (["1", "--falg"], "No such option"),
        (["1", "2"], "Got unexpected extra argument"),
    ):
        with pytest.raises(found) as raised:
            app(arguments, standalone_mode=False)
        assert read_message(raised.value).startswith(text)
        assert not read_message(raised.value).endswith(".")


def test_it_is_missed():
    class OtherError(Exception):
        pass

    with pytest.raises(RunnerError) as raised:
        find_usage_error(OtherError)
    assert str(raised.value) == (
        "this version of Typer is not known: a wrong command line cannot be told"
        " (OtherError is no UsageError)"
    )
