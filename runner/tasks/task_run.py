"""One run as its task gets it, and the way to the module that measures it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from omegaconf import DictConfig

from runner.config.schema import Config
from runner.config.seeds import Seeds
from runner.config.task_kinds import TASKS
from runner.tasks.divergence_watch import DivergenceWatch
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
    watch: DivergenceWatch = field(default_factory=DivergenceWatch)
    """Is told of each stage that the run reaches, and may end it."""


def measure(run: TaskRun) -> RunResult:
    """Hand a run to the module of its task, which is imported only now: it may bring TensorFlow."""
    kind = TASKS[run.config.task.kind]
    if run.config.resume_of is None:
        measured: RunResult = import_module(kind.module).measure(run)
        return measured
    assert kind.resuming is not None
    resumed: RunResult = import_module(kind.resuming).resume(run)
    return resumed


def interrupt(run: TaskRun) -> None:
    """Let the module of a run's task begin it, and interrupt it where another process goes on."""
    kind = TASKS[run.config.task.kind]
    assert kind.resuming is not None
    import_module(kind.resuming).interrupt(run)
