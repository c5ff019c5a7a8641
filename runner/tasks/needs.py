"""What a task needs before its run: imported modules and environment variables."""

from __future__ import annotations

from omegaconf import DictConfig

from runner.config.schema import Kind

PRELOAD = ("tensorflow", "keras", "runner.tasks.keras")
"""What a warm parent imports for a Keras model."""


def preload(cfg: DictConfig) -> tuple[str, ...]:
    """What a warm parent imports for a configuration; no operation runs before the fork."""
    own = tuple(cfg.task.preload)
    return (*PRELOAD, *cfg.data.preload, *own) if cfg.task.kind is Kind.keras else own


def process_environment(cfg: DictConfig) -> dict[str, str]:
    """Environment variables that TensorFlow and Keras read when they are imported."""
    variables = {"KERAS_BACKEND": "tensorflow"}
    if cfg.runtime.onednn is not None:
        variables["TF_ENABLE_ONEDNN_OPTS"] = str(int(cfg.runtime.onednn))
    if cfg.runtime.hash_seed is not None:
        variables["PYTHONHASHSEED"] = str(cfg.runtime.hash_seed)
    return variables
