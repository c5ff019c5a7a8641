"""Watches which files a script reads that were there before it started."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from runner.observe.recorder import Recorder
from runner.observe.user_frames import caller
from runner.record.timeline import EventKind

CODE = (".py", ".pyc", ".ipynb", ".so")

_hearers: list[ReadFiles] = []
"""Those who are told of files that are opened: an audit hook cannot be taken away again."""


class ReadFiles:
    """Records the files below a directory that are read."""

    def __init__(self, recorder: Recorder, root: Path) -> None:
        self._recorder = recorder
        self._root = os.path.abspath(root)
        self._before = {
            os.path.join(folder, name) for folder, _, names in os.walk(self._root) for name in names
        }

    def hear(self, path: object, mode: object, flags: object) -> None:
        """Record that a file is opened, if it is read and was there before."""
        if self._recorder.is_quiet or not isinstance(path, str | bytes | os.PathLike):
            return
        writes = isinstance(mode, str) and not {*"wax+"}.isdisjoint(mode)
        if writes or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)):
            return
        self.note(caller(2), "open", os.fsdecode(path))

    def note(self, frame: FrameType, call: str, path: str) -> None:
        """Record that a line reads a file, if it was there before."""
        found = os.path.abspath(path)
        if found in self._before and not found.endswith(CODE):
            shown = os.path.relpath(found, self._root)
            self._recorder.note(frame, EventKind.READ, call, lambda: {"value": shown})


def watch_reads(recorder: Recorder, root: Path) -> ReadFiles:
    """Record the files below a directory that are read, until `unwatch_reads`."""
    if not _installed:
        sys.addaudithook(_hear)
        _installed.append(True)
    watched = ReadFiles(recorder, root)
    _hearers.append(watched)
    return watched


def unwatch_reads(watched: ReadFiles) -> None:
    """Stop recording."""
    _hearers.remove(watched)


_installed: list[bool] = []
"""Whether the interpreter tells us of its events."""


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _hearers:
        _hearers[-1].hear(*arguments)
