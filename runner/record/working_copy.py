"""Makes the directory in which a script runs: a copy of the one that the sweep was started in."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MAX_COPIED_BYTES = 1 << 20
"""Larger files are linked, and not copied."""

MAX_ENTRIES = 5_000
"""Entries that are copied or linked one by one; a larger directory is linked as a whole."""

PASSED_OVER = ("outputs", "__pycache__", "node_modules", "multirun")


@dataclass(frozen=True)
class WorkingCopy:
    """The directory of a script, made for one run."""

    directory: Path
    linked: tuple[str, ...]
    """What was linked, relative to the directory: a script that writes there changes the file that
    all runs share."""


def make_copy(source: Path, directory: Path) -> WorkingCopy:
    """Copy a directory's small files and link its large ones, hidden and generated ones left out.

    Raises:
        OSError: the directory cannot be read or written.
    """
    directory.mkdir(parents=True)
    linked: list[str] = []
    _copy(source, directory, "", linked, [MAX_ENTRIES], directory.resolve())
    return WorkingCopy(directory, tuple(linked))


def _copy(
    source: Path, target: Path, shown: str, linked: list[str], left: list[int], own: Path
) -> None:
    with os.scandir(source) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        if _is_passed_over(entry):
            continue
        left[0] -= 1
        name = f"{shown}{entry.name}"
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False) and left[0] > 0:
            if own.is_relative_to(Path(entry.path).resolve()):
                continue  # the directory of the runs
            place.mkdir()
            _copy(Path(entry.path), place, f"{name}/", linked, left, own)
        elif left[0] > 0 and entry.is_file() and entry.stat().st_size <= MAX_COPIED_BYTES:
            shutil.copy2(entry.path, place)
        else:
            place.symlink_to(os.path.realpath(entry.path))
            linked.append(name)


def _is_passed_over(entry: os.DirEntry[str]) -> bool:
    environment = entry.is_dir() and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
    return entry.name.startswith(".") or entry.name in PASSED_OVER or environment
