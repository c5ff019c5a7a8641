"""The pool's temporary directories, in which jobs may leave, remove and replace what they want."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Collection

_MOST_LOOKS = 10
"""At a directory, to remove what was made in it while it was emptied."""


def restore_directories(*paths: str) -> None:
    """Make directories of the pool again, the outer ones first, where a job removed them.

    Raises:
        OSError: one cannot be made, or belongs to somebody else.
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
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def remove_tree(path: str) -> None:
    """Remove a file, link or directory with all that is in it; what cannot be removed stays.

    Links are removed and not followed. No depth of directories, length of paths, or permission that
    their owner took from them, keeps them from being removed.
    """
    with contextlib.suppress(OSError):
        if not _is_directory(path):
            os.unlink(path)
            return
        empty_directory(path)
        os.rmdir(path)


def empty_directory(path: str, kept: Collection[str] = ()) -> None:
    """Remove everything in a directory but entries of these names; a link to one is no directory.

    Of a directory inside, the files are removed and the directories are moved up, next to it: so
    neither the stack, nor open files, nor the length of a path grows with the depth.
    """
    with contextlib.suppress(OSError):
        top = _open_directory(path)
        try:
            for _ in range(_MOST_LOOKS):
                left = [name for name in os.listdir(top) if name not in kept]
                if not left:
                    break
                while left:
                    left += _remove_entry(left.pop(), top)
        finally:
            os.close(top)


def _remove_entry(name: str, top: int) -> list[str]:
    """Remove an entry of the directory `top`; return the names of what was moved up out of it."""
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
                    # A directory that may not be written cannot be moved, as its `..` changes.
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
    """Open a directory, which is no link to one, with every permission for its owner."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        opened = os.open(name, flags, dir_fd=top)
    except PermissionError:
        os.chmod(name, stat.S_IRWXU, dir_fd=top)
        opened = os.open(name, flags, dir_fd=top)
    with contextlib.suppress(OSError):
        os.fchmod(opened, stat.S_IRWXU)
    return opened
