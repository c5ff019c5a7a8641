"""What the person running this typed, as against what a file says in their place.

A plan that is resumed and a lock that is checked hold command lines of whoever made them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_arguments: list[str] | None = None
"""Of this process; None: those that it was started with."""


def remember(arguments: Sequence[str]) -> None:
    """Keep the arguments of the command line, which a command may put others in the place of."""
    global _arguments
    _arguments = list(arguments)


def typed() -> list[str]:
    """The arguments of the command line, without the program."""
    return sys.argv[1:] if _arguments is None else _arguments


def typed_keys() -> frozenset[str]:
    """Keys and groups that the command line gives a value."""
    keys = (argument.partition("=")[0] for argument in typed())
    return frozenset(key.lstrip("+~").partition("@")[0] for key in keys)


def is_typed_path(path: str) -> bool:
    """Whether the command line names a file or directory, by itself or as a value."""
    values = {value for each in typed() for value in (each, each.partition("=")[2]) if value}
    return os.path.abspath(path) in {os.path.abspath(Path(value)) for value in values}
