"""Jobs, their outcomes, and the messages that the processes around a job exchange."""

from __future__ import annotations

import pickle
import signal
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

Isolation = Literal["fork", "spawn"]
Env = tuple[tuple[str, str], ...]
"""Environment variables, as pairs of a name and a value."""

_NO_ARGS = pickle.dumps(())


@dataclass(frozen=True)
class Job:
    """A call to be made in a process of its own."""

    key: int
    """A number that the caller chooses; the Outcome carries it back."""
    call: bytes
    """The callable, pickled by cloudpickle; many jobs may share it."""
    args: bytes = _NO_ARGS
    """The tuple of the callable's positional arguments, pickled."""
    parent: int = 0
    """Index of the warm parent that runs the job, modulo their number. A parent runs one job at a
    time."""
    env: Env = ()
    """Environment variables for the interpreter, added to the main process's. Each different tuple
    has warm parents of its own. A PYTHONHASHSEED here overrides the Pool's."""
    log: Path | None = None
    """File to which stdout and stderr are appended; its directories are made. None: they go where
    the main process's go."""
    timeout_s: float | None = None
    """Seconds that the callable may take; preload and setup do not count. None: no limit."""
    memory_limit_bytes: int | None = None
    """Resident bytes that the job's process and those that it starts may use together, checked ten
    times a second. None: no limit."""


class Status(StrEnum):
    """The ways in which a job can end."""

    OK = "ok"
    """The callable returned."""
    RAISED = "raised"
    """The callable raised an exception, or its result could not be pickled."""
    EXITED = "exited"
    """The callable ended its process with `sys.exit` or `os._exit`."""
    KILLED = "killed"
    """A signal ended the job's process."""
    TIMEOUT = "timeout"
    """The job was killed at its time limit."""
    MEMORY = "memory"
    """The job was killed at its memory limit."""
    LOST = "lost"
    """The job's warm parent died during it, again and again."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    key: int
    """The job's key, as the caller chose it."""
    status: Status
    result: bytes | None
    """The callable's result (OK) or exception (RAISED), pickled by cloudpickle; a RuntimeError with
    the text replaces an exception that cannot be pickled. None for every other status."""
    reason: str
    """Empty when OK, else one line such as "ValueError: text" or "killed by SIGSEGV"."""
    log_tail: str
    """The last that a failed job wrote to its log, at most 20 lines of 200 characters; else ''."""
    hash_seed: int | None
    """PYTHONHASHSEED of the interpreter in which the job ran. None: it was lost with its node."""
    parent_pid: int | None
    """Process id of the warm parent. None: the job had an interpreter of its own."""
    pid: int | None
    """Process id of the job. None: it was lost before its process was known."""
    wall_s: float
    """Seconds from the call of the callable to the end of the process."""
    peak_rss_bytes: int | None
    """Peak resident memory of the process; for a forked one this includes the pages that it shares
    with its parent. None: not known, because the job was lost."""
    signal: str | None = None
    """Name of the signal that ended the job's process (KILLED), such as SIGSEGV. None: no signal
    ended it, or the signal has no name."""


@dataclass(frozen=True)
class Start:
    """The first message to a new interpreter."""

    isolation: Isolation
    preload: tuple[str, ...]
    """Names of the modules to import before the first job."""
    setup: bytes | None
    """A callable without arguments to call after the imports, pickled; None: there is none."""
    argv: tuple[str, ...] = ()
    """The main process's `sys.argv`."""
    stdout_fd: int = 1
    """Descriptor to which a job without a log writes; descriptor 1 itself goes to the file STDERR
    until a job runs. Only the interpreter itself knows its descriptors' numbers, and sets both."""
    stderr_fd: int = 2
    """Descriptor to which a job without a log writes its errors."""
    kept: bool = False
    """Whether it is forked from an interpreter that is kept between sweeps."""
    device: str | None = None
    """The only GPU that it and its jobs see; None: they see those that the main process sees."""
    directory: str = ""
    """Temporary directory of this warm parent, which removes it when the main process is gone."""


@dataclass(frozen=True)
class Order:
    """One job for a warm parent; fields named as in Job mean the same."""

    call: bytes
    args: bytes
    log: str | None
    timeout_s: float | None
    memory_limit_bytes: int | None
    answer: str
    """Path of the file for the pickled Answer. It exists only if the job came to its end."""
    temporary: str
    """Directory for temporary files, which the job makes and which is removed after it."""
    hash_seed: int
    """PYTHONHASHSEED of the new interpreter; a forked child has its parent's."""


@dataclass(frozen=True)
class Answer:
    """The result of a job, as its process reports it; the fields mean the same as in Outcome."""

    status: Status
    result: bytes | None
    reason: str
    signal: str | None = None


@dataclass(frozen=True)
class Ready:
    """The message that a warm parent is ready for orders."""

    pid: int
    """Its process id."""
    hash_seed: int
    """PYTHONHASHSEED of its interpreter."""


@dataclass(frozen=True)
class Started:
    """The message that the current order has a process, which leads its own process group."""

    pid: int


@dataclass(frozen=True)
class Done:
    """The message that the current order's process ended, and what it left behind was killed."""

    exit_code: int
    """The exit status; negative: the number of the signal that ended the process."""
    began: bool
    """Whether the job began; with "spawn" its process can end while it is still setting up."""
    timed_out: bool
    over_memory: bool
    wall_s: float
    """Seconds from the call of the job's callable to the end of its process."""
    peak_rss_bytes: int
    """Peak resident memory of the process."""


@dataclass
class Task:
    """A job that has not ended yet."""

    index: int
    """Position among the jobs of one call of Pool.run, from 0."""
    job: Job
    losses: int = 0
    """Number of warm parents that died while they ran the job."""


def ended(exit_code: int) -> str:
    """Say how a process ended: 'killed by SIGSEGV', or 'left by os._exit(3)'.

    Args:
        exit_code: the exit status; negative: the number of a signal.
    """
    if exit_code >= 0:
        return f"left by os._exit({exit_code})"
    return f"killed by {name_signal(exit_code) or f'signal {-exit_code}'}"


def name_signal(exit_code: int) -> str | None:
    """Return the name of the signal that ended a process.

    Returns:
        None where no signal ended it, or the signal has no name.
    """
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal, or an exit status
        return None
