"""The git revision of the current directory, read without running anything of the repository."""

from __future__ import annotations

import hashlib
import os
import subprocess
from hashlib import sha1, sha256
from pathlib import Path
from stat import S_ISLNK, S_ISREG, S_IXUSR

LINK, SUBMODULE = "120000", "160000"
"""Modes that git records for a symbolic link and for a submodule."""

SHA256_DIGITS = 64
"""Digits of a digest in repositories that use SHA-256 instead of SHA-1."""


def source_revision() -> str | None:
    """Return the git revision of the current directory.

    Files that git does not track are ignored. Git only lists what it has recorded, and the files
    are compared with that here, because a repository's settings can name programs that git runs
    when it compares a file or fetches an object.

    Returns:
        The revision, with `+` and a digest appended where tracked files differ from it; None
        outside of a repository, or where it cannot be read.
    """
    try:
        return _describe_tree(Path.cwd())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _describe_tree(directory: Path) -> str:
    top, revision = _git(directory, "rev-parse", "--show-toplevel", "HEAD").rsplit(maxsplit=1)
    root = Path(top.removesuffix("\n"))
    recorded: dict[str, tuple[str, str]] = {}
    for line in _git(root, "ls-tree", "-r", "-z", "--full-tree", revision).split("\0")[:-1]:
        described, _, name = line.partition("\t")
        mode, _, digest = described.split()
        recorded[name] = mode, digest
    known = _git(root, "ls-files", "--sparse", "-z").split("\0")[:-1]
    changes = hashlib.sha256()
    changed = False
    for name in sorted({*recorded, *known}):
        now = _read_state(root / name, *recorded.get(name, ("100644", "0" * len(revision))))
        if now != recorded.get(name):
            changed = True
            changes.update(f"{name}\0{now}\0".encode(errors="surrogateescape"))
    return revision + (f"+{changes.hexdigest()[:8]}" if changed else "")


def _read_state(path: Path, mode: str, digest: str) -> tuple[str, str] | None:
    """Return the mode and the digest that git would record for a path if it ran no filter.

    Args:
        path: path of a file, a link, or the directory of a submodule.
        mode: the mode that is recorded for it.
        digest: the digest that is recorded for it.

    Returns:
        None where there is neither a file nor a link.
    """
    if mode == SUBMODULE:
        # A submodule behind a link is not followed, as links could form an endless loop.
        there = os.path.realpath(path) == str(path) and (path / ".git").exists()
        return mode, _describe_tree(path) if there else digest
    try:
        stat = path.lstat()
        if S_ISLNK(stat.st_mode):
            content, mode = os.readlink(os.fsencode(path)), LINK
        elif S_ISREG(stat.st_mode):
            content = path.read_bytes()
            mode = "100755" if stat.st_mode & S_IXUSR else "100644"
        else:
            return None
    except OSError:
        return None
    header = b"blob %d\0" % len(content)
    return mode, (sha256 if len(digest) == SHA256_DIGITS else sha1)(header + content).hexdigest()


def _git(directory: Path, *arguments: str) -> str:
    settings = {
        # A directory inside of a clone must not pass for a repository of its own.
        "safe.bareRepository": "explicit",
        "core.fsmonitor": "false",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # Git must not fetch missing objects; older versions obey only because no protocol is allowed.
    never = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(
        ["git", *options, *arguments],
        cwd=directory,
        env={**os.environ, **never},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=10,
        check=True,
    )
    return os.fsdecode(done.stdout)
