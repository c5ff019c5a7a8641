"""Runs the command line in a process of its own, and listens to what it tells.

The caller's process stays as it is: Hydra's singletons, environment variables and signal handlers
are those of the process that runs the sweep. So a call works in a notebook, in a thread, and while
other sweeps run.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

from runner.errors import RunnerError, SweepFailed, restore_error
from runner.report.live.events import (
    COLLATED,
    ENDED,
    REFUSED,
    RETRIED,
    STARTED,
    VARIABLE,
    Event,
    read_event,
)
from runner.text import strip_control_characters

STOP_S = 30.0
"""How many seconds a sweep that was interrupted has to save what is done."""


class ShownProgress(Protocol):
    """A context that shows how far a sweep has come."""

    def __enter__(self) -> Self:
        """Start to show the progress."""

    def __exit__(self, *error: object) -> None:
        """Stop showing the progress."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Count a finished run, which took so many seconds; `failure` is None if it succeeded."""

    def retry(self, label: str, failure: str) -> None:
        """Show that a run failed and will be tried again."""


def run_command(
    arguments: Sequence[str],
    progress: Callable[[int], ShownProgress],
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Run a sweep by its command line, and return its directory.

    Args:
        arguments: of the command line, without the program.
        progress: makes the display of progress for a number of runs.
        environment: further environment variables of the sweep; None for none.

    Raises:
        RunnerError: the sweep was refused or ended early, with the line that the command line
            prints. Runs that failed are no error: the results say so.
        KeyboardInterrupt: the caller was interrupted; what is done is saved.
    """
    with contextlib.ExitStack() as stack:
        process, told = _start(arguments, environment or {}, stack)
        heard = _Heard(progress, stack)
        try:
            for line in _read_lines(process.stdout, told):
                heard.take(line)
        except BaseException:
            _interrupt(process)
            raise
        status = process.wait()
    if heard.error is not None:
        raise heard.error
    if heard.directory is None:
        raise RunnerError(f"the sweep ended with exit status {status}, see what it printed")
    return heard.directory


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], stack: contextlib.ExitStack
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start the command line; return its process and the stream of its events."""
    reading, writing = os.pipe()
    told = stack.enter_context(os.fdopen(reading, "rb"))
    try:
        process = subprocess.Popen(
            # -P: a module called runner in the current directory must not be run.
            [sys.executable, "-P", "-m", "runner", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, VARIABLE: str(writing)},
            pass_fds=(writing,),
            start_new_session=True,  # Ctrl-C reaches it once, from here
        )
    finally:
        os.close(writing)
    assert process.stdout is not None
    stack.enter_context(process.stdout)
    return process, told


def _read_lines(printed: IO[bytes] | None, told: IO[bytes]) -> Iterator[Event | str]:
    """Yield each event, and each line that the sweep prints, as they come."""
    with selectors.DefaultSelector() as selector:
        left = {told: b""}
        selector.register(told, selectors.EVENT_READ)
        if printed is not None:
            left[printed] = b""
            selector.register(printed, selectors.EVENT_READ)
        # What a run leaves behind may hold the other stream open; the sweep ends with its events.
        while told in left:
            for key, _ in selector.select():
                stream = next(each for each in left if each is key.fileobj)
                data = os.read(stream.fileno(), 65536)
                *lines, left[stream] = (left[stream] + data).split(b"\n")
                if not data:
                    lines = [left.pop(stream)]
                    selector.unregister(stream)
                texts = [line.decode(errors="backslashreplace") for line in lines if line]
                yield from map(read_event, texts) if stream is told else texts


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a sweep once, and wait until it has saved what is done; kill it if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Heard:
    """What a sweep has told so far."""

    def __init__(
        self, progress: Callable[[int], ShownProgress], stack: contextlib.ExitStack
    ) -> None:
        self._make = progress
        # The jobs of a sweep may be started in several rounds, each with a display of its own.
        self._displays = stack.enter_context(contextlib.ExitStack())
        self._shown: ShownProgress | None = None
        self.directory: Path | None = None
        self.error: RunnerError | None = None

    def take(self, told: Event | str) -> None:
        """Show an event, or print a line."""
        if isinstance(told, str):
            print(strip_control_characters(told), file=sys.stderr)
        elif told.kind == STARTED:
            self._displays.close()
            self._shown = self._displays.enter_context(self._make(told.total or 0))
        elif told.kind == ENDED and self._shown is not None:
            self._shown.advance(told.label or "", told.text, told.wall_s)
        elif told.kind == RETRIED and self._shown is not None:
            self._shown.retry(told.label or "", told.text or "")
        elif told.kind == COLLATED:
            self.directory = Path(told.text or "")
        elif told.kind == REFUSED:
            error = restore_error(told.error or "", told.text or "", told.key)
            self.error = None if isinstance(error, SweepFailed) else error
