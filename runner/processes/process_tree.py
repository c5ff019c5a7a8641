"""What a job leaves behind: its process group, and what left that group for a session of its own.

On Linux the process that watches a job adopts what the job's processes leave, and so knows it.
Elsewhere only the group is found.
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
"""For all of them to end: a killed process does not end while the system waits for a disk."""


def kill_group(pid: int) -> None:
    """Kill the process group that `pid` led, if there still is one.

    The system does not reuse the number of a group that has members, so this is safe also after
    the leader's end.
    """
    # macOS answers EPERM for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def die_with(parent_pid: int) -> None:
    """Have the system kill this process when its parent ends (Linux; elsewhere main does it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:  # it ended before the line above
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def find_children() -> set[int]:
    """Process ids of this process's children, ended ones included that nobody waited for."""
    found: set[int] = set()
    for path in glob.glob("/proc/self/task/*/children"):
        with contextlib.suppress(OSError), open(path) as file:
            found |= set(map(int, file.read().split()))
    return found


def reap(spared: set[int]) -> None:
    """Let go of children that have ended, but for those in `spared`."""
    for pid in find_children() - spared:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def end_children(spared: set[int]) -> None:
    """Kill all children but those in `spared`, and what these leave in turn."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while (left := find_children() - spared) and time.monotonic() < deadline_s:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
        reap(spared)
