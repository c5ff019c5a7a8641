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
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import (
    JobReturn,
    JobStatus,
    configure_log,
    filter_overrides,
    run_job,
    setup_globals,
)
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from runner import tasks
from runner.errors import RunFailed, WorkerError
from runner.fork import Job, Outcome, Pool, Status, default_isolation
from runner.plan import MIN_PARENTS, Run
from runner.record import LOG, Record, write_record
from runner.report.progress import Progress
from runner.schema import Isolation, is_runner_config, typed
from runner.seeds import run_seeds


class PlannedJob(list[str]):
    """The overrides of a job, with its composed configuration and its place in the plan.

    To any launcher it is the list of overrides that Hydra hands over; ours need not compose each
    run of a configuration again.
    """

    def __init__(self, overrides: Sequence[str], config: DictConfig, run: Run) -> None:
        super().__init__(overrides)
        self.config = config
        self.run = run


@dataclass(frozen=True)
class Settings:
    """How jobs get their processes; None means the default."""

    workers: int | None = None
    isolation: str = Isolation.auto.name
    timeout_s: float | None = None
    preload: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Prepared:
    """A job ready to run."""

    number: int
    overrides: list[str]
    config: DictConfig
    """Composed; shared by all runs of a configuration, so without what tells them apart."""
    values: dict[str, Any]
    """What tells this run apart, key to value."""
    directory: Path
    run: Run


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
    prepared = [
        _prepare(overrides, initial_job_idx + index, config, hydra_context, settings)
        for index, overrides in enumerate(job_overrides)
    ]
    if not prepared:
        return []
    settings = _settings_of(prepared[0].config, settings)
    calls: dict[int, bytes] = {}
    returns: dict[int, JobReturn] = {}
    setup = partial(_set_up_worker, Singleton.get_state(), hydra_context, task_function)
    workers = settings.workers or default_workers()
    with (
        Pool(
            workers=workers,
            parents=count_parents(workers),
            isolation=resolve_isolation(settings.isolation),
            preload=_preload(prepared, settings),
            setup=cloudpickle.dumps(setup),
        ) as pool,
        Progress(len(prepared)) as progress,
    ):
        by_number = {each.number: each for each in prepared}
        for outcome in pool.run([_job(each, calls, settings) for each in prepared]):
            done = by_number[outcome.key]
            returned = _job_return(done, outcome)
            returns[outcome.key] = returned
            failure = _reason(returned)
            progress.advance(" ".join(filter_overrides(done.overrides)), failure)
    return [returns[each.number] for each in prepared]


def run_alone(cfg: DictConfig, place: tasks.Place) -> Record:
    """Execute one run in a new interpreter, for launchers that give it no process of its own.

    Raises:
        RunFailed: its record is written and says the same.
    """
    job = Job(
        key=place.job,
        call=cloudpickle.dumps(tasks.execute),
        args=pickle.dumps((cfg, place)),
        env=tuple(tasks.process_environment(cfg).items()),
        log=place.directory / LOG,
        timeout_s=cfg.timeout_s,
    )
    with Pool(
        workers=1,
        parents=1,
        isolation="spawn",
        preload=(*tasks.PRELOAD, *cfg.data.preload),
        setup=cloudpickle.dumps(partial(Singleton.set_state, Singleton.get_state())),
    ) as pool:
        (outcome,) = pool.run([job])
    if outcome.status is Status.OK:
        assert outcome.result is not None
        record: Record = pickle.loads(outcome.result)
        return record
    if outcome.status is Status.RAISED and outcome.result is not None:
        raise RunFailed(str(pickle.loads(outcome.result)))
    _record_failure(cfg, place, outcome)
    raise RunFailed(outcome.reason)


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


def place_of(cfg: DictConfig) -> tasks.Place:
    """Where Hydra puts the current job."""
    hydra = HydraConfig.get()
    number = OmegaConf.select(hydra, "job.num", throw_on_missing=False)
    return tasks.Place(
        job=number or 0,
        directory=Path(hydra.runtime.output_dir),
        overrides=described_overrides(list(hydra.overrides.task), cfg),
    )


def described_overrides(overrides: Sequence[str], cfg: DictConfig) -> dict[str, str]:
    """Key to value for what the command line says of a configuration.

    How often and where it runs is left out, and so is the seed that a plan drew.
    """
    from runner.schema import RUN_KEYS, SWEEP_KEYS, Strategy

    dropped = {*SWEEP_KEYS, *RUN_KEYS}
    if cfg.seed.strategy is Strategy.random:
        dropped.add("seed.value")
    pairs = (override.partition("=") for override in overrides)
    named = {key.lstrip("+~").partition("@")[0]: value for key, _, value in pairs}
    return {
        key: value
        for key, value in named.items()
        if key.split(".")[0] not in dropped and key not in dropped
    }


