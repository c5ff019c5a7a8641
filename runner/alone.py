"""A run whose launcher gave it no process of its own, and the records of runs that died."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from omegaconf import DictConfig, OmegaConf

from runner import tasks
from runner.errors import RunFailed
from runner.fork import Job, Outcome, Pool, Status
from runner.record import LOG, Record, write_record
from runner.schema import RUN_KEYS, SWEEP_KEYS, Strategy, typed
from runner.seeds import run_seeds
from runner.trust.secrets import Secrets


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
        memory_limit_bytes=cfg.memory_limit_bytes,
    )
    with Pool(
        workers=1,
        parents=1,
        isolation="spawn",
        preload=tasks.preload(cfg),
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
    record_failure(cfg, place, outcome)
    raise RunFailed(outcome.reason)


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


def record_failure(cfg: DictConfig, place: tasks.Place, outcome: Outcome) -> None:
    """Write the record that a dead process could not."""
    said = "\n".join(filter(None, [outcome.reason, outcome.log_tail.strip()]))
    seeds = run_seeds(typed(cfg).seed, cfg.replicate, tasks.blank_record(cfg, place).configuration)
    write_record(
        place.directory,
        replace(
            tasks.blank_record(cfg, place),
            status="failed",
            error=Secrets.of(cfg).conceal(said),
            seeds=seeds.recorded(),
            hash_seed=outcome.hash_seed,
            wall_s=outcome.wall_s,
            peak_rss_bytes=outcome.peak_rss_bytes,
        ),
    )
