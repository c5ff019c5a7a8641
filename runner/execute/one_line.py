"""Ends a program of others in one line where Hydra would print a traceback of its own."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from hydra.errors import CompactHydraException

from runner.config.hydra_internals import prints_errors
from runner.errors import ConfigError, RunnerError
from runner.text import describe_error, strip_control_characters


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived. Like Ctrl-C, it stops everything, and what is done is saved."""


def terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Handle SIGTERM.

    Raises:
        Terminated: always.
    """
    raise Terminated


@contextlib.contextmanager
def heed_sigterm() -> Iterator[None]:
    """Let SIGTERM raise Terminated, if the program has no way of its own to handle it.

    Only for code that forks no process: its children would handle the signal like that too.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Exit after one line on what went wrong, if Hydra would print the error otherwise.

    The exit status is 2 if the command or a config is wrong, 130 after Ctrl-C, 143 after SIGTERM,
    else 1.
    """
    try:
        yield
    except (RunnerError, KeyboardInterrupt) as error:
        if not prints_errors():
            raise
        if isinstance(error, Terminated):
            line, status = "ended by SIGTERM", 128 + signal.SIGTERM
        elif isinstance(error, KeyboardInterrupt):
            line, status = "interrupted", 128 + signal.SIGINT
        else:
            line, status = str(error), 2 if isinstance(error, ConfigError) else 1
        print(strip_control_characters(line), file=sys.stderr)
        sys.exit(status)


def make_compact(error: BaseException) -> BaseException:
    """Return an error that Hydra prints in one line, without a traceback.

    Other sweepers than ours raise the errors of jobs, and may tell them apart by their classes: the
    returned one is of a subclass. An error that allows none is returned as it is.
    """
    kind = type(error)
    about = {"__module__": kind.__module__, "__str__": lambda self: describe_error(error)}
    try:
        compact = type(kind.__name__, (kind, CompactHydraException), about)
        again: BaseException = compact.__new__(compact, *error.args)
    except Exception:
        return error
    again.args = error.args
    vars(again).update(vars(error))
    return again
