"""Runs the configurations of a lock again, with its seeds, as an ordinary sweep."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hydra.core.plugins import Plugins
from hydra.types import RunMode

from runner.analysis.verdict import MIN_RUNS
from runner.compare.lock import Lock, Locked, arguments_of
from runner.config.compose import ComposedConfiguration, open_configs
from runner.config.grids.composition import compose_all
from runner.config.hydra_internals import make_context
from runner.config.nodes import list_overrides
from runner.config.overrides import quote_value
from runner.errors import SweepFailed
from runner.execute.single_run import run_current_job
from runner.numeric.verdicts import Verdict
from runner.plan.jobs import plan_jobs
from runner.plan.manifest import describe_plan
from runner.plan.schedule import Repetition, repetition
from runner.plan.workers import count_workers
from runner.sweep.execution import Conclude, PlannedSweep, count_nodes, run_sweep


def rerun(
    lock: Lock,
    base: Path,
    directory: Path | None,
    replicates: int | None,
    conclude: Conclude,
) -> Path:
    """Run the configurations of a lock again, and save an ordinary sweep.

    Args:
        lock: The lock, as it was read.
        base: The directory that holds the lock.
        directory: The directory of the new sweep; None means the one that the configs give.
        replicates: Most replicates of each configuration, at least 1; None means all in the lock.
        conclude: Saves the results.

    Returns:
        The sweep's directory. Records of failed runs say why they failed.

    Raises:
        ConfigError: A configuration can no longer be composed, or is no longer valid.
    """
    command = lock.command
    if command.config_dir is not None:
        command = replace(command, config_dir=str((base / command.config_dir).resolve()))
    given = ["hydra.mode=MULTIRUN"]
    if directory is not None:
        where = quote_value(str(directory))
        given.append(f"hydra.sweep.dir={where}")
    with open_configs(Path(command.config_dir) if command.config_dir else None) as configs:
        loader = configs.loader
        arguments = [*configs.search, *command.overrides, *given]
        config = loader.load_configuration(command.config_name, arguments, RunMode.MULTIRUN)
        combinations = [tuple(each.combination) for each in lock.configurations]
        configurations = compose_all(combinations, config, loader)
        for each in configurations:
            _ = each.content  # this checks it; overrides of an older lock may have lost their use
        launcher = Plugins.instance().instantiate_launcher(
            make_context(loader, config), run_current_job, config
        )
        repetitions = repeat(lock.configurations, configurations, replicates)
        first, nodes = configurations[0].typed, count_nodes(launcher)
        workers = count_workers(first.workers, first.runs_per_gpu)
        jobs = plan_jobs(configurations, workers, repetitions, nodes=nodes)
        manifest = describe_plan(jobs, configurations, list_overrides(config.hydra))
        manifest = replace(manifest, command=arguments_of(command))
        # The comparison with the lock reads records, which exist even if runs failed.
        with contextlib.suppress(SweepFailed):
            planned = PlannedSweep(configurations, jobs, manifest)
            run_sweep(planned, config, launcher, None, conclude)
        return Path(str(config.hydra.sweep.dir))


def repeat(
    configurations: Sequence[Locked], composed: Sequence[ComposedConfiguration], limit: int | None
) -> list[Repetition]:
    """Return how often each configuration is run again, and with which drawn seeds.

    Args:
        configurations: The configurations of the lock.
        composed: The same configurations, composed now.
        limit: Most replicates of each configuration; None means all. It is raised to MIN_RUNS
            for a configuration that is compared by verdict, which fewer runs cannot give.
    """
    wanted = []
    for locked, now in zip(configurations, composed, strict=True):
        count = locked.replicates
        if limit is not None:
            seeded = any(ran.record.seeds for ran in locked.measured.runs)
            by_seeds = seeded and locked.measured.verdict is not Verdict.UNCONTROLLED
            count = min(count, limit if by_seeds else max(limit, MIN_RUNS))
        # The numbers come from the lock, because the defaults may have changed since.
        # A lock has no resumed runs.
        now_typed = replace(now.typed, replicates=count, replays=locked.replays, resumes=[])
        repeated = repetition(now_typed)
        if repeated.draws and locked.drawn:
            repeated = replace(repeated, draws=False, seeds=locked.drawn[:count])
        wanted.append(repeated)
    return wanted
