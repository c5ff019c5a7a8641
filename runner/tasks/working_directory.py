"""Notices files that a run writes into the directory that the sweep was started in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.record.reasons import Clause, count
from runner.text import list_some

MAX_NAMED = 3
"""Files that are named."""

MAX_ENTRIES = 10_000
"""Entries of a directory beyond which it is not looked at, so that a run loses no time."""


@dataclass(frozen=True)
class DirectoryState:
    """The files in a directory, without those in the directories below it."""

    directory: Path
    files: dict[str, tuple[int, int]] | None
    """Name to (time of the last change in ns, size in bytes); None: there were too many entries."""

    @classmethod
    def of(cls, directory: Path) -> DirectoryState:
        """Look at a directory."""
        files = {}
        try:
            with os.scandir(directory) as entries:
                for number, entry in enumerate(entries):
                    if number >= MAX_ENTRIES:
                        return cls(directory, None)
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        files[entry.name] = (status.st_mtime_ns, status.st_size)
        except OSError:
            return cls(directory, None)
        return cls(directory, files)

    def describe_changes(self) -> list[Clause]:
        """Return `left-files`: the files that were written since; empty where nobody can tell."""
        now = DirectoryState.of(self.directory).files
        if self.files is None or now is None:
            return []
        written = sorted(name for name, state in now.items() if self.files.get(name) != state)
        words = {"names": list_some(written, MAX_NAMED)}
        return [Clause("left-files", words=words, numbers={"files": count(len(written))})]
