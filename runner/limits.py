"""What a run may use: how the process that watches it sees that it has gone too far."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any

CHECK_S = 0.1
"""Between looks at a process whose memory or log is limited."""

MOST_LOG_BYTES = 16 * 2**20
"""A log that is longer loses all but its beginning, so that no run fills the disk with text."""

KEPT_LOG_BYTES = 2**20
"""Of the beginning of such a log; what comes later follows it."""


@dataclass
class Watched:
    """A process and its log, looked at from time to time."""

    pid: int
    log: str | None
    memory_limit_bytes: int | None
    over_limit: bool = False
    """Whether it, with the processes that it started, was seen to use more than its limit."""
    _process: Any = None

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
                with open(log, "ab") as file:
                    file.write(f"\n[{size - KEPT_LOG_BYTES} bytes were left out here]\n".encode())

    def _resident_bytes(self) -> int:
        """Resident memory of the process and all that it started; 0 when it has ended."""
        import psutil  # 20 ms, which a run without a limit need not wait for

        total = 0
        with contextlib.suppress(psutil.Error):
            self._process = self._process or psutil.Process(self.pid)
            for each in (self._process, *self._process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += each.memory_info().rss
        return total
