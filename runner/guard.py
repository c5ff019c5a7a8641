"""From an exception to one clear line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from runner.diagnose import diagnose
from runner.errors import RunnerError

FULL_ERROR = "HYDRA_FULL_ERROR"
"""Hydra's switch for tracebacks, which is ours too."""


def guard(program: Callable[[], object]) -> None:
    """Run a program and leave with its status: 0 fine, 1 runs failed, 2 the config is wrong."""
    if os.environ.get(FULL_ERROR) == "1":
        program()
        return
    # With the switch on, Hydra lets exceptions pass to here instead of printing them itself.
    os.environ[FULL_ERROR] = "1"
    try:
        program()
    except BrokenPipeError:
        # Whoever read our output has gone, as `| head` does; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        wrong = diagnose(error)
        if wrong is not None:
            _leave(str(wrong), 2)
        if isinstance(error, RunnerError):
            _leave(str(error), 1)
        raise
    except KeyboardInterrupt:
        _leave("interrupted", 130)


def _leave(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(status)
