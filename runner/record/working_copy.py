"""Makes the directory in which a script runs: a copy of the one that the sweep was started in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_COPIED_BYTES = 1 << 20
"""Larger files are linked, and not copied."""

MAX_ENTRIES = 5_000
"""Entries that are copied or linked one by one; a larger directory is linked as a whole."""

PASSED_OVER = ("outputs", "__pycache__", "node_modules", "multirun")
"""Directories that programs make; hidden ones and virtual environments are left out too."""


def make_copy(source: Path, directory: Path) -> None:
    """Copy a directory's small files and link its large ones, hidden and generated ones left out.

    What cannot be read is linked too, so that only a script that needs it fails.

    Raises:
        OSError: the directory itself cannot be read, or the copy cannot be written.
    """
    directory.mkdir(parents=True)
    _copy(source, directory, MAX_ENTRIES, directory.resolve())


def _copy(source: Path, target: Path, left: int, own: Path) -> int:
    """Copy a directory, and return how many entries may still be copied."""
    with os.scandir(source) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        if _is_passed_over(entry):
            continue
        left -= 1
        place = target / entry.name
        readable = left > 0 and os.access(entry.path, os.R_OK)
        if readable and entry.is_dir(follow_symlinks=False) and os.access(entry.path, os.X_OK):
            if own.is_relative_to(Path(entry.path).resolve()):
                continue  # the directory of the runs
            place.mkdir()
            left = _copy(Path(entry.path), place, left, own)
        elif readable and entry.is_file() and entry.stat().st_size <= MAX_COPIED_BYTES:
            shutil.copy2(entry.path, place)
        else:
            place.symlink_to(os.path.realpath(entry.path))
    return left


def _is_passed_over(entry: os.DirEntry[str]) -> bool:
    environment = entry.is_dir() and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
    return entry.name.startswith(".") or entry.name in PASSED_OVER or environment
