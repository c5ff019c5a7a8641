"""Executes one run, from its config to its record, even if it fails."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.nodes import configuration_id, to_dataclass, without_hydra
from runner.config.schema import AUTO, SOURCES, Strategy
from runner.config.seeds import run_seeds
from runner.config.task_kinds import TASKS
from runner.errors import RunFailed
from runner.execute.failure_trace import print_failure
from runner.execute.reference import record_parting, watch_divergence
from runner.plan.schedule import most_replays
from runner.processes.devices import VARIABLE
from runner.processes.job_process import free_memory, warm_parent
from runner.processes.limits import peak_rss_bytes
from runner.processes.messages import Outcome
from runner.record.attempts import archive_attempt
from runner.record.record import Comparing, ConfigurationRecord, Predicted, Rounds, RunRecord
from runner.record.store import find_configuration, write_run
from runner.record.surroundings.environment import describe_process
from runner.record.surroundings.machine import read_boot, read_host
from runner.static.draws import list_drawn
from runner.static.facts import ConfigFacts
from runner.static.predict import predict
from runner.static.sources import absent_sources
from runner.tasks.divergence_watch import DivergenceWatch, PartedError
from runner.tasks.task_run import TaskRun, interrupt, measure
from runner.text import describe_error
from runner.trust.secrets import DESCRIPTIVE_FIELDS, Secrets


@dataclass(frozen=True)
class RunPlace:
    """Where a run belongs: its number in the sweep, its directory, and its overrides."""

    job: int
    """Number of the run in its sweep, from 0."""
    directory: Path
    """The directory of the run."""
    shared: Path
    """The directory that holds the record of the configuration: that of the sweep, or of a run that
    belongs to none."""
    overrides: dict[str, str]
    """Config key to value, as given on the command line."""


def execute_run(cfg: DictConfig, place: RunPlace) -> RunRecord:
    """Execute one run in this process and write its record, even if it fails.

    Returns:
        The record, as it was written, also of a run that has parted from its reference. The part of
        a run before its interruption writes none.

    Raises:
        RunFailed: The run raised an exception or called sys.exit. Its record is written.
    """
    started = time.perf_counter()
    record = blank_record(cfg, place)
    secrets = Secrets.of(cfg)  # made now, because memory may be short once the run has failed
    watch = DivergenceWatch()
    try:
        config = to_dataclass(cfg)
        seeds = run_seeds(config.seed, config.replicate, record.configuration.id, config.perturb)
        record = replace(record, seeds=seeds.recorded())
        watch = watch_divergence(config.reference, record)
        task = TaskRun(without_hydra(cfg), config, seeds, place.directory, watch)
        if config.stops:
            interrupt(task)
            return record
        measured = measure(task)
    except (Exception, SystemExit, PartedError) as error:
        free_memory(error)
        if watch.parted is not None:
            return _write_parting(cfg, place, record, watch, started)
        failed = replace(
            record,
            status="failed",
            error=secrets.conceal(describe_error(error)),
            environment=_describe_environment(cfg),
            **_usage(started),
        )
        print_failure(error)
        write_run(place.directory, failed, shared=place.shared)
        raise RunFailed(failed.error) from error
    if watch.parted is not None:  # the user's code caught what was to end the run
        return _write_parting(cfg, place, record, watch, started)
    finished = replace(
        record,
        metrics=[secrets.conceal_names(each) for each in measured.metrics],
        fingerprints=[secrets.conceal_names(each) for each in measured.fingerprints],
        digest=measured.digest,
        collapse=[each and each.map_texts(secrets.conceal) for each in measured.collapse],
        facts=[each.map_texts(secrets.conceal) for each in measured.facts],
        build_facts=[
            [each.map_texts(secrets.conceal) for each in build] for build in measured.build_facts
        ],
        history=[secrets.conceal_names(each) for each in measured.history],
        output_parts=[
            replace(each, name=secrets.conceal(each.name)) for each in measured.output_parts
        ],
        timelines=[each.map_texts(secrets.conceal) for each in measured.timelines],
        environment=_describe_environment(cfg),
        **_usage(started),
    )
    return write_run(place.directory, finished, measured.arrays, shared=place.shared)


def _write_parting(
    cfg: DictConfig, place: RunPlace, record: RunRecord, watch: DivergenceWatch, started: float
) -> RunRecord:
    """Write and return the record of a run that had parted from its reference."""
    parted = record_parting(record, watch, Secrets.of(cfg))
    parted = replace(parted, environment=_describe_environment(cfg), **_usage(started))
    return write_run(place.directory, parted, shared=place.shared)


def record_failure(cfg: DictConfig, place: RunPlace, outcome: Outcome) -> None:
    """Write the record of a run whose process died before it could.

    Args:
        cfg: The composed config of the run.
        place: Where the run belongs.
        outcome: How the process ended; its reason and the end of the log become the error.
    """
    record = blank_record(cfg, place)
    error = "\n".join(filter(None, [outcome.reason, outcome.log_tail.strip()]))
    config = to_dataclass(cfg)
    seeds = run_seeds(config.seed, cfg.replicate, record.configuration.id, config.perturb)
    failed = replace(
        record,
        status="failed",
        error=Secrets.of(cfg).conceal(error),
        seeds=seeds.recorded(),
        hash_seed=outcome.hash_seed,
        host=None,  # this process may be on another machine than the one that died
        boot=None,
        visible_devices=None,
        signal=outcome.signal,
        wall_s=outcome.wall_s,
        peak_rss_bytes=outcome.peak_rss_bytes,
    )
    try:
        write_run(place.directory, failed, shared=place.shared)
    except (FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError):
        archive_attempt(place.directory)  # the run put something else in its place
        write_run(place.directory, failed, shared=place.shared)


def blank_record(cfg: DictConfig, place: RunPlace) -> RunRecord:
    """Return the record of a run as far as it is known before the run starts."""
    # A process of its own has a hash seed of its own, which is unknown unless the config sets it.
    own = TASKS[cfg.task.kind].own_process and cfg.runtime.hash_seed is None
    host, devices = read_host(), os.environ.get(VARIABLE)
    seed = "" if own else os.environ.get("PYTHONHASHSEED", "")
    return RunRecord(
        configuration=describe_configuration(cfg, place.overrides, place.shared),
        job=place.job,
        replicate=cfg.replicate,
        replay_of=cfg.replay_of,
        resume_of=cfg.resume_of,
        resume_at=cfg.resume_at,
        status="ok",
        hash_seed=int(seed) if seed.isdigit() else None,
        warm_parent=None if own else warm_parent(),
        host=host and Secrets.of(cfg).conceal(host),
        boot=read_boot(),
        visible_devices=devices and Secrets.of(cfg).conceal(devices),
    )


def describe_configuration(
    cfg: DictConfig, overrides: dict[str, str], shared: Path
) -> ConfigurationRecord:
    """Return the record that all runs of a configuration share.

    It is read from disk if another run has written it already, because predicting takes some
    milliseconds.

    Args:
        cfg: The composed config.
        overrides: Config key to value, as given on the command line.
        shared: The directory that holds the record of the configuration, see `RunPlace`.
    """
    secrets = Secrets.of(cfg)
    bare = ConfigurationRecord(
        id=configuration_id(cfg),
        overrides=overrides,
        strategy=cfg.seed.strategy.name,
        compare=Comparing(cfg.compare.rtol, cfg.compare.atol, cfg.compare.confidence),
        claims=[_describe_claim(claim, secrets) for claim in cfg.claims],
        ignore={code: secrets.conceal(reason) for code, reason in cfg.ignore.items()},
        rounds=_describe_rounds(cfg),
    )
    written = find_configuration(shared, bare.key)
    if written is not None:
        return written
    facts = ConfigFacts.of(cfg)
    predicted = predict(facts).by_axis()
    return replace(
        bare,
        vary=_varying(cfg.seed),
        absent=list(absent_sources(facts)),
        scope=cfg.seed.scope.name,
        drawn=list_drawn(facts),
        preload=[*cfg.data.preload, *cfg.task.preload],
        predicted={axis: Predicted(each.state, each.reason) for axis, each in predicted.items()},
    )


def _describe_rounds(cfg: DictConfig) -> Rounds | None:
    """Return how far a configuration may go with `replicates=auto`; None under a fixed number."""
    if cfg.replicates != AUTO:
        return None
    return Rounds(
        cfg.same_replicates,
        cfg.max_replicates,
        most_replays(to_dataclass(cfg)),
        cfg.budget.runs,
        cfg.budget.hours,
    )


def _describe_claim(claim: DictConfig, secrets: Secrets) -> dict[str, Any]:
    """Return the keys that a claim sets, with secrets in its texts concealed."""
    content = OmegaConf.to_container(claim, resolve=True)
    assert isinstance(content, dict)
    given = {str(key): value for key, value in content.items() if value is not None}
    return {k: secrets.conceal(v) if k in DESCRIPTIVE_FIELDS else v for k, v in given.items()}


def _varying(seed: DictConfig) -> list[str] | None:
    """Return the sources whose seeds vary by replicate; None unless seeds are derived."""
    if seed.strategy is not Strategy.derived:
        return None
    return list(SOURCES) if seed.vary == "all" else list(seed.vary)


def _describe_environment(cfg: DictConfig) -> dict[str, Any]:
    return describe_process(cfg.runtime.xla, cfg.runtime.op_determinism)


def _usage(started: float) -> dict[str, Any]:
    """Return the wall time in seconds since `started`, and the peak memory in bytes."""
    peak = peak_rss_bytes(resource.getrusage(resource.RUSAGE_SELF))
    return {"wall_s": time.perf_counter() - started, "peak_rss_bytes": peak}
