"""The configurations of a lock run again, with its seeds, as an ordinary sweep."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from runner import alone, tasks
from runner.errors import SweepFailed
from runner.fork import in_worker
from runner.lock import Lock, Locked, arguments_of
from runner.plan import Repetition, repetition
from runner.schema import typed
from runner.verdict import MIN_RUNS, Verdict


def execute(cfg: DictConfig) -> None:
    """What each job runs, as `python -m runner` does."""
    place = alone.place_of(cfg)
    if in_worker():
        tasks.execute(cfg, place)
    else:
        alone.run_alone(cfg, place)


def rerun(lock: Lock, base: Path, directory: Path | None, replicates: int | None) -> Path:
    """Run the configurations of a lock again, and save an ordinary sweep.

    Args:
        lock: as it was read.
        base: the directory that the lock is in.
        directory: where the sweep goes; None: as the configs say.
        replicates: of each configuration at most; None: as many as the lock has.

    Returns:
        The sweep's directory. Runs that failed left records that say why.

    Raises:
        ConfigError: a configuration can no longer be composed.
    """
    # What only this needs; a warm parent imports this module for `execute`.
    from hydra._internal.callbacks import Callbacks
    from hydra.core.override_parser.types import Quote, QuotedString
    from hydra.core.plugins import Plugins
    from hydra.types import HydraContext, RunMode

    from runner.lint.composing import open_configs
    from runner.manifest import describe_plan
    from runner.sweep import plan_jobs, run_jobs
    from runner.validate import validate

    command = lock.command
    if command.config_dir is not None:
        command = replace(command, config_dir=str((base / command.config_dir).resolve()))
    given = ["hydra.mode=MULTIRUN"]
    if directory is not None:
        where = QuotedString(str(directory), Quote.single).with_quotes()
        given.append(f"hydra.sweep.dir={where}")
    with open_configs(Path(command.config_dir) if command.config_dir else None) as configs:
        loader = configs.loader
        arguments = [*configs.search, *command.overrides, *given]
        config = loader.load_configuration(command.config_name, arguments, RunMode.MULTIRUN)
        combinations = [list(each.combination) for each in lock.configurations]
        composed = [loader.load_sweep_config(config, each) for each in combinations]
        for each in composed:
            validate(each)
        launcher = Plugins.instance().instantiate_launcher(
            HydraContext(config_loader=loader, callbacks=Callbacks(config)), execute, config
        )
        jobs = plan_jobs(
            combinations, composed, 1, None, repeat(lock.configurations, composed, replicates)
        )
        plan = describe_plan(
            jobs, combinations, composed, [str(each) for each in config.hydra.overrides.task]
        )
        # What is compared with the lock is on disk, also where runs failed or claims were refuted.
        with contextlib.suppress(SweepFailed):
            run_jobs(
                jobs,
                composed,
                config=config,
                launcher=launcher,
                show=False,
                manifest=replace(plan, command=arguments_of(command)),
            )
        return Path(str(config.hydra.sweep.dir))


def repeat(
    configurations: Sequence[Locked], composed: Sequence[DictConfig], limit: int | None
) -> list[Repetition]:
    """How often each configuration is run, and with which drawn seeds.

    Args:
        configurations: of the lock.
        composed: what they are composed to now.
        limit: replicates of each at most; MIN_RUNS where fewer would say nothing.
    """
    wanted = []
    for locked, cfg in zip(configurations, composed, strict=True):
        count = locked.replicates
        if limit is not None:
            seeded = any(ran.record.seeds for ran in locked.measured.runs)
            by_seeds = seeded and locked.measured.verdict is not Verdict.UNCONTROLLED
            count = min(count, limit if by_seeds else max(limit, MIN_RUNS))
        # Not what the config says of numbers now: its defaults may have changed since the lock.
        said = repetition(replace(typed(cfg), replicates=count, replays=locked.replays))
        if said.draws and locked.drawn:
            said = replace(said, draws=False, seeds=locked.drawn[:count])
        wanted.append(said)
    return wanted
