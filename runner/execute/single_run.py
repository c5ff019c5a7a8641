"""Runs one configuration in a new interpreter if the launcher did not isolate it."""

from __future__ import annotations

import copy
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from runner.config.hydra_internals import export_state, import_state
from runner.config.nodes import list_overrides
from runner.config.overrides import describe_overrides
from runner.config.seeds import draw_seed
from runner.errors import RunFailed
from runner.execute.run import RunPlace, execute_run, record_failure
from runner.processes.devices import list_places
from runner.processes.job_process import in_worker
from runner.processes.messages import Job, Status
from runner.processes.pool import Pool
from runner.record.record import LOG, RunRecord
from runner.tasks import needs


def run_current_job(cfg: DictConfig) -> None:
    """Execute the job that Hydra has set up, as a sweep does for each of its runs.

    It runs in this process if that was made for it, otherwise in a new interpreter.

    Raises:
        RunFailed: The run failed. Its record is written and gives the same reason.
    """
    place = find_run_place(cfg)
    if in_worker():
        execute_run(cfg, place)
    else:
        run_alone(cfg, place)


def run_alone(cfg: DictConfig, place: RunPlace) -> RunRecord:
    """Execute one run in a new interpreter, and return its record.

    Launchers other than ours may not give a run a process of its own.

    Raises:
        RunFailed: The run failed. Its record is written and gives the same reason.
    """
    # Drawn here, because the process of the run may die before it reports its seed.
    seed = draw_seed(cfg)
    if seed is not None:
        cfg = copy.deepcopy(cfg)
        cfg.seed.value = seed
    job = Job(
        key=place.job,
        call=cloudpickle.dumps(execute_run),
        args=pickle.dumps((cfg, place)),
        env=tuple(needs.process_environment(cfg).items()),
        log=place.directory / LOG,
        timeout_s=cfg.timeout_s,
        memory_limit_bytes=cfg.memory_limit_bytes,
    )
    with Pool(
        workers=1,
        parents=1,
        isolation="spawn",
        preload=needs.preload(cfg),
        setup=cloudpickle.dumps(partial(import_state, export_state())),
        places=list_places(cfg.runs_per_gpu),
    ) as pool:
        (outcome,) = pool.run([job])
    if outcome.status is Status.OK:
        assert outcome.result is not None
        record: RunRecord = pickle.loads(outcome.result)
        return record
    if outcome.status is Status.RAISED and outcome.result is not None:
        error = pickle.loads(outcome.result)
        if isinstance(error, RunFailed):
            raise error
    record_failure(cfg, place, outcome)
    raise RunFailed(outcome.reason)


def find_run_place(cfg: DictConfig) -> RunPlace:
    """Return where the job that Hydra has set up belongs."""
    hydra: Any = HydraConfig.get()
    number = OmegaConf.select(hydra, "job.num", throw_on_missing=False)
    directory = Path(hydra.runtime.output_dir)
    shared = Path(hydra.sweep.dir).absolute()
    swept = hydra.mode is RunMode.MULTIRUN and directory.is_relative_to(shared)
    return RunPlace(
        job=number or 0,
        directory=directory,
        shared=shared if swept else directory,
        overrides=describe_overrides(list_overrides(hydra), cfg.seed.strategy.name),
    )
