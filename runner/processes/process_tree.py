"""Finds and ends the processes that a job leaves behind.

These are its process group, and processes that left the group for a session of their own. On Linux
the process that watches a job adopts the latter, and so knows them. Elsewhere only the group is
found.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import signal
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PATIENCE_S = 0.5
"""Seconds that killed processes have to end; one that waits for a disk does not end at once."""


def kill_group(pid: int) -> None:
    """Kill the process group that `pid` leads or led, if it still exists.

    This is safe after the leader's end too, as the system does not reuse the number of a group
    that still has members.
    """
    # macOS answers EPERM for a group in which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def die_with(parent_pid: int) -> None:
    """Have Linux kill this process when its parent ends; elsewhere the main process does that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:  # the parent ended before the line above
            os._exit(1)


def adopt_orphans() -> None:
    """On Linux, become the parent of every process below this one whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def find_children() -> set[int]:
    """Return the ids of this process's children, including ended ones that nobody waited for.

    The set is empty where the system has no /proc/self/task/*/children.
    """
    pids: set[int] = set()
    for path in glob.glob("/proc/self/task/*/children"):
        with contextlib.suppress(OSError), open(path) as file:
            pids |= set(map(int, file.read().split()))
    return pids


def reap(spared: set[int]) -> None:
    """Collect the exit statuses of ended children, except those in `spared`."""
    for pid in find_children() - spared:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def end_children(spared: set[int]) -> None:
    """Kill all children except those in `spared`, and the orphans that each of them leaves."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while (left := find_children() - spared) and time.monotonic() < deadline_s:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
        reap(spared)
