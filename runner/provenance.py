"""What results come from: source revision, versions, and flags in the environment."""

from __future__ import annotations

import glob
import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from hashlib import sha1, sha256
from pathlib import Path
from stat import S_ISLNK, S_ISREG, S_IXUSR
from typing import Any

from runner.tasks import versions

FLAGS = (
    "TF_", "XLA_", "KERAS_", "OMP_", "MKL_", "CUDA_", "NVIDIA_", "JAX_", "TORCH_", "OPENBLAS_",
    "GOTO_", "NPY_", "DNNL_", "ONEDNN_", "BLIS_", "VECLIB_",
)  # fmt: skip
"""How environment variables begin that change what a library computes."""

QUIET = ("TF_CPP_", "TF_CLI_", "TF_VAR_", "TF_LOG", "TF_INPUT", "TF_DATA_DIR", "TF_PLUGIN_")
"""Those of them that only say what is logged, or are of another program."""

MOST_FILES = 5000
"""Python files below the current directory that are looked at."""

LARGE_BYTES = 2**28
"""A file of more is not read."""


LINK, SUBMODULE = "120000", "160000"
"""Modes that git records for what is no file."""

SHA256 = 64
"""Digits of a digest in repositories that do not have SHA-1."""


def source_revision() -> str | None:
    """Git revision of the current directory, `+` and a digest where files differ from it.

    None outside of git. Files that git does not know are not looked at, and the others as they
    lie there: a repository's settings can name programs for git to run when it compares a file or
    fetches an object, so git only says what it has recorded.
    """
    try:
        return _describe_tree(Path.cwd())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _describe_tree(directory: Path) -> str:
    place, revision = _git(directory, "rev-parse", "--show-toplevel", "HEAD").rsplit(maxsplit=1)
    root = Path(place.removesuffix("\n"))
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
    """Mode and digest that git would record for a path if it ran no filter; None: nothing there.

    Args:
        path: of a file, a link, or the directory of a submodule.
        mode: which is recorded for it.
        digest: which is recorded for it.
    """
    if mode == SUBMODULE:
        # Only what is really below it, or there might be no end.
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
    return mode, (sha256 if len(digest) == SHA256 else sha1)(header + content).hexdigest()


def flags() -> dict[str, str]:
    """Environment variables that change what a library computes, sorted by name."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(FLAGS) and not name.startswith(QUIET)
    }


def local_files(values: Iterable[Any]) -> dict[str, str]:
    """Path to digest of the files that runs started here may read: code, and what configs name.

    All Python files below the current directory, links followed, but for those of hidden
    directories, environments and results; and every file whose path, or a pattern that it matches,
    is a value in `values`.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for directory, names, files in os.walk(".", followlinks=True):
        seen.add(os.path.realpath(directory))
        names[:] = [
            each
            for each in names
            if _may_hold_code(Path(directory, each))
            and os.path.realpath(Path(directory, each)) not in seen
        ]
        for name in sorted(files):
            if name.endswith(".py") and len(found) < MOST_FILES:
                path = Path(directory, name)
                found[str(path)] = _digest(path)
    for value in values:
        if isinstance(value, str) and 0 < len(value) < 4096:
            matched = sorted(glob.glob(value)) if glob.has_magic(value) else [value]
            for each in matched[:MOST_FILES]:
                if os.path.isfile(each):
                    found[each] = _digest(Path(each))
    return found


def _may_hold_code(directory: Path) -> bool:
    results = directory in (Path("outputs"), Path("multirun"))
    hidden = results or directory.name.startswith(".") or directory.name == "__pycache__"
    return not hidden and not (directory / "pyvenv.cfg").exists()


def _digest(path: Path) -> str:
    """Of a file's content; of a large one, of its size and time."""
    try:
        stat = path.stat()
        if stat.st_size > LARGE_BYTES:
            return f"{stat.st_size} bytes of {stat.st_mtime_ns}"
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return "cannot be read"


def described() -> dict[str, str | None]:
    """Everything of it, name to value; None: not installed, or not known."""
    return {
        "source revision": source_revision(),
        "python": platform.python_version(),
        **versions(),
        **{f"${name}": value for name, value in flags().items()},
    }


def _git(directory: Path, *arguments: str) -> str:
    settings = {
        "safe.bareRepository": "explicit",  # a directory that came in a clone is no repository
        "core.fsmonitor": "false",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # What is missing is not fetched, by older versions because no way to do so is allowed.
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
