"""Applies the settings of `runtime` once a script has imported a library, and never imports one."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from types import ModuleType

from runner.config.schema import Config


def apply_settings(config: Config) -> None:
    """Apply the settings of `runtime`, now that Keras and TensorFlow are imported.

    Raises:
        ConfigError: A GPU is required and TensorFlow sees none.
    """
    import_module("runner.tasks.keras.runtime").apply_runtime(config)


def apply_to_torch(config: Config, torch: ModuleType) -> None:
    """Apply those settings of `runtime` that PyTorch has too: threads and determinism."""
    runtime = config.runtime
    if runtime.intra_op_threads is not None:
        torch.set_num_threads(runtime.intra_op_threads)
    if runtime.inter_op_threads is not None:
        with suppress(RuntimeError):  # a second build in one process finds it set
            torch.set_num_interop_threads(runtime.inter_op_threads)
    if runtime.op_determinism:
        # cuBLAS reads it when it is first used, and refuses to be deterministic without it.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
