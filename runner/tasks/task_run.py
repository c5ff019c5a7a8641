"""One run as its task gets it, and the way to the module that measures it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from omegaconf import DictConfig

from runner.config.schema import Config
from runner.config.seeds import Seeds
from runner.config.task_kinds import TASKS
from runner.tasks.run_result import RunResult


@dataclass(frozen=True)
class TaskRun:
    """What a task is told of one run."""

    cfg: DictConfig
    """Composed, without Hydra's own node."""
    config: Config
    """The same, typed."""
    seeds: Seeds
    directory: Path
    """Of the run."""


def measure(run: TaskRun) -> RunResult:
    """Hand a run to the module of its task, which is imported only now: it may bring TensorFlow."""
    module = import_module(TASKS[run.config.task.kind].module)
    measured: RunResult = module.measure(run)
    return measured
