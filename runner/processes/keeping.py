"""Finds, or starts, the kept interpreters from which the warm parents of a sweep are forked.

A *kept interpreter* has imported the libraries that jobs need, and nothing of the user's. It waits
on a socket in a directory that belongs to the user alone, and forks a warm parent for each sweep
that asks. It is found by a key of all that an import can depend on, so that other versions, other
code of this package or another environment get new ones. See `runner.processes.kept_interpreter`.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
import pickle
import resource
import secrets
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import WorkerError
from runner.processes.job_process import command_line
from runner.processes.keep_warm import OPTION, kept_seconds, place
from runner.processes.kept_interpreter import Hello, KeptStart, keep, lock_of
from runner.processes.messages import Env
from runner.processes.private_directory import restore_directories
from runner.trust.importer import modules_directory

IRRELEVANT = frozenset(
    [
        *("_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "TERM", "PYTEST_CURRENT_TEST"),
        *("RUNNER_KEEP_WARM", "RUNNER_TRUST", "RUNNER_TYPED"),
    ]
)
"""Environment variables that no library reads when it is imported. A warm parent has them anew."""

LIBRARIES = ("site-packages", "dist-packages")
"""Names of directories of installed packages, whose entries change with each installation."""


def find_libraries(preload: Sequence[str]) -> tuple[str, ...]:
    """Return the modules among those to import whose code is installed, and not the user's."""
    found = []
    for name in preload:
        top = name.partition(".")[0]
        spec = importlib.util.find_spec(top)
        origin = Path(spec.origin) if spec is not None and spec.origin else None
        installed = origin is not None and any(part in LIBRARIES for part in origin.parts)
        if installed or top == __name__.partition(".")[0]:
            found.append(name)
    return tuple(found)


@dataclass
class KeptProcess:
    """A warm parent that was forked from a kept interpreter, which has its exit status."""

    pid: int | None = None
    """Its process id; None before it has said so."""
    _pid_fd: int | None = None

    def known(self, pid: int) -> None:
        """Note its process id."""
        self.pid = pid
        with contextlib.suppress(ProcessLookupError):
            self._pid_fd = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end.

        Returns:
            None, as nobody but the kept interpreter can know the exit status.

        Raises:
            subprocess.TimeoutExpired: it has not ended in time.
        """
        if self._pid_fd is not None:
            if not select.select([self._pid_fd], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a warm parent", timeout or 0)
            os.close(self._pid_fd)
            self._pid_fd = None
        return None

    def kill(self) -> None:
        """Kill it, if it has not ended; before it has said who it is, closing its socket will."""
        if self._pid_fd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pid_fd, signal.SIGKILL)


def ask_for_parent(
    number: int, preload: Sequence[str], env: Env, hash_seed: int | None, fds: Sequence[int]
) -> KeptProcess:
    """Have a warm parent forked from a kept interpreter, which is started where there is none.

    Args:
        number: which one of several interpreters with other hash seeds.
        preload: modules that jobs need.
        env: environment variables of the warm parent, added to this process's.
        hash_seed: PYTHONHASHSEED of the interpreter; None: it draws one when it starts.
        fds: descriptors of the warm parent: its control socket, stdout and stderr of jobs without
            a log, and where it writes itself.

    Raises:
        WorkerError: the directory of the sockets belongs to somebody else.
    """
    seconds = kept_seconds()
    assert seconds is not None
    libraries = find_libraries(preload)
    directory = place()
    try:
        restore_directories(str(directory))
    except OSError as error:
        raise WorkerError(f"{OPTION}: {error}") from None
    name = f"{_key(libraries, env, hash_seed)}-{number}"
    path = directory / f"{name}.socket"
    environment = {**os.environ, **dict(env)}
    hello = Hello(seconds, environment, os.getcwd(), list(sys.path), modules_directory(), _umask())
    with _locked(lock_of(str(path))):
        connection = _connect(path)
        if connection is None:
            seed = secrets.randbelow(2**32) if hash_seed is None else hash_seed
            _start(KeptStart(str(path), libraries, seconds), environment, seed)
            connection = _connect(path)
    if connection is None:
        raise WorkerError(f"{OPTION}: no connection to {path}")
    with connection:
        data = pickle.dumps(hello)
        sent = socket.send_fds(connection, [data], list(fds))
        connection.sendall(data[sent:])
    return KeptProcess()


def _key(libraries: Sequence[str], env: Env, hash_seed: int | None) -> str:
    """Return a digest of all that decides what an import of the libraries gives."""
    environment = {**os.environ, **dict(env)}
    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    content = [
        sys.executable, sys.version, [str(each) for each in sys.path], list(sys.flags),
        sorted(item for item in environment.items() if item[0] not in IRRELEVANT),
        list(libraries), hash_seed, _code(),
        [resource.getrlimit(each) for each in limits],
        sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@functools.cache
def _code() -> list[tuple[str, int, int]]:
    """Return the state of this package's files, and of the directories of installed packages."""
    package = Path(__file__).parents[1]
    directories = [each for each in sys.path if os.path.basename(each) in LIBRARIES]
    paths = [*package.rglob("*.py"), *filter(os.path.isdir, directories)]
    found = [(str(each), os.stat(str(each))) for each in paths]
    return sorted((path, status.st_mtime_ns, status.st_size) for path, status in found)


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold a lock, so that two sweeps that begin together start one interpreter."""
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _connect(path: Path) -> socket.socket | None:
    """Return a connection to a kept interpreter; None where there is none."""
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        if stat.S_ISSOCK(status.st_mode) and status.st_uid == os.geteuid():
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
            except OSError:
                connection.close()
            else:
                return connection
    return None


def _start(start: KeptStart, environment: dict[str, str], hash_seed: int) -> None:
    """Start a kept interpreter, and wait until it listens; it imports the libraries later."""
    process = subprocess.Popen(
        command_line(keep, json.dumps(start), None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment, "PYTHONHASHSEED": str(hash_seed)},
        cwd="/",
    )
    process.wait()  # it leaves a child that listens


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
