"""Opens what runs the jobs of a launch: a pool on this machine, or agents on an engine's nodes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import cloudpickle
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from runner.config.hydra_internals import export_state
from runner.config.nodes import is_runner_config
from runner.config.schema import Isolation
from runner.engines.agent_messages import PoolSettings
from runner.engines.agent_pool import AgentPool
from runner.engines.engine import EngineSettings
from runner.errors import ConfigError
from runner.execute import hydra_job
from runner.execute.job_function import JobFunction
from runner.plan.jobs import PlannedJob
from runner.plan.workers import count_parents, count_workers
from runner.processes.devices import list_places
from runner.processes.keep_warm import kept_seconds
from runner.processes.messages import Job, Outcome
from runner.processes.pool import Pool, default_isolation
from runner.tasks import needs
from runner.text import format_error

RUN_MODULE = "runner.execute.single_run"
"""What our task function imports when it is called; a warm parent imports it for its children."""


@dataclass(frozen=True)
class Settings:
    """Settings of the launcher."""

    workers: int | None = None
    """Jobs that run at the same time, greater than 0; None means as many as the GPUs have room for,
    or one per processor if there is no GPU."""
    runs_per_gpu: int | None = 1
    """Jobs that use one GPU at the same time, greater than 0; None: each sees all GPUs."""
    isolation: str = Isolation.auto.name
    """How a job gets its process: auto, fork or spawn."""
    timeout_s: float | None = None
    """Seconds after which a job is killed, greater than 0; None means never."""
    preload: tuple[str, ...] = ()
    """Modules that a warm parent imports for all of its jobs."""
    engine: EngineSettings | None = None
    """What carries the jobs to nodes; None: they run on this machine. `workers` is then the number
    of jobs at a time on each node."""
    retries: int = 0
    """Further attempts at a failed run. Only runner configs have them, as their records list the
    attempts."""


@dataclass(frozen=True)
class HydraSetup:
    """The objects that Hydra passed to the launcher."""

    config: DictConfig
    """The config of the sweep itself."""
    context: HydraContext
    task_function: TaskFunction
    """The function that each job runs."""


class OpenedPool(Protocol):
    """A context that runs jobs: a Pool or an AgentPool."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all processes."""

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Run the jobs; yield their outcomes in order of completion."""


def open_pool(jobs: Sequence[PlannedJob], hydra: HydraSetup, settings: Settings) -> OpenedPool:
    """Open what runs the jobs.

    Raises:
        ConfigError: the engine is not installed, or the task function cannot be sent anywhere.
    """
    workers = count_workers(settings.workers, settings.runs_per_gpu)
    pool = PoolSettings(
        workers=workers,
        parents=count_parents(workers),
        isolation=resolve_isolation(settings.isolation),
        preload=_preload(jobs, settings),
        setup=_pickle_setup(hydra),
        runs_per_gpu=settings.runs_per_gpu,
    )
    if settings.engine is not None:
        return AgentPool(pool, settings.engine, Path(str(hydra.config.hydra.sweep.dir)))
    return Pool(
        workers=pool.workers,
        parents=pool.parents,
        isolation=pool.isolation,
        preload=pool.preload,
        setup=pool.setup,
        kept=bool(kept_seconds()),
        places=list_places(pool.runs_per_gpu),
    )


def resolve_isolation(isolation: str) -> Any:
    """Return `fork` or `spawn` for the isolation that a config names."""
    return default_isolation() if isolation == Isolation.auto.name else isolation


def _pickle_setup(hydra: HydraSetup) -> bytes:
    """Pickle what brings Hydra and the task function into a warm parent.

    A function of the script that Python was started with is pickled by its value, together with
    all that it refers to. Where something of that cannot be pickled, such as a lock, a warm parent
    executes the script instead.

    Raises:
        ConfigError: The task function cannot be pickled, nor found again in the script.
    """
    state, function = export_state(), hydra.task_function
    if isinstance(function, JobFunction):
        function = function.function  # a job wraps it again
    setup: Callable[[], None] = partial(hydra_job.set_up, state, hydra.context, function)
    try:
        pickled: bytes = cloudpickle.dumps(setup)
    except Exception as error:
        main = sys.modules["__main__"]
        script = getattr(main, "__file__", None)
        name = getattr(function, "__name__", "")
        depth = _find_depth(getattr(main, name, None), function)
        if script is None or depth is None:
            rule = "its function must be defined at the top of the script, as it cannot be pickled"
            raise ConfigError("hydra.main", rule, name, format_error(error)) from None
        script = os.path.abspath(script)
        again = partial(hydra_job.set_up_script, state, hydra.context, script, name, depth)
        pickled = cloudpickle.dumps(again)
    return pickled


def _find_depth(decorated: Any, function: TaskFunction) -> int | None:
    """Return how many decorators are around a function; None if it is not in there."""
    depth = 0
    while decorated is not function:
        decorated = getattr(decorated, "__wrapped__", None)
        depth += 1
        if decorated is None:
            return None
    return depth


def _preload(jobs: Sequence[PlannedJob], settings: Settings) -> tuple[str, ...]:
    modules = dict.fromkeys(settings.preload)
    for each in {id(job.configuration): job for job in jobs}.values():
        if is_runner_config(each.composed):
            modules |= dict.fromkeys((RUN_MODULE, *needs.preload(each.config)))
    return tuple(modules)
