"""Files below a directory, in which runs leave what they want: any depth, and pipes among them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISREG


def walk(
    top: str, enters: Callable[[os.DirEntry[str]], bool]
) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Yield each directory and what it holds, from the top, but for those that cannot be read.

    Unlike `os.walk` and `Path.rglob` it has no limit of depth.

    Args:
        top: the first directory.
        enters: whether to go on into an entry; asked when its directory has been yielded.
    """
    pending = [top]
    while pending:
        directory = pending.pop()
        try:
            with os.scandir(directory) as found:
                entries = list(found)
        except OSError:  # such as a path that is too long
            continue
        yield directory, entries
        pending += [each.path for each in reversed(entries) if enters(each)]


def find_entries(top: Path, name: str) -> list[Path]:
    """Find what has a name below a directory, sorted; links to directories are not followed."""
    return sorted(
        Path(each.path)
        for _, entries in walk(str(top), lambda entry: entry.is_dir(follow_symlinks=False))
        for each in entries
        if each.name == name
    )


def read_file(path: Path) -> bytes:
    """Read a file; a pipe, which would never end, is not read.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        return file.read()
