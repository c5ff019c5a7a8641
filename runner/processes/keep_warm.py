"""The option `--keep-warm`: for how long interpreters are kept, and where they are asked."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from runner.errors import ConfigError

OPTION = "--keep-warm"
"""The option, and in `VARIABLE` the seconds that it asks for."""

VARIABLE = "RUNNER_KEEP_WARM"
"""Environment variable that says how long interpreters are kept, in the form of the option."""

UNITS = {"s": 1, "m": 60, "h": 3600}

MAX_RUNTIME_PATH = 60
"""Characters of XDG_RUNTIME_DIR up to which it is used: the path of a socket has at most 107."""


def parse_duration(text: str) -> float:
    """Return the seconds of a text such as `10m`, `90s`, `1h` or `0`.

    Raises:
        ConfigError: it is none, or interpreters cannot be kept on this system.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None or not (match[2] or match[1] == "0"):
        raise ConfigError(OPTION, "must be a time such as 90s, 10m or 1h", text)
    if sys.platform != "linux":
        raise ConfigError(OPTION, "works on Linux only, as runs are not forked elsewhere", text)
    return float(match[1]) * UNITS.get(match[2], 1)


def take_option(arguments: Sequence[str]) -> list[str]:
    """Move `--keep-warm TIME` from a command line into the environment; return what remains.

    A time of 0 ends those that are kept.

    Raises:
        ConfigError: what follows is no time.
    """
    left: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, given, value = argument.partition("=")
        if option != OPTION:
            left.append(argument)
            continue
        os.environ[VARIABLE] = value if given else next(rest, "")
        if kept_seconds() == 0:
            end_all()
    return left


def kept_seconds() -> float | None:
    """Return for how long interpreters are kept; None where that was not asked for.

    Raises:
        ConfigError: the environment variable is no time.
    """
    text = os.environ.get(VARIABLE)
    return None if text is None else parse_duration(text)


def place() -> Path:
    """Return the directory of the sockets, which need a short path."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if 0 < len(runtime) <= MAX_RUNTIME_PATH and os.path.isdir(runtime):
        return Path(runtime, "runner-warm")
    return Path(tempfile.gettempdir(), f"runner-warm-{os.geteuid()}")


def end_all() -> None:
    """End all kept interpreters of this user: each ends once its socket is gone."""
    for path in place().glob("*.socket"):
        path.unlink(missing_ok=True)
        Path(f"{path}.lock").unlink(missing_ok=True)
