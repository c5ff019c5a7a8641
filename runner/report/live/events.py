"""Tells the program that started this one how a sweep goes, a line of JSON for each event.

The Python interface runs a sweep in a process of its own, and listens to it. Who starts the
command line by hand hears nothing, and reads what is printed.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, Self

VARIABLE = "RUNNER_EVENTS"
"""Environment variable with the number of the file descriptor that events are written to. The
process that it is meant for takes it out, so that no other one writes there."""

_listener: IO[str] | None = None
"""Where events are written to; None where nobody listens."""


@dataclass(frozen=True)
class Event:
    """Something that happened in a sweep; what does not apply is None."""

    kind: str
    """STARTED, ENDED, RETRIED, COLLATED or REFUSED."""
    total: int | None = None
    """STARTED: the number of runs."""
    label: str | None = None
    """ENDED, RETRIED: the configuration of the run."""
    text: str | None = None
    """ENDED, RETRIED: why the run failed. COLLATED: the sweep's directory. REFUSED: the error in
    one line."""
    error: str | None = None
    """REFUSED: the name of the error's class in `runner.errors`."""
    wall_s: float = 0.0
    """ENDED: how long the run took."""
    key: str | None = None
    """REFUSED: the config key that a ConfigError names."""


STARTED, ENDED, RETRIED, COLLATED, REFUSED = "started", "ended", "retried", "collated", "refused"


def take_listener() -> None:
    """Find out whether somebody listens; called once, before anything else is started."""
    global _listener
    number = os.environ.pop(VARIABLE, None)
    if number is not None:
        os.set_inheritable(int(number), False)
        _listener = os.fdopen(int(number), "w", encoding="utf-8", errors="backslashreplace")


def has_listener() -> bool:
    """Return whether somebody listens, who shows the results and errors instead of this process."""
    return _listener is not None


def tell(event: Event) -> None:
    """Write an event, where somebody listens.

    Raises:
        BrokenPipeError: the program that listened has gone, and nobody waits for the sweep.
    """
    if _listener is not None:
        print(json.dumps(asdict(event)), file=_listener, flush=True)


def read_event(line: str) -> Event:
    """Return the event that a line tells."""
    return Event(**json.loads(line))


class ToldProgress:
    """Tells of finished runs, with the methods of `runner.report.live.progress.Progress`."""

    def __init__(self, total: int) -> None:
        tell(Event(STARTED, total=total))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: the listener knows when the process has ended."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Tell that a run has ended; `failure` is None if it succeeded."""
        tell(Event(ENDED, label=label, text=failure, wall_s=wall_s))

    def retry(self, label: str, failure: str) -> None:
        """Tell that a run failed and will be tried again."""
        tell(Event(RETRIED, label=label, text=failure))
