"""What a process runs under: versions, processor, threads and flags."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

from omegaconf import DictConfig

from runner.analysis.results import Results
from runner.record.source_revision import source_revision


def environment(cfg: DictConfig) -> dict[str, Any]:
    """Versions, processor and flags that this process runs under."""
    found = {
        "python": platform.python_version(),
        **versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
    }
    tf: Any = sys.modules.get("tensorflow")
    if tf is None:  # nothing of what it runs under was in force
        return found
    threading = tf.config.threading
    return {
        **found,
        # 0: TensorFlow chooses.
        "intra_op_threads": threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": threading.get_inter_op_parallelism_threads(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "xla": cfg.runtime.xla,
        "op_determinism": cfg.runtime.op_determinism,
        "gpus": len(tf.config.list_logical_devices("GPU")),
    }


def versions() -> dict[str, str | None]:
    """Installed versions of what decides an output; None for what is not installed."""
    found: dict[str, str | None] = {}
    for name in ("tensorflow", "keras", "numpy", "scikit-learn", "hydra-core", "runner"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def describe_environment(results: Results) -> dict[str, object]:
    """What the sweep ran under: this process, and the distinct environments of its runs."""
    return {
        "command": sys.argv,
        "python": platform.python_version(),
        **versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "source_revision": source_revision(),
        "runs": results.environments,
    }
