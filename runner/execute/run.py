"""One run, from its config to its record, also when it fails."""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.utils import get_original_cwd
from omegaconf import DictConfig, OmegaConf

from runner.config.nodes import configuration_id, to_dataclass, without_hydra
from runner.config.schema import SOURCES, Config, Kind, Strategy
from runner.config.seeds import Seeds, run_seeds
from runner.errors import RunFailed
from runner.processes.messages import Outcome
from runner.record.environment import describe_process
from runner.record.record import Record
from runner.record.store import write_record
from runner.static.facts import ConfigFacts
from runner.static.predict import predict
from runner.static.sources import absent_sources
from runner.tasks.run_result import RunResult
from runner.text import describe_error
from runner.trust.secrets import TEXTS, Secrets


@dataclass(frozen=True)
class RunPlace:
    """Where a run belongs: its number in the sweep, its directory, and what was said of it."""

    job: int
    directory: Path
    overrides: dict[str, str]


def execute_run(cfg: DictConfig, place: RunPlace) -> Record:
    """Execute one run in this process and write its record, also when it fails.

    Raises:
        RunFailed: the run raised or called sys.exit; its record is written.
    """
    started = time.perf_counter()
    record = blank_record(cfg, place)
    secrets = Secrets.of(cfg)  # now: when a run fails, memory may be lacking
    seeds: Seeds | None = None
    try:
        config = to_dataclass(cfg)
        seeds = run_seeds(config.seed, config.replicate, record.configuration)
        measured = _measure(cfg, config, seeds, place)
    except (Exception, SystemExit) as error:
        failed = replace(
            record,
            status="failed",
            error=secrets.conceal(describe_error(error)),
            seeds=seeds.recorded() if seeds else {},
            environment=_describe_environment(cfg),
            **_usage(started),
        )
        write_record(place.directory, failed)
        raise RunFailed(failed.error) from error
    return write_record(
        place.directory,
        replace(
            record,
            seeds=seeds.recorded(),
            metrics=[secrets.conceal_names(each) for each in measured.metrics],
            fingerprints=[secrets.conceal_names(each) for each in measured.fingerprints],
            digest=measured.digest,
            collapse=[each and secrets.conceal(each) for each in measured.collapse],
            environment=_describe_environment(cfg),
            **_usage(started),
        ),
        measured.arrays,
    )


def _measure(cfg: DictConfig, config: Config, seeds: Seeds, place: RunPlace) -> RunResult:
    """Hand a run to the module of its task, which alone imports what that needs."""
    if config.task.kind is Kind.function:
        from runner.tasks.function import call_function

        return call_function(without_hydra(cfg), config, seeds)
    if config.task.kind is Kind.command:
        from runner.tasks.command import run_command

        return run_command(config, seeds, place.directory, Path(get_original_cwd()))
    from runner.tasks.keras.train import train_and_call

    return train_and_call(config, seeds)


def _describe_environment(cfg: DictConfig) -> dict[str, Any]:
    return describe_process(cfg.runtime.xla, cfg.runtime.op_determinism)


def blank_record(cfg: DictConfig, place: RunPlace) -> Record:
    """Return what is known of a run before it starts."""
    # A command has a hash seed of its own, which nobody knows unless the config says it.
    own = cfg.task.kind is Kind.command and cfg.runtime.hash_seed is None
    seed = "" if own else os.environ.get("PYTHONHASHSEED", "")
    subject = ConfigFacts.of(cfg)
    return Record(
        configuration=configuration_id(cfg),
        job=place.job,
        replicate=cfg.replicate,
        replay_of=cfg.replay_of,
        overrides=place.overrides,
        status="ok",
        strategy=cfg.seed.strategy.name,
        compare={
            "rtol": cfg.compare.rtol,
            "atol": cfg.compare.atol,
            "confidence": cfg.compare.confidence,
        },
        claims=[_said(claim) for claim in cfg.claims],
        vary=_varying(cfg.seed),
        absent=list(absent_sources(subject)),
        predicted=predict(subject).recorded(),
        hash_seed=int(seed) if seed.isdigit() else None,
    )


def _said(claim: DictConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(claim, resolve=True)
    assert isinstance(content, dict)
    found = {str(key): value for key, value in content.items() if value is not None}
    secrets = Secrets.of(claim._get_root())
    return {k: secrets.conceal(v) if k in TEXTS else v for k, v in found.items()}


def _varying(seed: DictConfig) -> list[str] | None:
    if seed.strategy is not Strategy.derived:
        return None
    return list(SOURCES) if seed.vary == "all" else list(seed.vary)


def _usage(started: float) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts KiB, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall_s": time.perf_counter() - started, "peak_rss_bytes": peak * unit}


def record_failure(cfg: DictConfig, place: RunPlace, outcome: Outcome) -> None:
    """Write the record that a dead process could not."""
    said = "\n".join(filter(None, [outcome.reason, outcome.log_tail.strip()]))
    seeds = run_seeds(to_dataclass(cfg).seed, cfg.replicate, blank_record(cfg, place).configuration)
    write_record(
        place.directory,
        replace(
            blank_record(cfg, place),
            status="failed",
            error=Secrets.of(cfg).conceal(said),
            seeds=seeds.recorded(),
            hash_seed=outcome.hash_seed,
            wall_s=outcome.wall_s,
            peak_rss_bytes=outcome.peak_rss_bytes,
        ),
    )
