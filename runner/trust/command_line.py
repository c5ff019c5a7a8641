"""Tells what the user typed from what a file says.

A plan to be resumed and a lock to be checked hold command lines too, but those of their authors.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

TYPED_VARIABLE = "RUNNER_TYPED"
"""Environment variable that holds, as a JSON list, the process id, the directory in which the
process started and its command line.

A process that replaces its program keeps its id, and so recognises the command line as its own.
"""

MAPPING = re.compile(r"(?<!\$)\{")
"""An opening brace of a mapping in an override's value, but not of an interpolation."""


def remember(arguments: Sequence[str]) -> None:
    """Store the typed arguments before a command replaces `sys.argv`.

    Args:
        arguments: the command line, without the program.
    """
    started_in = _recall()[1] if is_remembered() else os.getcwd()
    os.environ[TYPED_VARIABLE] = json.dumps([os.getpid(), started_in, *arguments])


def remember_also(arguments: Sequence[str]) -> None:
    """Store further arguments that the user typed, inside of others or by what they stand for.

    Args:
        arguments: such as the overrides in the one word of an option. Never what a file says.
    """
    remember([*typed_arguments(), *arguments])


def is_remembered() -> bool:
    """Return whether this process has stored its typed arguments already."""
    return bool(_recall()[0] == os.getpid())


def typed_arguments() -> list[str]:
    """Return the typed arguments of the command line, without the program."""
    return _recall()[2:] if is_remembered() else sys.argv[1:]


def typed_keys() -> frozenset[str]:
    """Return the keys and groups to which the command line gives a value."""
    return frozenset(key for key, _ in _overrides())


def is_typed(key: str, above: str) -> bool:
    """Return whether the command line gives a key a value, directly or in a mapping.

    Choosing a file for a group, such as `model=wide`, does not count: somebody else may have
    written the file.

    Args:
        key: dotted key of the config.
        above: key of the node that holds it.
    """
    mappings = {name for name, value in _overrides() if MAPPING.search(value)}
    return key in typed_keys() or above in mappings


def is_typed_path(path: str) -> bool:
    """Return whether the command line names a file or directory, as an argument or a value."""
    started_in = _recall()[1] if is_remembered() else os.getcwd()
    values = {
        value
        for argument in typed_arguments()
        for value in (argument, argument.partition("=")[2])
        if value
    }
    return os.path.abspath(path) in {os.path.normpath(os.path.join(started_in, v)) for v in values}


def split_override(text: str) -> tuple[str, str]:
    """Split an override into its key or group, and its value.

    `+model@other=mlp` gives ("model", "mlp"), a deletion such as `~key` ("key", "").
    """
    key, _, value = text.partition("=")
    return key.lstrip("+~").partition("@")[0], value


def _overrides() -> Iterator[tuple[str, str]]:
    """Yield (key or group, value) for each override on the command line."""
    return map(split_override, typed_arguments())


def _recall() -> list[Any]:
    """Return the process id, directory and arguments that `remember` stored; [0] if none are."""
    recalled: list[Any] = json.loads(os.environ.get(TYPED_VARIABLE, "[0]"))
    return recalled
