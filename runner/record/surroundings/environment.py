"""Describes what a process runs under: versions, processor, threads and flags."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from runner.record.surroundings.source_revision import source_revision

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "hydra-core", "runner")
"""Packages whose versions can decide an output; not every application has all of them."""


def describe_process(xla: bool | None, op_determinism: bool) -> dict[str, Any]:
    """Describe what this process runs under.

    Args:
        xla: whether the config asks for compiling with XLA; None: TensorFlow chooses.
        op_determinism: whether the config asks for deterministic operations.

    Returns:
        Versions and processor. Threads, flags and GPUs are there only where TensorFlow was
        imported, as otherwise none of them was in force. A number of threads is 0 where
        TensorFlow chooses it. PyTorch's version and threads are there where it was imported.
    """
    machine = _describe_machine() | _describe_torch()
    tf: Any = sys.modules.get("tensorflow")
    if tf is None:
        return machine
    threading = tf.config.threading
    return {
        **machine,
        "intra_op_threads": threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": threading.get_inter_op_parallelism_threads(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "xla": xla,
        "op_determinism": op_determinism,
        "gpus": len(tf.config.list_logical_devices("GPU")),
    }


def describe_sweep(environments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Describe what a sweep ran under: this process, and the distinct environments of its runs."""
    return {
        "command": sys.argv,
        **_describe_machine(),
        "source_revision": source_revision(),
        "runs": list(environments),
    }


def versions() -> dict[str, str | None]:
    """Return the installed version of each of PACKAGES; None for one that is not installed."""
    installed: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = None
    return installed


def _describe_torch() -> dict[str, Any]:
    torch: Any = sys.modules.get("torch")
    if not hasattr(torch, "get_num_threads"):
        return {}
    return {"torch": str(torch.__version__), "torch_threads": torch.get_num_threads()}


def _describe_machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        **versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
    }
