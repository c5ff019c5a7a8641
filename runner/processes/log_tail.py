"""What is kept of the log of a run that failed."""

from __future__ import annotations

import os
import stat

LINES, CHARACTERS = 20, 200
"""Of it. After a crash Python names all extension modules on one long line, which must not take the
place of the stack."""

_BYTES = 64_000

_STACKS = ("Current thread 0x", "Thread 0x")
"""Where the stack of a process that crashed begins, or else the last stack of one that hung, which
is that of its main thread."""


def read_tail(path: str, start: int, *, crashed: bool = False) -> str:
    """The last lines of what was written to a file, or those of a stack that Python dumped last.

    Args:
        path: of the file. '' is returned when it cannot be read, or is no file, such as a pipe that
            the run left in its place.
        start: how many bytes were in it before.
        crashed: Python may have dumped the stack, of which the first lines tell most: the innermost
            call comes first.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - _BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    first = max(0, len(lines) - LINES)
    for beginning in _STACKS if crashed else ():
        places = [place for place, line in enumerate(lines) if line.startswith(beginning)]
        if places:
            first = min(first, max(0, places[-1] - 2))  # two lines above say what happened
            break
    return "\n".join(line[:CHARACTERS] for line in lines[first : first + LINES])
