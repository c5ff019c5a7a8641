"""Launches Hydra jobs in processes of their own, behind the launcher plugin."""

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
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from runner.config.compose import ComposedConfiguration
from runner.config.hydra_internals import prints_errors, read_error
from runner.config.nodes import apply_values, is_runner_config
from runner.config.schema import Isolation
from runner.config.seeds import draw_seed
from runner.errors import ConfigError, RunFailed, WorkerError, nearest
from runner.execute import hydra_job
from runner.execute.interrupted_jobs import find_first_parts, run_in_parts
from runner.execute.job_function import (
    describe_end,
    describe_failure,
    keep_end,
    keep_reason,
)
from runner.execute.one_line import make_compact
from runner.execute.opened_pool import HydraSetup, OpenedPool, Settings, open_pool
from runner.execute.run import RunPlace, record_failure
from runner.plan.jobs import PlannedJob, locate
from runner.plan.schedule import Run
from runner.plan.workers import count_parents, count_workers
from runner.processes.messages import Job, Outcome, Status
from runner.record.attempts import archive_attempt, record_retries
from runner.record.record import LOG
from runner.tasks import needs


class Progress(Protocol):
    """A context that shows how far a sweep has come."""

    def __enter__(self) -> Self:
        """Start to show the progress."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing the progress."""

    def advance(self, label: str, failure: str | None, wall_s: float = 0.0) -> None:
        """Count a finished run of the configuration `label`, which took `wall_s` seconds.

        `failure` is None if it succeeded.
        """

    def retry(self, label: str, failure: str) -> None:
        """Show that a run of the configuration `label` failed and will be tried again."""


