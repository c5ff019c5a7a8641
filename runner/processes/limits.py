"""What a run may use: how the process that watches it sees that it has gone too far."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass

CHECK_S = 0.1
"""Between looks at a process whose memory or log is limited."""

MOST_LOG_BYTES = 16 * 2**20
"""A log that is longer loses all but its beginning, so that no run fills the disk with text."""

KEPT_LOG_BYTES = 2**20
"""Of the beginning of such a log, and of its end; what comes between them is left out."""

MAX_CATCH_UP_READS = 100
"""Of what is written while a log is shortened: a run can write as fast as it is read."""

FIRST_TO_GO = 500
"""The system's `oom_score_adj` of a run, from -1000 to 1000; other processes mostly have 0."""


def prefer_for_oom_kill() -> None:
    """Have the system end this process before those above it when memory runs out (Linux).

    It takes whatever is largest, which in a sweep of small runs would be the main process.
    """
    with contextlib.suppress(OSError, ValueError), open("/proc/self/oom_score_adj", "r+") as file:
        if int(file.read()) < FIRST_TO_GO:
            file.seek(0)
            file.write(str(FIRST_TO_GO))


@dataclass
class Watched:
    """A job's processes and its log, looked at from time to time by the process above them."""

    own: set[int]
    """Children of this process that are none of the job's."""
    log: str | None
    memory_limit_bytes: int | None
    over_limit: bool = False
    """Whether its processes were seen to use more than its limit."""
    _left_out: int = 0
    """Bytes of its log, each time with the line that said so the time before."""

    def is_over(self, resident_bytes: int) -> bool:
        """Whether that is more than it may use."""
        return self.memory_limit_bytes is not None and resident_bytes > self.memory_limit_bytes

    def look(self) -> float | None:
        """Look once; return in how many seconds to look again, or None: there is no hurry."""
        self._shorten_log()
        if self.memory_limit_bytes is not None and not self.over_limit:
            self.over_limit = self.is_over(self._resident_bytes())
        return CHECK_S if (self.log, self.memory_limit_bytes) != (None, None) else None

    def finish(self) -> None:
        """Shorten the log once more, now that nobody writes."""
        self._shorten_log()

    def _shorten_log(self) -> None:
        """Leave out what is too much of the log, but for its beginning and its end.

        The end is kept at each look, as it may be the last thing that the run ever writes.
        """
        with contextlib.suppress(OSError):  # it may not be there yet
            if self.log is None or not _is_too_long(self.log):
                return
            # Appending, as the run does: what it writes next follows the new end.
            log_fd = os.open(self.log, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
            with open(log_fd, "r+b", buffering=0) as file:
                size = file.seek(-KEPT_LOG_BYTES, os.SEEK_END)
                last = file.read(KEPT_LOG_BYTES)
                for _ in range(MAX_CATCH_UP_READS):  # what is written meanwhile
                    more = file.read(KEPT_LOG_BYTES)
                    if not more:
                        break
                    size += len(more)
                    last = (last + more)[-KEPT_LOG_BYTES:]
                self._left_out += size - KEPT_LOG_BYTES
                file.truncate(KEPT_LOG_BYTES)
                file.write(f"\n[{self._left_out} bytes were left out here]\n".encode() + last)

    def _resident_bytes(self) -> int:
        """Resident memory of its process and all that it started; 0 when they have ended."""
        import psutil  # 20 ms, which a run without a limit need not wait for

        total = 0
        # From here, as what it left without a parent is a child of this process.
        for each in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if each.pid not in self.own:
                    total += each.memory_info().rss
        return total


def _is_too_long(log: str) -> bool:
    """Return False for a link in the place of a log: what it names is not ours to cut."""
    found = os.lstat(log)
    return stat.S_ISREG(found.st_mode) and found.st_size > MOST_LOG_BYTES
