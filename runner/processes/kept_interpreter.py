"""A kept interpreter: it imports libraries once, and forks a warm parent for each sweep that asks.

It never runs anything of a sweep itself. What it forks is as new for one sweep as for another.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.processes.process_tree import die_with
from runner.processes.warm_parent import serve
from runner.trust.importer import find_modules_in

LOOK_S = 1.0
"""Seconds between two looks whether the socket is still there."""

CHUNK_BYTES = 1 << 16
"""Bytes of a message that are read at once."""

MAX_FDS = 4
"""Descriptors that come with a message."""


class KeptStart(NamedTuple):
    """What a kept interpreter is started with."""

    path: str
    """Path of its socket."""
    libraries: Sequence[str]
    """Modules that it imports."""
    seconds: float
    """Seconds without a sweep after which it ends."""


@dataclass(frozen=True)
class Hello:
    """The message of a sweep that wants a warm parent."""

    seconds: float
    """Seconds for which the interpreter is kept from now on, if that is longer."""
    environment: dict[str, str]
    directory: str
    """The current directory."""
    path: list[str]
    """`sys.path`."""
    modules: str | None
    """The directory whose trusted modules can be imported."""
    umask: int


def keep(argument: str) -> None:
    """Be a kept interpreter until nobody has asked for long enough; never return.

    Args:
        argument: a KeptStart in JSON.
    """
    start = KeptStart(*json.loads(argument))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(start.path)  # what an interpreter left that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(start.path)
    os.chmod(start.path, 0o600)
    listener.listen(64)
    if os.fork():
        os._exit(0)  # who started it waits for this, and then the socket listens
    os.setsid()
    for name in start.libraries:
        # A warm parent imports it again, and says what is wrong.
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _answer_all(listener, start)
    os._exit(0)


def _answer_all(listener: socket.socket, start: KeptStart) -> None:
    """Fork a warm parent for each message, until none came for as long as was asked for."""
    inode = os.stat(start.path).st_ino
    seconds, busy_s = start.seconds, time.monotonic()
    parents: set[int] = set()
    while parents or time.monotonic() - busy_s < seconds:
        if not _is_there(start.path, inode):
            break
        if select.select([listener], [], [], min(LOOK_S, seconds))[0]:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
                hello, fds = _receive(connection)
                seconds = max(seconds, hello.seconds)
                parents.add(_fork_parent(hello, fds, (listener, connection)))
        parents = {each for each in parents if os.waitpid(each, os.WNOHANG)[0] == 0}
        if parents:
            busy_s = time.monotonic()
    listener.close()
    if _is_there(start.path, inode):
        os.unlink(start.path)
        with contextlib.suppress(OSError):
            os.unlink(lock_of(start.path))
    for each in parents:  # they would die with this process
        os.waitpid(each, 0)


def lock_of(socket_path: str) -> str:
    """Return the path of the lock that whoever starts an interpreter holds."""
    return f"{socket_path}.lock"


def _receive(connection: socket.socket) -> tuple[Hello, list[int]]:
    data, fds, _, _ = socket.recv_fds(connection, CHUNK_BYTES, MAX_FDS)
    while more := connection.recv(CHUNK_BYTES):
        data += more
    return pickle.loads(data), fds


def _is_there(path: str, inode: int) -> bool:
    with contextlib.suppress(OSError):
        return os.stat(path).st_ino == inode
    return False


def _fork_parent(hello: Hello, fds: list[int], private: tuple[socket.socket, ...]) -> int:
    """Fork a warm parent of the sweep that asked; return its process id.

    Args:
        hello: the message.
        fds: the descriptors that came with it.
        private: sockets that the warm parent must not hold.
    """
    kept = os.getpid()
    if pid := os.fork():
        for descriptor in fds:
            os.close(descriptor)
        return pid
    try:
        for each in private:
            each.close()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.setsid()
        die_with(kept)
        *serving, stderr_fd = fds
        os.dup2(stderr_fd, 1)
        os.dup2(stderr_fd, 2)
        os.close(stderr_fd)
        os.chdir(hello.directory)
        os.umask(hello.umask)
        seed = os.environ["PYTHONHASHSEED"]
        os.environ.clear()
        os.environ.update({**hello.environment, "PYTHONHASHSEED": seed})
        sys.path[:] = hello.path
        find_modules_in(hello.modules)
        serve(json.dumps(serving))
    finally:
        os._exit(1)
