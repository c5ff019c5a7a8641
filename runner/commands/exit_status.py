"""From an exception to one clear line and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from runner.config.hydra_errors import diagnose
from runner.errors import ConfigError, PastHydra, RunnerError
from runner.text import strip_control_characters

FULL_ERROR = "HYDRA_FULL_ERROR"
"""Hydra's switch for tracebacks, which is ours too."""


_switch: str | None = None
"""What the person had set it to."""


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived. As Ctrl-C: nothing goes on, and what is done is saved."""


def run_with_exit_status(program: Callable[[], object]) -> None:
    """Run a program and leave with its status.

    0: fine; 1: runs failed; 2: the command or a config is wrong; 130 and 143: it was ended by
    Ctrl-C or SIGTERM, after it saved what was done.
    """
    signal.signal(signal.SIGTERM, _terminate)
    global _switch
    _switch = os.environ.get(FULL_ERROR)
    with_traceback = _switch == "1"
    # With the switch on, Hydra lets exceptions pass to here instead of printing them itself.
    os.environ[FULL_ERROR] = "1"
    try:
        program()
    except BrokenPipeError:
        # Whoever read our output has gone, as `| head` does; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Terminated:
        _leave("ended by SIGTERM", 128 + signal.SIGTERM)
    except KeyboardInterrupt:
        _leave("interrupted", 128 + signal.SIGINT)
    except (Exception, PastHydra) as raised:
        error = raised.__cause__ if isinstance(raised, PastHydra) else raised
        wrong = error if isinstance(error, RunnerError) else error and _explain(error)
        if with_traceback or wrong is None:
            traceback.print_exception(error)
        if wrong is not None:
            _leave(str(wrong), 2 if isinstance(wrong, ConfigError) else 1)
        sys.exit(1)


def _explain(error: BaseException) -> RunnerError | None:
    """Our line for what the config or the system is to blame for; None for any other error."""
    if isinstance(error, OSError) and error.strerror:  # such as a full disk
        name = f"{error.filename}: " if error.filename else ""
        return RunnerError(f"{name}{error.strerror}")
    return diagnose(error)


def restart(arguments: Sequence[str]) -> NoReturn:
    """Become a new program with these arguments, as if the person had typed them."""
    environment = {name: value for name, value in os.environ.items() if name != FULL_ERROR}
    environment |= {} if _switch is None else {FULL_ERROR: _switch}
    sys.stdout.flush()
    # -P: a module called runner in the current directory, which a plan can name, is not this one.
    os.execve(sys.executable, [sys.executable, "-P", "-m", "runner", *arguments], environment)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def _leave(message: str, status: int) -> NoReturn:
    print(strip_control_characters(message), file=sys.stderr)
    sys.exit(status)
