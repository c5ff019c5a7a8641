"""Hydra jobs in processes of their own: the launcher behind the plugin."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import cloudpickle
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from runner.config.compose import ComposedConfiguration
from runner.config.hydra_internals import export_state, read_error
from runner.config.nodes import apply_values, is_runner_config
from runner.config.schema import Isolation
from runner.config.seeds import draw_seed
from runner.errors import ConfigError, RunFailed, WorkerError, nearest
from runner.execute import hydra_job
from runner.execute.run import RunPlace, record_failure
from runner.plan.jobs import PlannedJob, locate
from runner.plan.schedule import Run
from runner.plan.workers import count_parents, default_workers
from runner.processes.messages import Job, Outcome, Status
from runner.processes.pool import Pool, default_isolation
from runner.record.attempts import archive_attempt, record_retries
from runner.record.record import LOG
from runner.tasks import needs
from runner.text import describe_error


@dataclass(frozen=True)
class Settings:
    """How jobs get their processes; None means the default."""

    workers: int | None = None
    isolation: str = Isolation.auto.name
    timeout_s: float | None = None
    preload: tuple[str, ...] = ()
    retries: int = 0
    """Only for runner configs, whose records say what was tried again."""


@dataclass(frozen=True)
class HydraSetup:
    """What Hydra gave to the launcher."""

    config: DictConfig
    """The sweep's own."""
    context: HydraContext
    task_function: TaskFunction
    """What each job runs."""


class Progress(Protocol):
    """Shows how far a sweep is, while it is entered."""

    def __enter__(self) -> Self:
        """Begin to show it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""

    def advance(self, label: str, failure: str | None) -> None:
        """Count a finished run, of the configuration `label`; None: it succeeded."""

    def retry(self, label: str, failure: str) -> None:
        """Say that a run failed and will be tried again."""


def launch(
    job_overrides: Sequence[Sequence[str]],
    initial_job_idx: int,
    hydra: HydraSetup,
    settings: Settings,
    progress: Callable[[int], Progress],
) -> list[JobReturn]:
    """Run every job in a process of its own, and return what each returned, in their order.

    A job that dies, hangs past `timeout_s` or calls sys.exit comes back as failed; a runner
    config's run then leaves a record that says why. Nothing is raised for it.

    Args:
        job_overrides: of each job; those of our own sweeper are PlannedJobs.
        initial_job_idx: number of the first job, where they are of another sweeper.
        hydra: what the jobs need of Hydra.
        settings: of the launcher; a runner config's own come first.
        progress: makes what shows how far so many jobs are.

    Raises:
        ConfigError: a setting is impossible.
        WorkerError: an interpreter could not start, import or set up.
    """
    setup_globals()
    configure_log(hydra.config.hydra.hydra_logging, hydra.config.hydra.verbose)
    Path(str(hydra.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
    _check(settings)
    jobs = [
        overrides
        if isinstance(overrides, PlannedJob)
        else _plan(overrides, initial_job_idx + index, hydra, settings)
        for index, overrides in enumerate(job_overrides)
    ]
    if not jobs:
        return []
    settings = _settings_of(jobs[0].config, settings)
    with _open_pool(jobs, hydra, settings) as pool, progress(len(jobs)) as shown:
        return _Execution(pool, jobs, settings, shown).run()


class _Execution:
    """The jobs of one launch, from the first attempt at each to what it returned."""

    def __init__(
        self, pool: Pool, jobs: Sequence[PlannedJob], settings: Settings, progress: Progress
    ) -> None:
        self._pool = pool
        self._jobs = {job.run.job: job for job in jobs}
        self._settings = settings
        self._progress = progress
        self._shared = set.intersection(*(set(job) for job in jobs))
        """Overrides that tell no job from another."""
        # Logs go where the jobs will; other applications have none, and need not wait for this.
        logged = [job for job in jobs if is_runner_config(job.config)]
        self._directories = dict(zip((job.run.job for job in logged), locate(logged), strict=True))
        self._returns: dict[int, JobReturn] = {}
        self._failures: dict[int, list[str]] = {}
        """Why attempts failed that were made again, first lines, by job."""

    def run(self) -> list[JobReturn]:
        """Run all jobs, those that fail again as often as the settings say."""
        queue = self._make_queue()
        for left in reversed(range(self._settings.retries + 1)):
            again = {
                outcome.key
                for outcome in self._pool.run(queue)
                if self._fails_for_now(outcome, left)
            }
            queue = [job for job in queue if job.key in again]
            for number in again:
                archive_attempt(self._directories[number])
        for number, reasons in self._failures.items():
            record_retries(self._directories[number], reasons)
        return [self._returns[number] for number in self._jobs]

    def _fails_for_now(self, outcome: Outcome, left: int) -> bool:
        """Take a job's outcome; return whether it failed and will be tried again."""
        job = self._jobs[outcome.key]
        returned = self._returns[outcome.key] = _job_return(job, outcome)
        varied = [each for each in filter_overrides(job) if each not in self._shared]
        label = " ".join(each.lstrip("+") for each in varied)
        reason = _reason(returned)
        if reason is None or not left:
            self._progress.advance(label, reason)
            return False
        self._failures.setdefault(outcome.key, []).append(reason.partition("\n")[0])
        self._progress.retry(label, reason)
        return True

    def _make_queue(self) -> list[Job]:
        calls: dict[int, bytes] = {}
        queue = []
        for number, job in self._jobs.items():
            config = job.config
            ours = is_runner_config(config)
            # One pickle a configuration, not one a run.
            if id(config) not in calls:
                # Records have what there is to know; thousands of configs would fill the memory.
                calls[id(config)] = cloudpickle.dumps(
                    partial(hydra_job.run, config, with_configs=not ours)
                )
            queue.append(
                Job(
                    key=number,
                    call=calls[id(config)],
                    args=pickle.dumps((job.values,)),
                    parent=job.run.parent,
                    env=tuple(needs.process_environment(config).items()) if ours else (),
                    log=self._directories[number] / LOG if ours else None,
                    timeout_s=config.timeout_s if ours else self._settings.timeout_s,
                    memory_limit_bytes=config.memory_limit_bytes if ours else None,
                )
            )
        return queue


