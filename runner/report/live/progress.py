"""Shows how far a sweep is: with a bar in a terminal, with a line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from runner.report.console import VisibleConsole
from runner.text import strip_control_characters

LINE_EVERY_S = 10.0
"""The least number of seconds between two lines in a pipe."""


class Progress:
    """Counts finished runs on standard error; a context manager."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.failed = 0
        console = VisibleConsole(file=sys.stderr, highlight=False, markup=False)
        self._started = self._said = time.monotonic()
        self._bar: Bar | None = None
        if console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("elapsed"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("runs", total=total)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, label: str, failure: str | None) -> None:
        """Count a finished run, and print at once why it failed.

        Args:
            label: the configuration of the run; may be empty.
            failure: the reason, of which the first line is shown; None if the run succeeded.
        """
        self.done += 1
        if failure is not None:
            self.failed += 1
            self._say(f"failed: {label or 'run'}: {failure.splitlines()[0]}")
        if self._bar:
            self._bar.update(self._task, completed=self.done)
            return
        now = time.monotonic()
        if self.done == self.total or now - self._said >= LINE_EVERY_S:
            self._said = now
            elapsed = now - self._started
            left = elapsed / self.done * (self.total - self.done)
            self._say(f"{self.done} of {self.total} runs, {elapsed:.0f} s, about {left:.0f} s left")

    def retry(self, label: str, failure: str) -> None:
        """Print that a run failed and will be tried again; the run is not counted yet.

        Args:
            label: the configuration of the run; may be empty.
            failure: the reason, of which the first line is shown.
        """
        self._say(f"failed, to be tried again: {label or 'run'}: {failure.splitlines()[0]}")

    def _say(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text)
        else:
            print(strip_control_characters(text), file=sys.stderr, flush=True)
