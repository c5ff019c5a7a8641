"""Prints why a run failed, with the traceback of the code that it executed, and not of ours."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from runner.errors import RunnerError

OURS = str(Path(__file__).parents[1]) + os.sep
"""Directory of our own code."""


def print_failure(error: BaseException) -> None:
    """Print an error on standard error, which is the log of the run.

    The frames that led to the code of a task are left out. An error of ours is one line.
    """
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        at.__traceback__ = _skip_ours(at)
        at = at.__cause__ or at.__context__
    with suppress(Exception):  # a full disk must not hide why the run failed
        traceback.print_exception(error)


def _skip_ours(error: BaseException) -> TracebackType | None:
    """Return the traceback from the first frame on that is not ours."""
    at = error.__traceback__
    while at is not None and at.tb_frame.f_code.co_filename.startswith(OURS):
        at = at.tb_next
    # Where all frames are ours, an error that nobody foresaw is told in full.
    return at if at is not None or isinstance(error, RunnerError) else error.__traceback__
