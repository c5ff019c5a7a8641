"""Turns an exception into one clear line and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from runner.config.hydra_errors import diagnose
from runner.errors import ConfigError, PastHydra, RunnerError
from runner.execute.one_line import Terminated, terminate
from runner.report.live import submission
from runner.report.live.events import REFUSED, Event, has_listener, take_listener, tell
from runner.text import strip_control_characters

FULL_ERROR = "HYDRA_FULL_ERROR"
"""Environment variable that makes Hydra, and us, print tracebacks."""

_full_error: str | None = None
"""Value of FULL_ERROR that the user had set; None if it was not set."""


def run_with_exit_status(program: Callable[[], object]) -> None:
    """Run a program, and exit if it failed, after one clear line on why.

    The exit status is 0 if all went well, 1 if runs failed, 2 if the command or a config is wrong,
    130 after Ctrl-C, 143 after SIGTERM, and 141 if the reader of the output has gone. What is done
    is saved before.
    """
    signal.signal(signal.SIGTERM, terminate)
    take_listener()
    submission.take_waiting()
    global _full_error
    _full_error = os.environ.get(FULL_ERROR)
    with_traceback = _full_error == "1"
    # With FULL_ERROR set, Hydra lets exceptions pass to here instead of printing them itself.
    os.environ[FULL_ERROR] = "1"
    try:
        program()
    except BrokenPipeError:
        # The reader of our output has gone, as with `| head`; Python must not complain at exit.
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
        if wrong is not None and has_listener():
            tell(Event(REFUSED, text=str(wrong), error=type(wrong).__name__, key=_find_key(wrong)))
        elif wrong is not None:
            _leave(str(wrong), 2 if isinstance(wrong, ConfigError) else 1)
        sys.exit(1)


def _explain(error: BaseException) -> RunnerError | None:
    """Return an error with one line if the config or the system is to blame; None otherwise."""
    if isinstance(error, OSError) and error.strerror:  # such as a full disk
        name = f"{error.filename}: " if error.filename else ""
        return RunnerError(f"{name}{error.strerror}")
    return diagnose(error)


def _find_key(error: BaseException) -> str | None:
    return error.key if isinstance(error, ConfigError) else None


def original_environment() -> dict[str, str]:
    """Return the environment that this process was started in, for a process of the same kind."""
    environment = {name: value for name, value in os.environ.items() if name != FULL_ERROR}
    return environment | ({} if _full_error is None else {FULL_ERROR: _full_error})


def restart(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by a new one with these arguments, as if the user had typed them."""
    environment = original_environment() | submission.hand_on()
    sys.stdout.flush()
    # -P: a plan can name any directory, and a module called runner there must not be run.
    os.execve(sys.executable, [sys.executable, "-P", "-m", "runner", *arguments], environment)


def _leave(message: str, status: int) -> NoReturn:
    print(strip_control_characters(message), file=sys.stderr)
    sys.exit(status)
