"""What the person running this typed, as against what a file says in their place.

A plan that is resumed and a lock that is checked hold command lines of whoever made them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

REMEMBERED = "RUNNER_TYPED"
"""Environment variable with the number of this process, where it was started and its command
line: a process that becomes another program, and keeps its number, remembers what was typed."""


def remember(arguments: Sequence[str]) -> None:
    """Keep the arguments of the command line, in whose place a command may put others."""
    os.environ[REMEMBERED] = json.dumps([os.getpid(), os.getcwd(), *arguments])


def is_remembered() -> bool:
    """Whether this process keeps its command line already."""
    return bool(_recall()[0] == os.getpid())


def typed() -> list[str]:
    """The arguments of the command line, without the program."""
    return _recall()[2:] if is_remembered() else sys.argv[1:]


def typed_keys() -> frozenset[str]:
    """Keys and groups that the command line gives a value."""
    keys = (argument.partition("=")[0] for argument in typed())
    return frozenset(key.lstrip("+~").partition("@")[0] for key in keys)


def is_typed_path(path: str) -> bool:
    """Whether the command line names a file or directory, by itself or as a value."""
    place = _recall()[1] if is_remembered() else os.getcwd()
    values = {value for each in typed() for value in (each, each.partition("=")[2]) if value}
    return os.path.abspath(path) in {os.path.normpath(os.path.join(place, v)) for v in values}


def _recall() -> list[Any]:
    found: list[Any] = json.loads(os.environ.get(REMEMBERED, "[0]"))
    return found
