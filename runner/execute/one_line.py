"""Ends a program of others in one line where Hydra would print a traceback of its own."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

from runner.config.hydra_internals import prints_errors
from runner.errors import ConfigError, RunnerError
from runner.text import strip_control_characters


@contextlib.contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Exit after one line on what went wrong, if Hydra would print the error otherwise.

    The exit status is 2 if the command or a config is wrong, 130 after Ctrl-C, else 1.
    """
    try:
        yield
    except (RunnerError, KeyboardInterrupt) as error:
        if not prints_errors():
            raise
        if isinstance(error, KeyboardInterrupt):
            line, status = "interrupted", 128 + signal.SIGINT
        else:
            line, status = str(error), 2 if isinstance(error, ConfigError) else 1
        print(strip_control_characters(line), file=sys.stderr)
        sys.exit(status)
