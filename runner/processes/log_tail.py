"""Reads the last lines, or the last stack, out of the log of a run that failed."""

from __future__ import annotations

import os
import stat

TAIL_LINES = 20
"""Lines kept of a failed run's log."""

TAIL_WIDTH = 200
"""Characters kept of each line: after a crash Python names all extension modules on a long one."""

_READ_BYTES = 64_000
"""Bytes read at the end of a log."""

_STACK_HEADINGS = ("Current thread 0x", "Thread 0x")
"""Beginnings of a dumped stack, the preferred one first.

The first is the stack of a thread that crashed. The second, at its last occurrence, is the main
thread's in a process that hung.
"""


def read_tail(path: str, start: int, *, crashed: bool = False) -> str:
    """Return the last lines that were written to a file, or the stack that Python dumped last.

    Args:
        path: path of the file.
        start: length of the file, in bytes, before the run wrote to it.
        crashed: look for a stack that Python dumped. Its first lines are kept, not its last, as
            the innermost call comes first.

    Returns:
        At most TAIL_LINES lines of at most TAIL_WIDTH characters. '' when the file cannot be read,
        or is no regular file, such as a pipe that the run left in its place.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - _READ_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    first = max(0, len(lines) - TAIL_LINES)
    for heading in _STACK_HEADINGS if crashed else ():
        stacks = [index for index, line in enumerate(lines) if line.startswith(heading)]
        if stacks:
            first = min(first, max(0, stacks[-1] - 2))  # the two lines above say what happened
            break
    return "\n".join(line[:TAIL_WIDTH] for line in lines[first : first + TAIL_LINES])
