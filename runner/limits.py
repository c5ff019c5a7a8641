"""What a run may use: how the process that watches it sees that it has gone too far."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

CHECK_S = 0.1
"""Between looks at a process whose memory or log is limited."""

MOST_LOG_BYTES = 16 * 2**20
"""A log that is longer loses all but its beginning, so that no run fills the disk with text."""

KEPT_LOG_BYTES = 2**20
"""Of the beginning of such a log; what comes later follows it."""

FIRST_TO_GO = 500
"""The system's `oom_score_adj` of a run, from -1000 to 1000; other processes mostly have 0."""


def offer_first() -> None:
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

    def look(self) -> float | None:
        """Look once; return in how many seconds to look again, or None: there is no hurry."""
        if self.log is not None:
            self._look_at_log(self.log)
        if self.memory_limit_bytes is not None and not self.over_limit:
            self.over_limit = self._resident_bytes() > self.memory_limit_bytes
        return CHECK_S if (self.log, self.memory_limit_bytes) != (None, None) else None

    def _look_at_log(self, log: str) -> None:
        with contextlib.suppress(OSError):  # it may not be there yet
            size = os.stat(log).st_size
            if size > MOST_LOG_BYTES:
                # It is open for appending: what is written next follows the new end.
                os.truncate(log, KEPT_LOG_BYTES)
                self._left_out += size - KEPT_LOG_BYTES
                with open(log, "ab") as file:
                    file.write(f"\n[{self._left_out} bytes were left out here]\n".encode())

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
