"""A job, how it ended, and what the processes around it say to each other about it."""

from __future__ import annotations

import pickle
import signal
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

Isolation = Literal["fork", "spawn"]
Env = tuple[tuple[str, str], ...]
"""Environment variables: names and values."""

_NO_ARGS = pickle.dumps(())


@dataclass(frozen=True)
class Job:
    """A call to be made in a process of its own."""

    key: int
    """The caller's; comes back in the Outcome."""
    call: bytes
    """cloudpickle of a callable; many jobs may share it."""
    args: bytes = _NO_ARGS
    """pickle of the tuple of its positional arguments."""
    parent: int = 0
    """Which warm parent runs it, modulo their number. One job at a time does."""
    env: Env = ()
    """Environment variables the interpreter is started with, besides the main process's. Each
    different tuple has warm parents of its own. PYTHONHASHSEED in it goes before the Pool's."""
    log: Path | None = None
    """File that stdout and stderr are appended to; its folders are made. None: they go where the
    main process's go."""
    timeout_s: float | None = None
    """From the call of the callable, without preload and setup. None: no limit."""
    memory_limit_bytes: int | None = None
    """Of resident memory, of its process and those that it starts, looked at ten times a second.
    None: no limit."""


class Status(StrEnum):
    """How a job ended."""

    OK = "ok"
    """The callable returned."""
    RAISED = "raised"
    """The callable raised, or its result does not pickle."""
    EXITED = "exited"
    """It ended its process: `sys.exit`, `os._exit`."""
    KILLED = "killed"
    """A signal ended its process."""
    TIMEOUT = "timeout"
    """It was killed at its time limit."""
    MEMORY = "memory"
    """It was killed at its memory limit."""
    LOST = "lost"
    """Its warm parent died under it again and again."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    key: int
    status: Status
    result: bytes | None
    """cloudpickle of what the callable returned (OK), or of what it raised (RAISED; a
    RuntimeError with the text where that does not pickle). None: it did neither."""
    reason: str
    """Empty when OK, else one line such as "ValueError: text" or "killed by SIGSEGV"."""
    log_tail: str
    """What a failed job last wrote in its log, 20 lines of at most 200 characters; else ''."""
    hash_seed: int
    """PYTHONHASHSEED of the interpreter it ran in."""
    parent_pid: int | None
    """The warm parent. None: it had an interpreter of its own."""
    pid: int | None
    """None: lost before its process was known."""
    wall_s: float
    """From the call of the callable to the end of the process."""
    peak_rss_bytes: int | None
    """Peak resident memory of the process, a forked one's with the pages it shares with its
    parent. None: not known, because it was lost."""
    signal: str | None = None
    """Name of the signal that ended the job's process (KILLED), where that has one."""


@dataclass(frozen=True)
class Start:
    """What a new interpreter is told first."""

    isolation: Isolation
    preload: tuple[str, ...]
    setup: bytes | None
    argv: tuple[str, ...] = ()
    """The main process's `sys.argv`."""
    stdout_fd: int = 1
    """Where a job without a log writes; fd 1 itself goes to the file STDERR until a job runs."""
    stderr_fd: int = 2
    directory: str = ""
    """Private to this warm parent; removed by it when the main process is gone."""


@dataclass(frozen=True)
class Order:
    """One job for a warm parent."""

    call: bytes
    args: bytes
    log: str | None
    timeout_s: float | None
    memory_limit_bytes: int | None
    answer: str
    """Path of the file for the pickled Answer. It exists only if the job came to its end."""
    temporary: str
    """Directory for the job's own temporary files, which it makes, and which goes with it."""
    hash_seed: int
    """PYTHONHASHSEED of the new interpreter; a forked child has its parent's."""


@dataclass(frozen=True)
class Answer:
    """What the executing process says of its job."""

    status: Status
    result: bytes | None
    reason: str
    signal: str | None = None


@dataclass(frozen=True)
class Ready:
    """The warm parent takes orders."""


@dataclass(frozen=True)
class Started:
    """The process of the current order, which leads a process group of its own."""

    pid: int


@dataclass(frozen=True)
class Done:
    """The process of the current order ended, and what it left behind was killed."""

    exit_code: int
    """Negative: the signal that ended it."""
    began: bool
    """False: it ended while it was still preloading or setting up (spawn only)."""
    timed_out: bool
    over_memory: bool
    wall_s: float
    """From the call of the job's callable to the end of its process."""
    peak_rss_bytes: int


@dataclass
class Task:
    """A job that has not ended yet."""

    index: int
    """Its place among the jobs of this call."""
    job: Job
    losses: int = 0
    """How many warm parents died under it."""


def ended(exit_code: int) -> str:
    """'killed by SIGSEGV' or 'left by os._exit(3)' for a process's exit code."""
    if exit_code >= 0:
        return f"left by os._exit({exit_code})"
    return f"killed by {name_signal(exit_code) or f'signal {-exit_code}'}"


def name_signal(exit_code: int) -> str | None:
    """Return the name of the signal that ended a process; None: none did, or it has no name."""
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal, or an exit status
        return None
