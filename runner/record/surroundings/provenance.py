"""The provenance of results: versions, flags in the environment, and local files."""

from __future__ import annotations

import glob
import hashlib
import itertools
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runner.record.file_tree import read_file, walk
from runner.record.surroundings.environment import versions
from runner.record.surroundings.source_revision import source_revision

FLAGS = (
    "TF_", "XLA_", "KERAS_", "OMP_", "MKL_", "CUDA_", "NVIDIA_", "JAX_", "TORCH_", "OPENBLAS_",
    "GOTO_", "NPY_", "DNNL_", "ONEDNN_", "BLIS_", "VECLIB_",
)  # fmt: skip
"""Prefixes of environment variables that change what a library computes."""

QUIET = ("TF_CPP_", "TF_CLI_", "TF_VAR_", "TF_LOG", "TF_INPUT", "TF_DATA_DIR", "TF_PLUGIN_")
"""Prefixes that match FLAGS but only set what is logged, or belong to another program."""

MAX_FILES = 5000
"""Python files below the current directory that are digested; the rest is ignored."""

LARGE_BYTES = 2**28
"""Size up to which the content of a file is digested; of a larger file, its size and time."""


def flags() -> dict[str, str]:
    """Return the environment variables that change what a library computes, sorted by name."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(FLAGS) and not name.startswith(QUIET)
    }


def local_files(values: Iterable[Any]) -> dict[str, str]:
    """Digest the files that runs started in the current directory may read.

    These are all Python files below the current directory, links followed, except in hidden
    directories, virtual environments and results, and the files that a config names.

    Args:
        values: values in configs; each text that is the path of a file, or a pattern of paths,
            adds these files.

    Returns:
        Path to digest.
    """
    digests: dict[str, str] = {}
    for path in itertools.islice(_find_code(), MAX_FILES):
        digests[str(path)] = _digest(path)
    for value in values:
        if isinstance(value, str) and 0 < len(value) < 4096:
            matched = sorted(glob.glob(value)) if glob.has_magic(value) else [value]
            for each in matched[:MAX_FILES]:
                if os.path.isfile(each):
                    digests[each] = _digest(Path(each))
    return digests


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
    """Return numbers that are equal for two paths of one directory."""
    status = os.stat(directory)
    return status.st_dev, status.st_ino


def _may_hold_code(directory: Path) -> bool:
    results = directory in (Path("outputs"), Path("multirun"))
    hidden = results or directory.name.startswith(".") or directory.name == "__pycache__"
    return not hidden and not os.path.exists(directory / "pyvenv.cfg")


def _digest(path: Path) -> str:
    """Return a digest of a file's content; for a large file, its size and time."""
    try:
        stat = path.stat()
        if stat.st_size > LARGE_BYTES:
            return f"{stat.st_size} bytes of {stat.st_mtime_ns}"
        return hashlib.sha256(read_file(path)).hexdigest()[:16]
    except OSError:
        return "cannot be read"


def describe_provenance() -> dict[str, str | None]:
    """Return the source revision, versions and flags, by name.

    A value is None where a package is not installed, or the revision is not known.
    """
    return {
        "source revision": source_revision(),
        "python": platform.python_version(),
        **versions(),
        **{f"${name}": value for name, value in flags().items()},
    }
