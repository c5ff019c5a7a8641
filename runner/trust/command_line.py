"""What the person running this typed, as against what a file says in their place.

A plan that is resumed and a lock that is checked hold command lines of whoever made them.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

REMEMBERED = "RUNNER_TYPED"
"""Environment variable with the number of this process, where it was started and its command
line: a process that becomes another program, and keeps its number, remembers what was typed."""

MAPPING = re.compile(r"(?<!\$)\{")
"""In a value that is one, or several to sweep over; no interpolation."""


def remember(arguments: Sequence[str]) -> None:
    """Keep the arguments of the command line, in whose place a command may put others."""
    os.environ[REMEMBERED] = json.dumps([os.getpid(), os.getcwd(), *arguments])


def is_remembered() -> bool:
    """Whether this process keeps its command line already."""
    return bool(_recall()[0] == os.getpid())


def typed_arguments() -> list[str]:
    """The arguments of the command line, without the program."""
    return _recall()[2:] if is_remembered() else sys.argv[1:]


def typed_keys() -> frozenset[str]:
    """Keys and groups that the command line gives a value."""
    return frozenset(key for key, _ in _overrides())


def is_typed(key: str, above: str) -> bool:
    """Whether the command line gives a key a value: by itself, or in a mapping for what holds it.

    A file that is chosen for a group, as by `model=wide`, was written by somebody else.

    Args:
        key: of the config.
        above: key of what holds it.
    """
    mappings = {name for name, value in _overrides() if MAPPING.search(value)}
    return key in typed_keys() or above in mappings


def is_typed_path(path: str) -> bool:
    """Whether the command line names a file or directory, by itself or as a value."""
    place = _recall()[1] if is_remembered() else os.getcwd()
    values = {
        value for each in typed_arguments() for value in (each, each.partition("=")[2]) if value
    }
    return os.path.abspath(path) in {os.path.normpath(os.path.join(place, v)) for v in values}


def split_override(text: str) -> tuple[str, str]:
    """Split an override into the key or group that it is about, and its value.

    `+model@other=mlp` gives ("model", "mlp"), a deletion such as `~key` ("key", "").
    """
    key, _, value = text.partition("=")
    return key.lstrip("+~").partition("@")[0], value


def _overrides() -> Iterator[tuple[str, str]]:
    """Key or group, and value, of what the command line overrides."""
    return map(split_override, typed_arguments())


def _recall() -> list[Any]:
    found: list[Any] = json.loads(os.environ.get(REMEMBERED, "[0]"))
    return found
