"""What results come from: versions, flags in the environment, and local files."""

from __future__ import annotations

import glob
import hashlib
import itertools
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runner.record.environment import versions
from runner.record.file_tree import read_file, walk
from runner.record.source_revision import source_revision

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
    for path in itertools.islice(_find_code(), MOST_FILES):
        found[str(path)] = _digest(path)
    for value in values:
        if isinstance(value, str) and 0 < len(value) < 4096:
            matched = sorted(glob.glob(value)) if glob.has_magic(value) else [value]
            for each in matched[:MOST_FILES]:
                if os.path.isfile(each):
                    found[each] = _digest(Path(each))
    return found


def _find_code() -> Iterator[Path]:
    """Yield the Python files below the current directory."""
    seen: set[tuple[int, int]] = set()

    def enters(entry: os.DirEntry[str]) -> bool:
        known = not os.path.isdir(entry.path) or _identify(entry.path) in seen
        return not known and _may_hold_code(Path(entry.path))

    for directory, entries in walk(".", enters):
        seen.add(_identify(directory))
        for name, entry in sorted((each.name, each) for each in entries):
            if name.endswith(".py") and not os.path.isdir(entry.path):
                yield Path(entry.path)


def _identify(directory: str) -> tuple[int, int]:
    found = os.stat(directory)
    return found.st_dev, found.st_ino


def _may_hold_code(directory: Path) -> bool:
    results = directory in (Path("outputs"), Path("multirun"))
    hidden = results or directory.name.startswith(".") or directory.name == "__pycache__"
    return not hidden and not os.path.exists(directory / "pyvenv.cfg")


def _digest(path: Path) -> str:
    """Of a file's content; of a large one, of its size and time."""
    try:
        stat = path.stat()
        if stat.st_size > LARGE_BYTES:
            return f"{stat.st_size} bytes of {stat.st_mtime_ns}"
        return hashlib.sha256(read_file(path)).hexdigest()[:16]
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
