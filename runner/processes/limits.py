"""Limits on the memory and the log of a run, checked by the process that watches it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import stat
import sys
from dataclasses import dataclass

CHECK_S = 0.1
"""Seconds between two checks of a process whose memory or log is limited."""

MAX_LOG_BYTES = 16 * 2**20
"""Length up to which a log is kept whole; a longer one is shortened, so as not to fill the disk."""

KEPT_LOG_BYTES = 2**20
"""Bytes kept at the beginning, and again at the end, of a log that is shortened."""

MAX_CATCH_UP_READS = 100
"""Reads before giving up on a log that grows as fast as it is read while it is shortened."""

_FALLOC_FL_KEEP_SIZE, _FALLOC_FL_PUNCH_HOLE = 1, 2
"""Modes of Linux's fallocate(2)."""

RUN_OOM_SCORE = 500
"""The `oom_score_adj` of a run, on the system's scale of -1000 to 1000; most processes have 0."""


def peak_rss_bytes(usage: resource.struct_rusage) -> int:
    """Return the most resident memory that processes had; the system counts KiB, macOS bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def prefer_for_oom_kill() -> None:
    """Have Linux kill this process before those above it when memory runs out.

    Otherwise the system kills the largest process, which in a sweep of small runs is the main one.
    On other systems this does nothing.
    """
    with contextlib.suppress(OSError, ValueError), open("/proc/self/oom_score_adj", "r+") as file:
        if int(file.read()) < RUN_OOM_SCORE:
            file.seek(0)
            file.write(str(RUN_OOM_SCORE))


@dataclass
class Watched:
    """A job's processes and its log, checked from time to time by the process above them."""

    own: set[int]
    """Process ids of this process's children that do not belong to the job."""
    log: str | None
    """Path of the job's log; None where it has none."""
    memory_limit_bytes: int | None
    """Resident memory that the job may use; None where it is not limited."""
    over_limit: bool = False
    """Whether a check has found the job's processes to use more memory than the limit."""
    _left_out: int = 0
    """Bytes cut out of the log so far, the notes of earlier cuts included; holes do not count."""

    def is_over(self, resident_bytes: int) -> bool:
        """Return whether this much resident memory is over the job's limit."""
        return self.memory_limit_bytes is not None and resident_bytes > self.memory_limit_bytes

    def look(self) -> float | None:
        """Check the log and the memory once.

        Returns:
            Seconds until the next check is due; None where the job has neither log nor limit.
        """
        with contextlib.suppress(OSError):  # the log may not exist yet
            if self.log is not None and _is_longer(self.log, MAX_LOG_BYTES):
                self._free_middle(self.log)
        if self.memory_limit_bytes is not None and not self.over_limit:
            self.over_limit = self.is_over(self._resident_bytes())
        return CHECK_S if (self.log, self.memory_limit_bytes) != (None, None) else None

    def finish(self) -> None:
        """Cut the middle out of a log that is too long, now that nobody writes to it."""
        with contextlib.suppress(OSError):  # a run without output has none
            if self.log is not None and _is_longer(self.log, MAX_LOG_BYTES):
                self._cut(self.log)

    def _free_middle(self, log: str) -> None:
        """Give the disk back what the middle of a log takes, while the run may be writing to it.

        A hole loses nothing that is being written. Where the system or the file system makes
        none, the middle is cut, which loses what is written between its last read and the cut.
        """
        if sys.platform == "linux" and (_allocated_bytes(log) <= MAX_LOG_BYTES or _make_hole(log)):
            return
        self._cut(log)

    def _cut(self, log: str) -> None:
        """Cut the middle out of a log, and say in its place how many bytes that were."""
        # The run appends too, so what it writes next follows the new end.
        log_fd = os.open(log, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        with open(log_fd, "r+b", buffering=0) as file:
            file.seek(-KEPT_LOG_BYTES, os.SEEK_END)
            last = file.read(KEPT_LOG_BYTES)
            for _ in range(MAX_CATCH_UP_READS):  # the run may be writing meanwhile
                more = file.read(KEPT_LOG_BYTES)
                if not more:
                    break
                last = (last + more)[-KEPT_LOG_BYTES:]
            # What was written after the last read is cut too.
            self._left_out += os.fstat(log_fd).st_size - KEPT_LOG_BYTES - len(last)
            file.truncate(KEPT_LOG_BYTES)
            file.write(f"\n[{self._left_out} bytes were left out here]\n".encode() + last)

    def _resident_bytes(self) -> int:
        """Return the resident bytes of the job's processes together; 0 when they have ended."""
        import psutil  # the import takes 20 ms, which a run without a limit need not wait for

        total = 0
        # The walk starts at this process because it adopts what the job leaves without a parent.
        for each in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if each.pid not in self.own:
                    total += each.memory_info().rss
        return total


def _is_longer(log: str, size: int) -> bool:
    """Return whether a log is longer; False for a link, whose target is not ours to cut."""
    status = os.lstat(log)
    return stat.S_ISREG(status.st_mode) and status.st_size > size


def _allocated_bytes(log: str) -> int:
    """Return what a file takes of the disk; the unit of `st_blocks` is always 512 bytes."""
    return os.lstat(log).st_blocks * 512


def _make_hole(log: str) -> bool:
    """Make a hole of the middle of a file on Linux; return False where that is not possible."""
    log_fd = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
    try:
        length = os.fstat(log_fd).st_size - 2 * KEPT_LOG_BYTES
        start, mode = ctypes.c_int64(KEPT_LOG_BYTES), _FALLOC_FL_KEEP_SIZE | _FALLOC_FL_PUNCH_HOLE
        failed: int = ctypes.CDLL(None).fallocate64(log_fd, mode, start, ctypes.c_int64(length))
        return not failed
    finally:
        os.close(log_fd)