def launch(
    job_overrides: Sequence[Sequence[str]],
    initial_job_idx: int,
    hydra: HydraSetup,
    settings: Settings,
    progress: Callable[[int], Progress],
) -> list[JobReturn]:
    """Run every job in a process of its own, and return what the jobs returned, in their order.

    A job that dies, exceeds `timeout_s` or calls sys.exit is returned as failed, and nothing is
    raised for it. If it has a runner config, its record says why it failed.

    Args:
        job_overrides: The overrides of each job. Our own sweeper passes PlannedJobs.
        initial_job_idx: The number of the first job, for jobs of another sweeper.
        hydra: The objects that jobs need from Hydra.
        settings: Settings of the launcher. Those in a runner config take precedence.
        progress: Makes the display of progress for a number of jobs.

    Raises:
        ConfigError: A setting is impossible.
        WorkerError: An interpreter could not start, import or set up.
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
    settings = _apply_config(jobs[0].config, settings)
    with open_pool(jobs, hydra, settings) as pool, progress(len(jobs)) as shown:
        journal = getattr(hydra.task_function, "journal", None)
        return _Execution(pool, jobs, settings, shown, journal).run()


@dataclass(frozen=True)
class _Call:
    """What the jobs of one configuration have in common."""

    pickled: bytes
    """The pickled function that runs a job, given its values."""
    env: tuple[tuple[str, str], ...]
    timeout_s: float | None
    memory_limit_bytes: int | None


class _Execution:
    """The jobs of one launch, from their first attempts to their returns."""

    def __init__(
        self,
        pool: OpenedPool,
        jobs: Sequence[PlannedJob],
        settings: Settings,
        progress: Progress,
        journal: Path | None,
    ) -> None:
        self._pool = pool
        self._journal = journal
        self._jobs = {job.run.job: job for job in jobs}
        self._settings = settings
        self._progress = progress
        self._printed = not prints_errors()
        """Whether jobs of other applications print tracebacks; they are in their logs anyway."""
        self._shared = set.intersection(*(set(job) for job in jobs))
        """Overrides that all jobs have in common."""
        # Runs of runner configs log to their directories; jobs of other applications have no log.
        logged = [job for job in jobs if is_runner_config(job.composed)]
        self._directories = dict(zip((job.run.job for job in logged), locate(logged), strict=True))
        self._returns: dict[int, JobReturn] = {}
        """Job number to what its last attempt returned."""
        self._failures: dict[int, list[str]] = {}
        """Job number to one line on each failed attempt that was followed by another."""

    def run(self) -> list[JobReturn]:
        """Run all jobs, and repeat those that fail as often as the settings allow."""
        queue = self._make_queue()
        first_parts = find_first_parts(queue, self._jobs)
        for left in reversed(range(self._settings.retries + 1)):
            again = {
                outcome.key
                for wave in self._divide(queue)
                for outcome in run_in_parts(self._pool, wave, first_parts)
                if self._fails_for_now(outcome, left)
            }
            queue = [job for job in queue if job.key in again]
            for number in again:
                archive_attempt(self._directories[number])
        for number, reasons in self._failures.items():
            record_retries(self._directories[number], reasons)
        returns = [self._returns[number] for number in self._jobs]
        # Our own sweeper raises no error of a job where Hydra would print it.
        if not self._printed and self._journal is None:
            for returned in returns:
                if returned.status is JobStatus.FAILED:
                    returned.return_value = make_compact(read_error(returned))
        return returns

    def _divide(self, queue: Sequence[Job]) -> list[list[Job]]:
        """Return the jobs in waves: those with a reference come after all others."""
        later = [job for job in queue if self._jobs[job.key].reference is not None]
        keys = {job.key for job in later}
        waves = [[job for job in queue if job.key not in keys], later]
        return [wave for wave in waves if wave]

    def _fails_for_now(self, outcome: Outcome, left: int) -> bool:
        """Keep and show a job's outcome; return whether it failed and will be tried again.

        Args:
            outcome: The outcome of one attempt.
            left: Number of attempts that are left.
        """
        job = self._jobs[outcome.key]
        returned = self._returns[outcome.key] = _job_return(job, outcome)
        given = filter_overrides(job)
        varied = [each for each in given if each not in self._shared]
        if not is_runner_config(job.composed):
            varied = varied or list(given)  # a batch of one
        label = " ".join(each.lstrip("+") for each in varied)
        reason = describe_failure(returned)
        if reason is None or not left:
            self._progress.advance(label, reason, outcome.wall_s or 0.0)
            if self._journal is not None:
                keep_end(self._journal, describe_end(outcome.key, returned))
            return False
        self._failures.setdefault(outcome.key, []).append(reason.partition("\n")[0])
        self._progress.retry(label, reason)
        return True

    def _make_queue(self) -> list[Job]:
        calls: dict[int, _Call] = {}
        queue = []
        for number, job in self._jobs.items():
            # Made once per configuration, not once per run.
            if id(job.configuration) not in calls:
                calls[id(job.configuration)] = self._make_call(job.config)
            call = calls[id(job.configuration)]
            queue.append(
                Job(
                    key=number,
                    call=call.pickled,
                    args=pickle.dumps((_values_of(job),)),
                    parent=job.run.parent,
                    env=call.env,
                    log=self._directories[number] / LOG if number in self._directories else None,
                    timeout_s=call.timeout_s,
                    memory_limit_bytes=call.memory_limit_bytes,
                )
            )
        return queue

    def _make_call(self, config: DictConfig) -> _Call:
        ours = is_runner_config(config)
        # Records hold all there is to know; thousands of configs would fill memory.
        pickled = cloudpickle.dumps(
            partial(hydra_job.run, config, other=not ours, printed=ours or self._printed)
        )
        if not ours:
            return _Call(pickled, (), self._settings.timeout_s, None)
        env = tuple(needs.process_environment(config).items())
        return _Call(pickled, env, config.timeout_s, config.memory_limit_bytes)


def _values_of(job: PlannedJob) -> dict[str, Any]:
    """Return the values of a run, with the reference that it is compared with, if it has one."""
    return job.values if job.reference is None else job.values | {"reference": str(job.reference)}


def _plan(
    overrides: Sequence[str], number: int, hydra: HydraSetup, settings: Settings
) -> PlannedJob:
    """Compose a job of another sweeper, and plan it as a configuration of its own."""
    cfg = hydra.context.config_loader.load_sweep_config(hydra.config, list(overrides))
    parents = count_parents(count_workers(settings.workers, settings.runs_per_gpu))
    parents *= 1 if settings.engine is None else settings.engine.agents
    # Drawn here, because the process of the run may die before it reports its seed.
    seed = draw_seed(cfg) if is_runner_config(cfg) else None
    values = {} if seed is None else {"seed.value": seed}
    run = Run(number, number, 0, seed, None, number % parents)
    return PlannedJob(ComposedConfiguration(tuple(overrides), cfg), run, values)


def _check(settings: Settings) -> None:
    """Refuse impossible settings. Those in a runner config are checked when it is validated."""
    known = tuple(Isolation.__members__)
    if settings.isolation not in known:
        rule = f"must be one of {', '.join(known)}"
        near = nearest(settings.isolation, known)
        raise ConfigError("hydra.launcher.isolation", rule, settings.isolation, near)
    for name in ("workers", "runs_per_gpu", "timeout_s"):
        value = getattr(settings, name)
        if value is not None and value <= 0:
            raise ConfigError(f"hydra.launcher.{name}", "must be greater than 0", value)


def _apply_config(config: DictConfig, settings: Settings) -> Settings:
    """Return the settings, replaced by those in the config if it is a runner config."""
    if not is_runner_config(config):
        return settings
    return replace(
        settings,
        workers=config.workers,
        runs_per_gpu=config.runs_per_gpu,
        isolation=config.isolation.name,
        retries=config.retries,
    )


def _job_return(job: PlannedJob, outcome: Outcome) -> JobReturn:
    if outcome.status is Status.OK:
        assert outcome.result is not None
        returned: JobReturn = pickle.loads(outcome.result)
        reason = describe_failure(returned)
        told = not is_runner_config(job.composed) or isinstance(read_error(returned), RunFailed)
        if reason is not None and not told:
            # The run left no record, for example because the disk was full.
            _record_failure(job, replace(outcome, reason=reason))
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
    """Write what a dead job could not: the record of a run, or why another's job failed.

    Return the job's config.
    """
    config = copy.deepcopy(job.config)
    apply_values(config, job.values)
    (directory,) = locate([job])
    if is_runner_config(config):
        shared = Path(str(config.hydra.sweep.dir)).absolute()
        place = RunPlace(
            job=job.run.job,
            directory=directory,
            shared=shared if directory.is_relative_to(shared) else directory,
            overrides=job.configuration.described,
        )
        record_failure(config, place, outcome)
    else:
        keep_reason(outcome.reason, directory)
    return config
