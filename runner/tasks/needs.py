"""The modules to import and the environment variables to set before a run starts."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from runner.config.task_kinds import TASKS
from runner.tasks.script.script_source import find_libraries


def preload(cfg: DictConfig) -> tuple[str, ...]:
    """Return the modules that a warm parent imports before it forks, which must not compute."""
    kind = TASKS[cfg.task.kind]
    declared = tuple(cfg.data.preload) if kind.declared else ()
    script = find_libraries(Path(cfg.task.script)) if cfg.task.script else ()
    return (*kind.preload, *declared, *script, *cfg.task.preload)


def process_environment(cfg: DictConfig) -> dict[str, str]:
    """Return the environment variables that Python, TensorFlow and Keras read when they start."""
    # A script chooses its backend itself.
    variables = {} if cfg.task.script else {"KERAS_BACKEND": "tensorflow"}
    if cfg.runtime.onednn is not None:
        variables["TF_ENABLE_ONEDNN_OPTS"] = str(int(cfg.runtime.onednn))
    if cfg.runtime.hash_seed is not None:
        variables["PYTHONHASHSEED"] = str(cfg.runtime.hash_seed)
    return variables
