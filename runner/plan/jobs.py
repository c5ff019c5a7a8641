"""Jobs: the overrides of each run with its composed config, which spares composing it again."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.compose import ComposedConfiguration
from runner.config.hydra_internals import hydra_config_kept
from runner.config.nodes import apply_values
from runner.errors import ConfigError
from runner.plan.schedule import Repetition, Run, plan_runs, repetition
from runner.plan.workers import count_parents


class PlannedJob(list[str]):
    """The overrides of a job, with its composed configuration and its planned run.

    Any launcher can use it as the list of overrides that Hydra passes to launchers. Our launcher
    also reads the composed configuration, and so need not compose each run again.
    """

    def __init__(
        self, configuration: ComposedConfiguration, run: Run, values: Mapping[str, Any]
    ) -> None:
        """Make the job of one run.

        Args:
            configuration: the composed configuration, shared by all of its runs; not changed.
            run: the planned run.
            values: config key to the value that the run sets in the configuration.
        """
        # The prefix ++ also adds a key that the config lacks.
        added = [(key, f"++{key}={value}") for key, value in values.items()]
        super().__init__([*configuration.overrides, *(line for _, line in added)])
        self.configuration = configuration
        self.run = run
        self.values = {**values, **_hydra_values(configuration, run.job, added)}
        """Dotted key to value; set in `config`, they give what composing the overrides gives."""
        self.reference: Path | None = None
        """Directory of the run with the same seeds at whose parting this one is ended; None: it is
        made whole."""

    @property
    def config(self) -> DictConfig:
        """The composed config of the configuration, without the `values` of this run.

        It can be another copy each time.
        """
        return self.configuration.cfg

    @property
    def composed(self) -> DictConfig:
        """A config with the same schema and node of Hydra's, which many jobs can share."""
        return self.configuration.composed


def plan_jobs(
    configurations: Sequence[ComposedConfiguration],
    workers: int,
    repetitions: Sequence[Repetition] | None = None,
    *,
    nodes: int = 1,
) -> list[PlannedJob]:
    """Plan the jobs of a sweep over configs with our schema, in the order in which they run.

    Args:
        configurations: composed configurations, at least one.
        workers: number of runs at the same time on each node.
        repetitions: how often each configuration is run, one item per configuration; None to read
            it from the configs.
        nodes: number of nodes that share the runs.

    Raises:
        ConfigError: a config fixes the seed of several replicates that should draw their own, or
            two runs would share a directory and overwrite each other's files.
    """
    if repetitions is None:
        repetitions = [repetition(configuration.typed) for configuration in configurations]
    parents = nodes * count_parents(workers)
    jobs = make_jobs(configurations, plan_runs(repetitions, parents, nodes=nodes))
    check_directories(jobs)
    return jobs


def plan_application_jobs(
    configurations: Sequence[ComposedConfiguration],
    workers: int,
    replicates: int,
    *,
    nodes: int = 1,
) -> list[PlannedJob]:
    """Plan the jobs of another Hydra application, whose configs do not have our schema.

    Args:
        configurations: composed configurations, at least one.
        workers: number of runs at the same time on each node.
        replicates: number of runs of each configuration, from 1. With 1, a job adds no overrides
            to its configuration, and directories are not checked.
        nodes: number of nodes that share the runs.

    Raises:
        ConfigError: two runs would share a directory.
    """
    repetitions = [Repetition(replicates)] * len(configurations)
    parents = nodes * count_parents(workers)
    runs = plan_runs(repetitions, parents, nodes=nodes)
    if replicates == 1:
        return [PlannedJob(configurations[run.configuration], run, {}) for run in runs]
    jobs = make_jobs(configurations, runs)
    check_directories(jobs)
    return jobs


def make_jobs(
    configurations: Sequence[ComposedConfiguration], runs: Sequence[Run]
) -> list[PlannedJob]:
    """Make one job per planned run, in the same order."""
    return [PlannedJob(configurations[run.configuration], run, run.values()) for run in runs]


def check_directories(jobs: Sequence[PlannedJob]) -> None:
    """Check that no two runs share a directory, where one would overwrite the other's files.

    Raises:
        ConfigError: two runs share a directory; the message names both.
    """
    taken: dict[Path, int] = {}
    shared = {id(job.composed): job.composed for job in jobs}
    numbered = {key for key, config in shared.items() if is_numbered(config)}
    unnumbered = [job for job in jobs if id(job.composed) not in numbered]
    for job, directory in zip(unnumbered, locate(unnumbered), strict=True):
        other = taken.setdefault(directory, job.run.job)
        if other != job.run.job:
            raise ConfigError(
                "hydra.sweep.subdir",
                "must be another for each run",
                f"{directory.name} for runs {other} and {job.run.job}",
                "Add ${hydra.job.num} to it",
            )


def locate(jobs: Sequence[PlannedJob]) -> list[Path]:
    """Return the absolute directory in which Hydra's run_job will run each job, in order."""
    # Copying a config takes 4 ms. Jobs that set the same keys of one config share a copy, as each
    # overwrites every value that the previous one set. Configurations share a config only where
    # no directory depends on the values in which they differ.
    copies: dict[tuple[object, ...], DictConfig] = {}
    directories = []
    with hydra_config_kept() as resolve_in:
        for job in jobs:
            key = (id(job.composed), *job.values)
            if key not in copies:
                copies[key] = copy.deepcopy(job.composed)
            apply_values(copies[key], job.values)
            resolve_in(copies[key])
            sweep = copies[key].hydra.sweep
            directories.append(Path(str(sweep.dir), str(sweep.subdir)).absolute())
    return directories


def is_numbered(config: DictConfig) -> bool:
    """Return whether the directory names of a config's jobs contain the job's unique number."""
    raw = OmegaConf.to_container(config.hydra.sweep, resolve=False)
    assert isinstance(raw, dict)
    return any(name in str(raw["subdir"]) for name in ("hydra.job.num}", "hydra.job.id}"))


def _hydra_values(
    configuration: ComposedConfiguration, number: int, added: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return the values in Hydra's node that differ by job, as dotted key to value."""
    naming = configuration.composed.hydra.job.config.override_dirname
    task = [*configuration.task_overrides, *added]
    named = sorted(line for key, line in task if key not in naming.exclude_keys)
    return {
        "hydra.job.num": number,
        "hydra.job.id": str(number),
        "hydra.job.override_dirname": naming.item_sep.join(named).replace("=", naming.kv_sep),
        "hydra.overrides.task": [line for _, line in task],
    }
