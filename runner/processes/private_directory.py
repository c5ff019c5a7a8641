"""The pool's temporary directories, whose files a job may add, remove and replace as it likes."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Collection

_MAX_PASSES = 10
"""Passes over a directory that is emptied, as new files may be made in it meanwhile."""


def restore_directories(*paths: str) -> None:
    """Make directories of the pool again where a job removed them.

    Args:
        paths: the directories, outer ones first.

    Raises:
        OSError: a directory cannot be made, or belongs to another user.
    """
    for each in paths:
        if _is_ours(each):
            continue
        remove_tree(each)
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, stat.S_IRWXU)
        if not _is_ours(each):
            raise PermissionError(f"{each}: another user's files are where the pool's were")


def _is_ours(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def remove_tree(path: str) -> None:
    """Remove a file, a link, or a directory with its content; what cannot be removed stays.

    Links are removed and not followed. Directories are removed however deep they are, however long
    their paths, and whatever permissions their owner took from them.
    """
    with contextlib.suppress(OSError):
        if not _is_directory(path):
            os.unlink(path)
            return
        empty_directory(path)
        os.rmdir(path)


def empty_directory(path: str, kept: Collection[str] = ()) -> None:
    """Remove everything in a directory but the entries named in `kept`; do not follow a link.

    In a subdirectory, files are removed and directories are moved up, next to it. So neither the
    stack, nor the number of open files, nor the length of a path grows with the depth.
    """
    with contextlib.suppress(OSError):
        top = _open_directory(path)
        try:
            for _ in range(_MAX_PASSES):
                left = [name for name in os.listdir(top) if name not in kept]
                if not left:
                    break
                while left:
                    left += _remove_entry(left.pop(), top)
        finally:
            os.close(top)


def _remove_entry(name: str, top: int) -> list[str]:
    """Remove an entry of a directory.

    Args:
        name: the entry.
        top: descriptor of the directory.

    Returns:
        Names of the directories that were moved from inside the entry up to `top`.
    """
    moved = []
    with contextlib.suppress(OSError):
        if not _is_directory(name, top):
            os.unlink(name, dir_fd=top)
            return []
        inside = _open_directory(name, top)
        try:
            for each in os.listdir(inside):
                with contextlib.suppress(OSError):
                    if not _is_directory(each, inside):
                        os.unlink(each, dir_fd=inside)
                        continue
                    # Opening it makes it writable: a move changes the entry `..` inside of it.
                    os.close(_open_directory(each, inside))
                    aside = f".{secrets.token_hex(8)}"
                    os.rename(each, aside, src_dir_fd=inside, dst_dir_fd=top)
                    moved.append(aside)
        finally:
            os.close(inside)
        os.rmdir(name, dir_fd=top)
    return moved


def _is_directory(name: str, top: int | None = None) -> bool:
    return stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode)


def _open_directory(name: str, top: int | None = None) -> int:
    """Open a directory, but no link to one, and give its owner every permission."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        opened = os.open(name, flags, dir_fd=top)
    except PermissionError:
        os.chmod(name, stat.S_IRWXU, dir_fd=top)
        opened = os.open(name, flags, dir_fd=top)
    with contextlib.suppress(OSError):
        os.fchmod(opened, stat.S_IRWXU)
    return opened
