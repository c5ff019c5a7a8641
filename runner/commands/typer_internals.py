"""Finds Typer's error for a wrong command line, which is not public."""

from __future__ import annotations

import typer

from runner.config.private_names import unknown_version

NAME = "UsageError"
"""Name of the class of that error."""


def find_usage_error(known: type[Exception] = typer.BadParameter) -> type[Exception]:
    """Return the exception that Typer raises for any wrong command line, a base of `known`.

    Args:
        known: Typer's public error for a bad value.

    Raises:
        RunnerError: `known` has no such base.
    """
    for base in known.__mro__:
        if base.__name__ == NAME and issubclass(base, Exception):
            return base
    fault = f"{known.__name__} is no {NAME}"
    raise unknown_version("Typer", "a wrong command line cannot be told", fault)


def read_message(error: Exception) -> str:
    """Return what is wrong with the command line, without a full stop at the end."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return str(text).rstrip(".")
