"""What a run may use: how the process that watches it sees that it has gone too far."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import Any

CHECK_S = 0.1
"""Between looks at a process whose memory is limited, or whose log grows fast."""

MOST_LOG_BYTES = 16 * 2**20
"""A log that is longer loses all but its beginning, so that no run fills the disk with text."""

KEPT_LOG_BYTES = 2**20
"""Of the beginning of such a log; what comes later follows it."""

GROWING_BYTES = 2**20
"""A log that has grown by so much since the last look is looked at again soon."""


@dataclass
class Watched:
    """A process and its log, looked at from time to time."""

    pid: int
    log: str | None
    memory_limit_bytes: int | None
    over_limit: bool = False
    """Whether it, with the processes that it started, was seen to use more than its limit."""
    _size: int = field(default=0)
    _process: Any = None

    def look(self) -> float | None:
        """Look once; return in how many seconds to look again, or None: there is no hurry."""
        growing = self._look_at_log()
        if self.memory_limit_bytes is not None and not self.over_limit:
            self.over_limit = self._resident_bytes() > self.memory_limit_bytes
        return CHECK_S if growing or self.memory_limit_bytes is not None else None

    def _look_at_log(self) -> bool:
        if self.log is None:
            return False
        try:
            size = os.stat(self.log).st_size
            if size > MOST_LOG_BYTES:
                # It is open for appending: what is written next follows the new end.
                os.truncate(self.log, KEPT_LOG_BYTES)
                with open(self.log, "ab") as file:
                    file.write(f"\n[{size - KEPT_LOG_BYTES} bytes were left out here]\n".encode())
                size = KEPT_LOG_BYTES
        except OSError:
            return False  # not there yet
        growing = abs(size - self._size) > GROWING_BYTES
        self._size = size
        return growing

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
