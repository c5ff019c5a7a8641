"""What results come from: source revision, versions, and flags in the environment."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner.tasks import versions

FLAGS = ("TF_", "XLA_", "KERAS_", "OMP_", "MKL_", "CUDA_", "NVIDIA_", "JAX_", "TORCH_")
"""How environment variables begin that change what a library computes."""

QUIET = ("TF_CPP_", "TF_CLI_", "TF_VAR_", "TF_LOG", "TF_INPUT", "TF_DATA_DIR", "TF_PLUGIN_")
"""Those of them that only say what is logged, or are of another program."""

MOST_FILES = 5000
"""Python files below the current directory that are looked at."""

LARGE_BYTES = 2**28
"""A file of more is not read."""


def source_revision() -> str | None:
    """Git revision of the current directory, `+` and a digest where files differ from it.

    None outside of git. Files that git does not know are not looked at.
    """
    try:
        revision = _git("rev-parse", "HEAD").decode().strip()
        changes = _git("diff", "--no-ext-diff", "--no-textconv", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return None
    return revision + (f"+{hashlib.sha256(changes).hexdigest()[:8]}" if changes else "")


def flags() -> dict[str, str]:
    """Environment variables that change what a library computes, sorted by name."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(FLAGS) and not name.startswith(QUIET)
    }


def local_files(values: Iterable[Any]) -> dict[str, str]:
    """Path to digest of the files that runs started here may read: code, and what configs name.

    All Python files below the current directory, but for those of hidden directories, environments
    and results; and every file whose path is a value, or an item of one, in `values`.
    """
    found: dict[str, str] = {}
    for directory, names, files in os.walk("."):
        names[:] = [each for each in names if _may_hold_code(Path(directory, each))]
        for name in sorted(files):
            if name.endswith(".py") and len(found) < MOST_FILES:
                path = Path(directory, name)
                found[str(path)] = _digest(path)
    for value in values:
        if isinstance(value, str) and 0 < len(value) < 4096 and os.path.isfile(value):
            found[value] = _digest(Path(value))
    return found


def _may_hold_code(directory: Path) -> bool:
    hidden = directory.name.startswith(".") or directory.name in ("outputs", "__pycache__")
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


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-c", "core.fsmonitor=false", *arguments],
        capture_output=True,
        timeout=10,
        check=True,
    ).stdout
