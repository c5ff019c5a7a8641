"""One run, from its config to its record. Imports TensorFlow only once a run executes."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from hydra.utils import get_original_cwd
from omegaconf import DictConfig, OmegaConf

from runner.errors import RunFailed, RunnerError
from runner.jobs import describe
from runner.record import Record, write_record
from runner.schema import (
    SOURCES,
    Config,
    Kind,
    Strategy,
    configuration_id,
    typed,
    without_hydra,
)
from runner.seeds import Seeds, draw, run_seeds
from runner.static.predict import predict
from runner.static.sources import absent_sources
from runner.static.subject import Subject
from runner.tasks.measured import Measured
from runner.trust.secrets import TEXTS, Secrets

PRELOAD = ("tensorflow", "keras", "runner.tasks.keras")
"""What a warm parent imports for a Keras model."""


@dataclass(frozen=True)
class Place:
    """Where a run belongs: its number in the sweep, its directory, and what was said of it."""

    job: int
    directory: Path
    overrides: dict[str, str]


def execute(cfg: DictConfig, place: Place) -> Record:
    """Execute one run in this process and write its record, also when it fails.

    Raises:
        RunFailed: the run raised or called sys.exit; its record is written.
    """
    started = time.perf_counter()
    record = blank_record(cfg, place)
    secrets = Secrets.of(cfg)  # now: when a run fails, memory may be lacking
    seeds: Seeds | None = None
    try:
        config = _drawn(typed(cfg))
        seeds = run_seeds(config.seed, config.replicate, record.configuration)
        measured = _measure(cfg, config, seeds, place)
    except (Exception, SystemExit) as error:
        failed = replace(
            record,
            status="failed",
            error=secrets.conceal(describe_error(error)),
            seeds=seeds.recorded() if seeds else {},
            environment=environment(cfg),
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
            environment=environment(cfg),
            **_usage(started),
        ),
        measured.arrays,
    )


def _measure(cfg: DictConfig, config: Config, seeds: Seeds, place: Place) -> Measured:
    """Hand a run to the module of its task, which alone imports what that needs."""
    if config.task.kind is Kind.function:
        from runner.tasks.function import call_function

        return call_function(without_hydra(cfg), config, seeds)
    if config.task.kind is Kind.command:
        from runner.tasks.command import run_command

        return run_command(config, seeds, place.directory, Path(get_original_cwd()))
    from runner.tasks.keras import train_and_call

    return train_and_call(config, seeds)


def preload(cfg: DictConfig) -> tuple[str, ...]:
    """What a warm parent imports for a configuration; no operation runs before the fork."""
    own = tuple(cfg.task.preload)
    return (*PRELOAD, *cfg.data.preload, *own) if cfg.task.kind is Kind.keras else own


def blank_record(cfg: DictConfig, place: Place) -> Record:
    """Return what is known of a run before it starts."""
    # A command has a hash seed of its own, which nobody knows unless the config says it.
    own = cfg.task.kind is Kind.command and cfg.runtime.hash_seed is None
    seed = "" if own else os.environ.get("PYTHONHASHSEED", "")
    subject = Subject.of(cfg)
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


def process_environment(cfg: DictConfig) -> dict[str, str]:
    """Environment variables that TensorFlow and Keras read when they are imported."""
    variables = {"KERAS_BACKEND": "tensorflow"}
    if cfg.runtime.onednn is not None:
        variables["TF_ENABLE_ONEDNN_OPTS"] = str(int(cfg.runtime.onednn))
    if cfg.runtime.hash_seed is not None:
        variables["PYTHONHASHSEED"] = str(cfg.runtime.hash_seed)
    return variables


def environment(cfg: DictConfig) -> dict[str, Any]:
    """Versions, processor and flags that this process runs under."""
    found = {
        "python": platform.python_version(),
        **versions(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
    }
    tf: Any = sys.modules.get("tensorflow")
    if tf is None:  # nothing of what it runs under was in force
        return found
    threading = tf.config.threading
    return {
        **found,
        # 0: TensorFlow chooses.
        "intra_op_threads": threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": threading.get_inter_op_parallelism_threads(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "xla": cfg.runtime.xla,
        "op_determinism": cfg.runtime.op_determinism,
        "gpus": len(tf.config.list_logical_devices("GPU")),
    }


def versions() -> dict[str, str | None]:
    """Installed versions of what decides an output; None for what is not installed."""
    found: dict[str, str | None] = {}
    for name in ("tensorflow", "keras", "numpy", "scikit-learn", "hydra-core", "runner"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def describe_error(error: BaseException) -> str:
    """One line for a person."""
    if isinstance(error, SystemExit):
        return f"called sys.exit({error.code if error.code is not None else ''})"
    if isinstance(error, RunnerError):
        return str(error)
    return describe(error)


def _drawn(config: Config) -> Config:
    """Draw the seed of a run that no sweep planned."""
    if config.seed.strategy is Strategy.random and config.seed.value is None:
        return replace(config, seed=replace(config.seed, value=draw(1)[0]))
    return config


def _usage(started: float) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts KiB, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall_s": time.perf_counter() - started, "peak_rss_bytes": peak * unit}
