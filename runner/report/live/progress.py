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
        self._began: float | None = None
        """When the first run began: libraries are imported before, once."""
        self._reasons: set[str] = set()
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

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Count a finished run, and print at once why it failed.

        Args:
            label: the configuration of the run; may be empty.
            failure: the reason, of which the first line is shown; None if the run succeeded.
            wall_s: how long the run took.
        """
        self.done += 1
        now = time.monotonic()
        if self._began is None:
            self._began = max(self._started, now - wall_s)
        if failure is not None:
            self.failed += 1
            reason = failure.splitlines()[0]
            again = "as before" if reason in self._reasons else reason
            self._reasons.add(reason)
            self._say(f"failed: {label or 'run'}: {again}")
        if self._bar:
            self._bar.update(self._task, completed=self.done)
            return
        if self.done == self.total or now - self._said >= LINE_EVERY_S:
            self._said = now
            said = f"{self.done} of {self.total} runs, {now - self._started:.0f} s"
            if self.done < self.total:
                left = (now - self._began) / self.done * (self.total - self.done)
                said += f", about {left:.0f} s left"
            self._say(said)

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
