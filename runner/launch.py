"""Hydra jobs in processes of their own: the launcher behind the plugin."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from runner import child, tasks
from runner.alone import described_overrides, record_failure
from runner.errors import ConfigError, RunFailed, WorkerError, nearest
from runner.fork import Job, Outcome, Pool, Status, default_isolation
from runner.plan import MIN_PARENTS, Run
from runner.planned import Composed, PlannedJob, locate
from runner.record import LOG
from runner.report.progress import Progress
from runner.retry import note, put_aside
from runner.schema import Isolation, is_runner_config


@dataclass(frozen=True)
class Settings:
    """How jobs get their processes; None means the default."""

    workers: int | None = None
    isolation: str = Isolation.auto.name
    timeout_s: float | None = None
    preload: tuple[str, ...] = ()
    retries: int = 0
    """Only for runner configs, whose records say what was tried again."""


def launch(
    job_overrides: Sequence[Sequence[str]],
    initial_job_idx: int,
    *,
    config: DictConfig,
    hydra_context: HydraContext,
    task_function: TaskFunction,
    settings: Settings,
) -> list[JobReturn]:
    """Run every job in a process of its own, and return what each returned, in their order.

    A job that dies, hangs past `timeout_s` or calls sys.exit comes back as failed; a runner
    config's run then leaves a record that says why. Nothing is raised for it.
    """
    setup_globals()
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    sweep_directory = Path(str(config.hydra.sweep.dir))
    sweep_directory.mkdir(parents=True, exist_ok=True)
    _check(settings)
    planned = [
        overrides
        if isinstance(overrides, PlannedJob)
        else _plan(overrides, initial_job_idx + index, config, hydra_context, settings)
        for index, overrides in enumerate(job_overrides)
    ]
    if not planned:
        return []
    settings = _settings_of(planned[0].config, settings)
    jobs = {job.run.job: job for job in planned}
    # Logs go where the jobs will; other applications have none, and need not wait for this.
    logged = [job for job in planned if is_runner_config(job.config)]
    logs = {
        job.run.job: directory / LOG for job, directory in zip(logged, locate(logged), strict=True)
    }
    shared = set.intersection(*(set(job) for job in planned))
    calls: dict[int, bytes] = {}
    returns: dict[int, JobReturn] = {}
    setup = partial(child.set_up, Singleton.get_state(), hydra_context, task_function)
    workers = settings.workers or default_workers()
    with (
        Pool(
            workers=workers,
            parents=count_parents(workers),
            isolation=resolve_isolation(settings.isolation),
            preload=_preload(planned, settings),
            setup=cloudpickle.dumps(setup),
        ) as pool,
        Progress(len(jobs)) as progress,
    ):
        queue = [_job(job, logs.get(number), calls, settings) for number, job in jobs.items()]
        failures: dict[int, list[str]] = {}
        for attempt in range(settings.retries + 1):
            again = []
            for outcome in pool.run(queue):
                done = jobs[outcome.key]
                returned = returns[outcome.key] = _job_return(done, outcome)
                label = " ".join(o.lstrip("+") for o in filter_overrides(done) if o not in shared)
                reason = _reason(returned)
                if reason is not None and attempt < settings.retries:
                    failures.setdefault(outcome.key, []).append(reason.partition("\n")[0])
                    progress.retry(label, reason)
                    again.append(outcome.key)
                else:
                    progress.advance(label, reason)
            queue = [each for each in queue if each.key in again]
            for key in again:
                put_aside(logs[key].parent)
        for key, reasons in failures.items():
            note(logs[key].parent, reasons)
    return [returns[number] for number in jobs]


def default_workers() -> int:
    """One worker a processor that this process may use, or one a GPU."""
    gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
    if hasattr(os, "sched_getaffinity"):
        return gpus or len(os.sched_getaffinity(0))
    return gpus or os.cpu_count() or 1


def count_parents(workers: int) -> int:
    """How many warm parents serve that many workers."""
    return max(MIN_PARENTS, workers)


def resolve_isolation(isolation: str) -> Any:
    """`fork` or `spawn` for what a config says."""
    return default_isolation() if isolation == Isolation.auto.name else isolation


def _plan(
    overrides: Sequence[str],
    number: int,
    config: DictConfig,
    hydra_context: HydraContext,
    settings: Settings,
) -> PlannedJob:
    """Compose a job that another sweeper made; each is a configuration of its own to us."""
    composed = hydra_context.config_loader.load_sweep_config(config, list(overrides))
    parents = count_parents(settings.workers or default_workers())
    run = Run(number, number, 0, None, None, number % parents)
    return PlannedJob(Composed.parse(composed, overrides), run, {})


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
            modules |= dict.fromkeys(tasks.preload(each))
    return tuple(modules)


def _job(job: PlannedJob, log: Path | None, calls: dict[int, bytes], settings: Settings) -> Job:
    config = job.config
    ours = is_runner_config(config)
    # One pickle a configuration, not one a run.
    call = calls.get(id(config))
    if call is None:
        # Records have what there is to know; thousands of configs would fill the memory.
        call = cloudpickle.dumps(partial(child.run, config, with_configs=not ours))
        calls[id(config)] = call
    return Job(
        key=job.run.job,
        call=call,
        args=pickle.dumps((job.values,)),
        parent=job.run.parent,
        env=tuple(tasks.process_environment(config).items()) if ours else (),
        log=log,
        timeout_s=config.timeout_s if ours else settings.timeout_s,
        memory_limit_bytes=config.memory_limit_bytes if ours else None,
    )


def _job_return(job: PlannedJob, outcome: Outcome) -> JobReturn:
    if outcome.status is Status.OK:
        assert outcome.result is not None
        returned: JobReturn = pickle.loads(outcome.result)
        reason = _reason(returned)
        if reason is not None and not isinstance(returned._return_value, RunFailed):
            _record_failure(job, replace(outcome, reason=reason))  # such as a record not written
        return returned
    config = _record_failure(job, outcome)
    error: BaseException = WorkerError(outcome.reason)
    if outcome.status is Status.RAISED and outcome.result is not None:
        error = pickle.loads(outcome.result)
    task_config = copy.deepcopy(config)
    with read_write(task_config), open_dict(task_config):
        hydra = task_config.pop("hydra")
    return JobReturn(
        overrides=list(job),
        cfg=task_config,
        hydra_cfg=OmegaConf.create({"hydra": hydra}),
        working_dir=str(locate([job])[0]),
        status=JobStatus.FAILED,
        _return_value=error,
    )


def _record_failure(job: PlannedJob, outcome: Outcome) -> DictConfig:
    """Write the record that a run did not, where it has any; return its config."""
    config = copy.deepcopy(job.config)
    child.apply_values(config, job.values)
    if is_runner_config(config):
        (directory,) = locate([job])
        if not directory.is_dir():
            put_aside(directory)  # whatever the run made there instead
        described = described_overrides(job, config)
        record_failure(config, tasks.Place(job.run.job, directory, described), outcome)
    return config


def _reason(returned: JobReturn) -> str | None:
    if returned.status is JobStatus.COMPLETED:
        return None
    return tasks.describe_error(returned._return_value)
