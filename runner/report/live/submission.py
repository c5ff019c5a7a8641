"""Tells the command that submitted a sweep where it is, as soon as its plan is written.

`submit` waits for this line, and leaves; the sweep goes on without it.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

VARIABLE = "RUNNER_SUBMISSION"
"""Environment variable with the number of the file descriptor that the line is written to. The
process that it is meant for takes it out, so that no other one writes there."""

_waiting: IO[str] | None = None
"""Where the line is written to; None where nobody waits."""


@dataclass(frozen=True)
class Begun:
    """A sweep that has begun."""

    directory: str
    """Its directory, absolute."""
    runs: int
    """Number of runs that are planned, those that are done already included."""


def take_waiting() -> None:
    """Find out whether somebody waits; called once, before anything else is started."""
    global _waiting
    number = os.environ.pop(VARIABLE, None)
    if number is not None:
        os.set_inheritable(int(number), False)
        _waiting = os.fdopen(int(number), "w", encoding="utf-8", errors="surrogateescape")


def hand_on() -> dict[str, str]:
    """Return the environment variable for a process that takes this one's place, which tells."""
    if _waiting is None:
        return {}
    os.set_inheritable(_waiting.fileno(), True)
    return {VARIABLE: str(_waiting.fileno())}


def tell(directory: Path, runs: int) -> None:
    """Write where the sweep is, where somebody waits; who has left since misses nothing."""
    global _waiting
    if _waiting is not None:
        waiting, _waiting = _waiting, None
        with contextlib.suppress(BrokenPipeError), waiting:
            print(json.dumps(asdict(Begun(str(directory.absolute()), runs))), file=waiting)


def read_line(line: str) -> Begun:
    """Return what the line tells."""
    return Begun(**json.loads(line))
