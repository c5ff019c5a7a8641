"""Hydra jobs in processes of their own: the launcher behind the plugin."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import cloudpickle
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
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
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from runner import tasks
from runner.errors import ConfigError, RunFailed, WorkerError, nearest
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

    def __init__(
        self, overrides: Sequence[str], config: DictConfig, run: Run, values: Mapping[str, Any]
    ) -> None:
        """Join what is known of a job.

        Args:
            overrides: what any launcher can compose the job's config from.
            config: composed, without the replicate; shared, and never changed.
            run: its place in the plan.
            values: config key to value; what the run adds to `config`.
        """
        super().__init__(overrides)
        self.config = config
        self.run = run
        self.values = {**values, **_hydra_values(config, run.job, overrides)}
        """With these, `config` is what composing the overrides would give."""


@dataclass(frozen=True)
class Settings:
    """How jobs get their processes; None means the default."""

    workers: int | None = None
    isolation: str = Isolation.auto.name
    timeout_s: float | None = None
    preload: tuple[str, ...] = ()


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
    directories = dict(zip(jobs, output_directories(planned), strict=True))
    shared = set.intersection(*(set(job) for job in planned))
    calls: dict[int, bytes] = {}
    returns: dict[int, JobReturn] = {}
    setup = partial(_set_up_worker, Singleton.get_state(), hydra_context, task_function)
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
        queue = [_job(job, directories[number], calls, settings) for number, job in jobs.items()]
        for outcome in pool.run(queue):
            done = jobs[outcome.key]
            returned = _job_return(done, directories[outcome.key], outcome)
            returns[outcome.key] = returned
            label = " ".join(o.lstrip("+") for o in filter_overrides(done) if o not in shared)
            progress.advance(label, _reason(returned))
    return [returns[number] for number in jobs]


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
        error = pickle.loads(outcome.result)
        if isinstance(error, RunFailed):
            raise error
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
    hydra: Any = HydraConfig.get()
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


def output_directories(jobs: Sequence[PlannedJob]) -> list[Path]:
    """Where Hydra's run_job will put the files of each job."""
    hydra_config = HydraConfig.instance()
    before = hydra_config.cfg
    # A copy costs 4 ms. Jobs that set the same keys of one config can take turns on it: each sets
    # all that the last one has left.
    copies: dict[tuple[object, ...], DictConfig] = {}
    directories = []
    try:
        for job in jobs:
            key = (id(job.config), *job.values)
            if key not in copies:
                copies[key] = copy.deepcopy(job.config)
            apply_values(copies[key], job.values)
            hydra_config.cfg = cast(Any, copies[key])  # what ${hydra:...} resolves in
            sweep = copies[key].hydra.sweep
            directories.append(Path(str(sweep.dir), str(sweep.subdir)).absolute())
    finally:
        hydra_config.cfg = before
    return directories


def _hydra_values(config: DictConfig, number: int, overrides: Sequence[str]) -> dict[str, Any]:
    """What Hydra's own node says of one job."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    task = [each for each in parsed if not each.is_hydra_override()]
    naming = config.hydra.job.config.override_dirname
    named = [str(each.input_line) for each in task if each.key_or_group not in naming.exclude_keys]
    name = naming.item_sep.join(sorted(named)).replace("=", naming.kv_sep)
    return {
        "hydra.job.num": number,
        "hydra.job.id": str(number),
        "hydra.job.override_dirname": name,
        "hydra.overrides.task": [str(each.input_line) for each in task],
    }


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
    return PlannedJob(overrides, composed, Run(number, number, 0, None, None, number % parents), {})


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
    return replace(settings, workers=config.workers, isolation=config.isolation.name)


def _preload(jobs: Sequence[PlannedJob], settings: Settings) -> tuple[str, ...]:
    modules = dict.fromkeys(settings.preload)
    for each in {id(job.config): job.config for job in jobs}.values():
        if is_runner_config(each):
            modules |= dict.fromkeys((*tasks.PRELOAD, *each.data.preload))
    return tuple(modules)


def _job(job: PlannedJob, directory: Path, calls: dict[int, bytes], settings: Settings) -> Job:
    config = job.config
    ours = is_runner_config(config)
    # One pickle a configuration, not one a run.
    call = calls.get(id(config))
    if call is None:
        call = calls[id(config)] = cloudpickle.dumps(partial(_run_in_child, config))
    return Job(
        key=job.run.job,
        call=call,
        args=pickle.dumps((job.values,)),
        parent=job.run.parent,
        env=tuple(tasks.process_environment(config).items()) if ours else (),
        log=directory / LOG if ours else None,
        timeout_s=config.timeout_s if ours else settings.timeout_s,
    )


_worker: tuple[HydraContext, TaskFunction] | None = None
"""Set once in a warm parent, inherited by its children."""


def _set_up_worker(state: Any, hydra_context: HydraContext, task_function: TaskFunction) -> None:
    global _worker
    setup_globals()
    Singleton.set_state(state)
    _worker = (hydra_context, task_function)


def _run_in_child(config: DictConfig, values: dict[str, Any]) -> JobReturn:
    assert _worker is not None
    hydra_context, task_function = _worker
    apply_values(config, values)
    returned = run_job(
        hydra_context=hydra_context,
        task_function=task_function,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    if returned.status is JobStatus.FAILED:
        traceback.print_exception(returned._return_value)  # it does not travel with the exception
        returned.return_value = _portable(returned._return_value)
    return returned


def _portable(error: BaseException) -> BaseException:
    """The exception, or its text where it cannot be rebuilt in another process.

    Many pickle and then lack the arguments of their __init__.
    """
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:
        return RuntimeError(tasks.describe_error(error))
    return error


def apply_values(config: DictConfig, values: Mapping[str, Any]) -> None:
    """Turn a composed configuration into one of its runs, in place."""
    for key, value in values.items():
        OmegaConf.update(config, key, value, force_add=True)


def _job_return(job: PlannedJob, directory: Path, outcome: Outcome) -> JobReturn:
    if outcome.status is Status.OK:
        assert outcome.result is not None
        returned: JobReturn = pickle.loads(outcome.result)
        return returned
    config = copy.deepcopy(job.config)
    apply_values(config, job.values)
    if is_runner_config(config):
        described = described_overrides(job, config)
        _record_failure(config, tasks.Place(job.run.job, directory, described), outcome)
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
        working_dir=str(directory),
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
            error="\n".join(filter(None, [outcome.reason, outcome.log_tail.strip()])),
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
