"""Shows how far a sweep is, where a call started it: in a notebook, a terminal or a pipe."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any, Self

from runner.api.sweep_process import ShownProgress
from runner.text import strip_control_characters


def choose_progress(total: int) -> Any:
    """Return the display for a number of runs: a bar in a notebook or terminal, else lines."""
    if in_notebook():
        return NotebookBar(total)
    from runner.report.live.progress import Progress

    return Progress(total)


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def select_progress(shown: bool) -> Callable[[int], ShownProgress]:
    """Return what makes the display for a number of runs, or what shows nothing."""
    return choose_progress if shown else NoProgress


class NotebookBar:
    """Counts finished runs in a cell's output, which it replaces each time.

    It needs no widgets, so that it also shows in a notebook that is only read.
    """

    def __init__(self, total: int) -> None:
        display: Any = importlib.import_module("IPython.display").display
        self.total = total
        self.done = 0
        self.failures: list[str] = []
        self._started = time.monotonic()
        self._handle = display(self._content(), raw=True, display_id=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the last state in place."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Count a finished run, and show the first line of why it failed."""
        self.done += 1
        if failure is not None:
            self.failures.append(f"failed: {label or 'run'}: {self._shorten(failure)}")
        self._handle.update(self._content(), raw=True)

    def retry(self, label: str, failure: str) -> None:
        """Show that a run failed and will be tried again; the run is not counted yet."""
        line = f"failed, to be tried again: {label or 'run'}: {failure.splitlines()[0]}"
        self.failures.append(line)
        self._handle.update(self._content(), raw=True)

    def _shorten(self, failure: str) -> str:
        """Return the first line of a reason; where an earlier run had it, only that it is so."""
        reason = failure.splitlines()[0]
        again = any(each.endswith(f": {reason}") for each in self.failures)
        return "as before" if again else reason

    def _content(self) -> dict[str, str]:
        """Return what is shown, as plain text and as HTML."""
        said = f"{self.done} of {self.total} runs, {time.monotonic() - self._started:.0f} s"
        lines = [strip_control_characters(each) for each in self.failures]
        bar = f'<progress value="{self.done}" max="{self.total}"></progress> {escape(said)}'
        html = "<br>".join([bar, *map(escape, lines)])
        return {"text/plain": "\n".join([said, *lines]), "text/html": f"<div>{html}</div>"}


class FirstFailureError(Exception):
    """A run failed, and nobody wants to wait for the others."""


class NoProgress:
    """Shows nothing."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Show nothing: the results say which runs failed."""

    def retry(self, label: str, failure: str) -> None:
        """Show nothing: the results say which runs were tried again."""


class StopAtFailure(NoProgress):
    """Shows nothing, and ends the wait for a sweep as soon as one of its runs has failed."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Count a finished run.

        Raises:
            FirstFailureError: it failed.
        """
        if failure is not None:
            raise FirstFailureError
