"""The configurations of a lock, run again with the seeds of the lock as an ordinary sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from runner import alone, tasks
from runner.errors import ConfigError, SweepFailed
from runner.fork import in_worker
from runner.lock import Lock, Locked
from runner.plan import Repetition, repetition
from runner.schema import typed
from runner.verdict import MIN_RUNS


def execute(cfg: DictConfig) -> None:
    """What each job runs, as `python -m runner` would."""
    place = alone.place_of(cfg)
    if in_worker():
        tasks.execute(cfg, place)
    else:
        alone.run_alone(cfg, place)


def rerun(lock: Lock, base: Path, directory: Path | None, replicates: int | None) -> Path:
    """Run the configurations of a lock again.

    Args:
        lock: as it was read.
        base: the directory that the lock is in.
        directory: where the sweep goes; None: as the configs say.
        replicates: of each configuration at most; None: as many as the lock has.

    Returns:
        The sweep's directory. Runs that failed left records that say why.

    Raises:
        ConfigError: a configuration of the lock can no longer be composed.
    """
    from hydra._internal.callbacks import Callbacks
    from hydra.core.plugins import Plugins
    from hydra.types import HydraContext

    from runner.lint.composing import open_configs
    from runner.sweep import plan_jobs, run_jobs
    from runner.validate import validate

    command = lock.command
    with open_configs(base / command.config_dir if command.config_dir else None) as configs:
        loader = configs.loader
        where = [] if directory is None else [f"hydra.sweep.dir={quote(str(directory))}"]
        config = loader.load_configuration(
            command.config_name,
            [*configs.search, *command.overrides, *where, f"hydra.mode={RunMode.MULTIRUN.name}"],
            RunMode.MULTIRUN,
        )
        combinations = [_combine(lock, each, replicates) for each in lock.configurations]
        composed = [loader.load_sweep_config(config, each) for each in combinations]
        for each in composed:
            validate(each)
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=HydraContext(config_loader=loader, callbacks=Callbacks(config)),
            task_function=execute,
            config=config,
        )
        ...
