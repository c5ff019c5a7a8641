"""Tells the user's code from that of libraries, and finds the line that caused a call."""

from __future__ import annotations

import linecache
import os
import re
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType

from runner.record.timeline import Place

OURS = str(Path(__file__).parents[1])
LIBRARIES = tuple(
    dict.fromkeys(
        [
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
            *(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib")),
            OURS,
        ]
    )
)
"""Directories whose code is no code of the user's."""

LOCAL = ("site-packages", "dist-packages")
"""Directories of libraries, wherever they lie."""

IMPORTING = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
"""Code that imports a module. What a library does while it is imported is not the user's doing,
though a line of the user's imports it."""

MAX_DEPTH = 200
"""Frames that are looked at."""


def is_library(path: str) -> bool:
    """Return whether a file or directory is no code of the user's, wherever it lies."""
    found = os.path.realpath(path) + os.sep
    return found.startswith(tuple(each + os.sep for each in LIBRARIES)) or any(
        f"{os.sep}{name}{os.sep}" in found for name in LOCAL
    )


class UserFrames:
    """Finds the user's line behind a call."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._known: dict[str, str | None] = {}
        self._libraries = tuple(
            each + os.sep for each in LIBRARIES if each.startswith(self._root + os.sep)
        )

    def know(self, shown: Mapping[str, str]) -> None:
        """Take code for the user's that is in no file.

        Args:
            shown: the name under which it was compiled to the one under which it is shown.
        """
        self._known.update(shown)

    def is_user(self, code: CodeType) -> bool:
        """Return whether code is the user's own."""
        return self._shown(code.co_filename) is not None

    def mention(self, text: str) -> bool:
        """Return whether the user's code or command line has a word such as a number."""
        word = re.compile(rf"(?<![\w.]){re.escape(text)}(?![\w.])")
        if any(word.search(each) for each in sys.argv):
            return True
        files = [filename for filename, shown in self._known.items() if shown is not None]
        return any(word.search("".join(linecache.getlines(each))) for each in files)

    def find(self, frame: FrameType | FixedLine | None) -> tuple[Place | None, str]:
        """Return the innermost line of the user's at or above a frame, and the way to it.

        Returns:
            The place, None if no code of the user's is among the callers or a library does it
            while it is imported; and the library that
            the user's line called, such as `keras`; empty where it called directly.
        """
        through = ""
        for _ in range(MAX_DEPTH):
            if frame is None:
                break
            code = frame.f_code
            shown = self._shown(code.co_filename)
            if shown is not None:
                return Place(shown, frame.f_lineno, code.co_qualname), through
            if code.co_filename in IMPORTING:
                break
            package = str(frame.f_globals.get("__name__") or "").partition(".")[0]
            if package and package != "runner":
                through = package
            frame = frame.f_back
        return None, through

    def _shown(self, filename: str) -> str | None:
        """Return a file of the user's as it is shown; None for any other file."""
        if filename not in self._known:
            self._known[filename] = self._look(filename)
        return self._known[filename]

    def _look(self, filename: str) -> str | None:
        if filename.startswith("<"):
            return None
        path = os.path.realpath(filename)
        # A script may lie inside of an environment's directory, and is the user's all the same;
        # an environment may lie inside of the script's directory, and is not.
        if (
            path.startswith(self._root + os.sep)
            and not path.startswith(self._libraries)
            and not any(f"{os.sep}{name}{os.sep}" in path[len(self._root) :] for name in LOCAL)
        ):
            return os.path.relpath(path, self._root)
        return filename if os.path.exists(path) and not is_library(path) else None


def caller(depth: int) -> FrameType:
    """Return the frame so many calls above the caller of this function."""
    return sys._getframe(depth + 1)


class FixedLine:
    """A frame as it was when a call was made, whatever line it has reached since."""

    def __init__(self, frame: FrameType) -> None:
        self.f_code = frame.f_code
        self.f_lineno = frame.f_lineno
        self.f_globals = frame.f_globals
        self.f_back = frame.f_back
