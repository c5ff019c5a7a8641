"""What results come from: source revision, versions, and flags in the environment."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess

from runner.tasks import versions

FLAGS = ("TF_", "XLA_", "KERAS_", "OMP_", "MKL_", "CUDA_", "NVIDIA_", "JAX_", "TORCH_")
"""How environment variables begin that change what a library computes."""

QUIET = ("TF_CPP_",)
"""Those of them that only say what is logged."""


def source_revision() -> str | None:
    """Git revision of the current directory, `+` and a digest where files differ from it.

    None outside of git. Files that git does not know are not looked at.
    """
    try:
        revision = _git("rev-parse", "HEAD").decode().strip()
        changes = _git("diff", "HEAD")
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


def described() -> dict[str, str | None]:
    """Everything of it, name to value; None: not installed, or not known."""
    return {
        "source revision": source_revision(),
        "python": platform.python_version(),
        **versions(),
        **{f"${name}": value for name, value in flags().items()},
    }


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], capture_output=True, timeout=10, check=True).stdout