def resolve_isolation(isolation: str) -> Any:
    """`fork` or `spawn` for what a config says."""
    return default_isolation() if isolation == Isolation.auto.name else isolation


def _plan(
    overrides: Sequence[str], number: int, hydra: HydraSetup, settings: Settings
) -> PlannedJob:
    """Compose a job that another sweeper made; each is a configuration of its own to us."""
    cfg = hydra.context.config_loader.load_sweep_config(hydra.config, list(overrides))
    parents = count_parents(settings.workers or default_workers())
    # Drawn here, as the process of the run may die before it could say which seed it had.
    seed = draw_seed(cfg) if is_runner_config(cfg) else None
    values = {} if seed is None else {"seed.value": seed}
    run = Run(number, number, 0, seed, None, number % parents)
    return PlannedJob(ComposedConfiguration(tuple(overrides), cfg), run, values)


def _open_pool(jobs: Sequence[PlannedJob], hydra: HydraSetup, settings: Settings) -> Pool:
    workers = settings.workers or default_workers()
    setup = partial(hydra_job.set_up, export_state(), hydra.context, hydra.task_function)
    return Pool(
        workers=workers,
        parents=count_parents(workers),
        isolation=resolve_isolation(settings.isolation),
        preload=_preload(jobs, settings),
        setup=cloudpickle.dumps(setup),
    )


def _check(settings: Settings) -> None:
    """Refuse impossible settings; those of a runner config are checked with it."""
    known = tuple(Isolation.__members__)
    if settings.isolation not in known:
        rule = f"must be one of {', '.join(known)}"
        near = nearest(settings.isolation, known)
        raise ConfigError("hydra.launcher.isolation", rule, settings.isolation, near)
    for name, value in (("workers", settings.workers), ("timeout_s", settings.timeout_s)):
        if value is not None and value <= 0:
            raise ConfigError(f"hydra.launcher.{name}", "must be greater than 0", value)


def _settings_of(config: DictConfig, settings: Settings) -> Settings:
    """A runner config says itself how it runs; other applications say it to the launcher."""
    if not is_runner_config(config):
        return settings
    return replace(
        settings,
        workers=config.workers,
        isolation=config.isolation.name,
        retries=config.retries,
    )


def _preload(jobs: Sequence[PlannedJob], settings: Settings) -> tuple[str, ...]:
    modules = dict.fromkeys(settings.preload)
    for each in {id(job.config): job.config for job in jobs}.values():
        if is_runner_config(each):
            modules |= dict.fromkeys(needs.preload(each))
    return tuple(modules)


def _job_return(job: PlannedJob, outcome: Outcome) -> JobReturn:
    if outcome.status is Status.OK:
        assert outcome.result is not None
        returned: JobReturn = pickle.loads(outcome.result)
        reason = _reason(returned)
        if reason is not None and not isinstance(read_error(returned), RunFailed):
            _record_failure(job, replace(outcome, reason=reason))  # such as a record not written
        return returned
    config = _record_failure(job, outcome)
    error: BaseException = WorkerError(outcome.reason)
    if outcome.status is Status.RAISED and outcome.result is not None:
        error = pickle.loads(outcome.result)
    task_config = copy.deepcopy(config)
    with read_write(task_config), open_dict(task_config):
        hydra = task_config.pop("hydra")
    returned = JobReturn(
        overrides=list(job),
        cfg=task_config,
        hydra_cfg=OmegaConf.create({"hydra": hydra}),
        working_dir=str(locate([job])[0]),
        status=JobStatus.FAILED,
    )
    returned.return_value = error
    return returned


def _record_failure(job: PlannedJob, outcome: Outcome) -> DictConfig:
    """Write the record that a run did not, where it has any; return its config."""
    config = copy.deepcopy(job.config)
    apply_values(config, job.values)
    if is_runner_config(config):
        (directory,) = locate([job])
        shared = Path(str(config.hydra.sweep.dir)).absolute()
        place = RunPlace(
            job=job.run.job,
            directory=directory,
            shared=shared if directory.is_relative_to(shared) else directory,
            overrides=job.configuration.described,
        )
        record_failure(config, place, outcome)
    return config


def _reason(returned: JobReturn) -> str | None:
    if returned.status is JobStatus.COMPLETED:
        return None
    return describe_error(read_error(returned))
