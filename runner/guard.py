"""From an exception to one clear line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from runner.errors import ConfigError, RunnerError

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
    except ConfigError as error:
        _leave(str(error), 2)
    except RunnerError as error:
        _leave(str(error), 1)
    except KeyboardInterrupt:
        _leave("interrupted", 130)


def _leave(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(status)
