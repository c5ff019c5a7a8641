"""What the person running this typed, as against what a file says in their place.

A plan that is resumed and a lock that is checked hold command lines of whoever made them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

VARIABLE = "RUNNER_TYPED"
"""Environment variable with the number of this process and its command line. A process that
becomes another program, which keeps its number, so remembers what was typed."""


def remember(arguments: Sequence[str]) -> None:
    """Keep the arguments of the command line, in whose place a command may put others."""
    os.environ[VARIABLE] = json.dumps([os.getpid(), *arguments])


def recall() -> list[str] | None:
    """The arguments that this process was told to remember; None: it was not."""
    number, *arguments = json.loads(os.environ.get(VARIABLE, "[0]"))
    return arguments if number == os.getpid() else None


def typed() -> list[str]:
    """The arguments of the command line, without the program."""
    arguments = recall()
    return sys.argv[1:] if arguments is None else arguments


def typed_keys() -> frozenset[str]:
    """Keys and groups that the command line gives a value."""
    keys = (argument.partition("=")[0] for argument in typed())
    return frozenset(key.lstrip("+~").partition("@")[0] for key in keys)


def is_typed_path(path: str) -> bool:
    """Whether the command line names a file or directory, by itself or as a value."""
    values = {value for each in typed() for value in (each, each.partition("=")[2]) if value}
    return os.path.abspath(path) in {os.path.abspath(value) for value in values}