def _prepare(
    overrides: Sequence[str],
    number: int,
    config: DictConfig,
    hydra_context: HydraContext,
    settings: Settings,
) -> _Prepared:
    if isinstance(overrides, PlannedJob):
        composed, run = overrides.config, overrides.run
    else:
        loader = hydra_context.config_loader
        composed = loader.load_sweep_config(config, list(overrides))
        parents = count_parents(settings.workers or default_workers())
        run = Run(number, number, 0, None, None, number % parents)
    values = run.values() if isinstance(overrides, PlannedJob) else {}
    with open_dict(composed):
        composed.hydra.job.num = number
        composed.hydra.job.id = str(number)
    directory = Path(str(composed.hydra.sweep.dir)) / str(composed.hydra.sweep.subdir)
    return _Prepared(number, list(overrides), composed, values, directory.absolute(), run)


def _settings_of(config: DictConfig, settings: Settings) -> Settings:
    """A runner config says itself how it runs; other applications say it to the launcher."""
    if not is_runner_config(config):
        return settings
    return replace(settings, workers=config.workers, isolation=config.isolation.name)


def _preload(prepared: Sequence[_Prepared], settings: Settings) -> tuple[str, ...]:
    modules = dict.fromkeys(settings.preload)
    for each in {id(p.config): p.config for p in prepared}.values():
        if is_runner_config(each):
            modules |= dict.fromkeys((*tasks.PRELOAD, *each.data.preload))
    return tuple(modules)


def _job(each: _Prepared, calls: dict[int, bytes], settings: Settings) -> Job:
    ours = is_runner_config(each.config)
    # One pickle a configuration, not one a run.
    call = calls.get(id(each.config))
    if call is None:
        call = calls[id(each.config)] = cloudpickle.dumps(partial(_run_in_child, each.config))
    return Job(
        key=each.number,
        call=call,
        args=pickle.dumps((each.number, each.overrides, each.values)),
        parent=each.run.parent,
        env=tuple(tasks.process_environment(each.config).items()) if ours else (),
        log=each.directory / LOG if ours else None,
        timeout_s=each.config.timeout_s if ours else settings.timeout_s,
    )


_worker: tuple[HydraContext, TaskFunction] | None = None
"""Set once in a warm parent, inherited by its children."""


def _set_up_worker(state: Any, hydra_context: HydraContext, task_function: TaskFunction) -> None:
    global _worker
    setup_globals()
    Singleton.set_state(state)
    _worker = (hydra_context, task_function)


def _run_in_child(
    config: DictConfig, number: int, overrides: list[str], values: dict[str, Any]
) -> JobReturn:
    assert _worker is not None
    hydra_context, task_function = _worker
    apply_values(config, number, overrides, values)
    return run_job(
        hydra_context=hydra_context,
        task_function=task_function,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def apply_values(
    config: DictConfig, number: int, overrides: list[str], values: dict[str, Any]
) -> None:
    """Turn a composed configuration into one of its runs, in place."""
    for key, value in values.items():
        OmegaConf.update(config, key, value, force_add=True)
    with open_dict(config):
        config.hydra.job.num = number
        config.hydra.job.id = str(number)
        config.hydra.overrides.task = [o for o in overrides if not o.startswith("hydra.")]


def _job_return(each: _Prepared, outcome: Outcome) -> JobReturn:
    if outcome.status is Status.OK:
        assert outcome.result is not None
        returned: JobReturn = pickle.loads(outcome.result)
        return returned
    config = copy.deepcopy(each.config)
    apply_values(config, each.number, each.overrides, each.values)
    if is_runner_config(config):
        described = described_overrides(each.overrides, config)
        _record_failure(config, tasks.Place(each.number, each.directory, described), outcome)
    error: BaseException = WorkerError(outcome.reason)
    if outcome.status is Status.RAISED and outcome.result is not None:
        error = pickle.loads(outcome.result)
    task_config = copy.deepcopy(config)
    with open_dict(task_config):
        hydra = task_config.pop("hydra")
    return JobReturn(
        overrides=each.overrides,
        cfg=task_config,
        hydra_cfg=OmegaConf.create({"hydra": hydra}),
        working_dir=str(each.directory),
        status=JobStatus.FAILED,
        _return_value=error,
    )


def _record_failure(cfg: DictConfig, place: tasks.Place, outcome: Outcome) -> None:
    """Write the record that a dead process could not."""
    seeds = run_seeds(typed(cfg).seed, cfg.replicate, tasks.blank_record(cfg, place).configuration)
    write_record(
        place.directory,
        replace(
            tasks.blank_record(cfg, place),
            status="failed",
            error="; ".join(filter(None, [outcome.reason, outcome.log_tail.strip()])),
            seeds=seeds.recorded(),
            hash_seed=outcome.hash_seed,
            wall_s=outcome.wall_s,
            peak_rss_bytes=outcome.peak_rss_bytes,
        ),
    )


def _reason(returned: JobReturn) -> str | None:
    if returned.status is JobStatus.COMPLETED:
        return None
    return tasks.describe_error(returned._return_value)
