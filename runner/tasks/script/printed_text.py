"""Keeps what a script prints, which still goes where it went."""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MAX_KEPT = 1 << 20
"""Characters at the end of what was printed that are kept."""


class PrintedText:
    """The end of what was printed."""

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._length = 0

    def add(self, text: str) -> None:
        """Add what is printed now."""
        self._parts.append(text)
        self._length += len(text)
        while self._length - len(self._parts[0]) > MAX_KEPT:
            self._length -= len(self._parts.popleft())

    @property
    def text(self) -> str:
        """What was printed, without what was long before."""
        return "".join(self._parts)[-MAX_KEPT:]


class _Stream(io.TextIOWrapper):
    """Standard output, which also keeps what is written to it."""

    kept: PrintedText

    def write(self, text: str, /) -> int:
        self.kept.add(text)
        return super().write(text)


@contextmanager
def keep_printed() -> Iterator[PrintedText]:
    """While inside, keep what Python prints on standard output.

    What the script's libraries write from compiled code, such as the messages of TensorFlow with
    their times and process ids, is not kept.
    """
    kept = PrintedText()
    before = sys.stdout
    before.flush()
    descriptor = open(before.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115
    stream = _Stream(
        io.BufferedWriter(descriptor),
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=bool(before.line_buffering),
    )
    stream.kept = kept
    sys.stdout = stream
    try:
        yield kept
    finally:
        if not stream.closed:
            stream.flush()
        sys.stdout = before
