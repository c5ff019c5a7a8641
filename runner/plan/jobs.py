"""Jobs: a run's overrides plus its composed config, so that our launcher need not compose again."""

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
from runner.plan.workers import count_parents, default_workers


class PlannedJob(list[str]):
    """The overrides of a job, with its composed configuration and its place in the plan.

    To any launcher it is the list of overrides that Hydra hands over; ours need not compose each
    run of a configuration again.
    """

    def __init__(
        self, configuration: ComposedConfiguration, run: Run, values: Mapping[str, Any]
    ) -> None:
        """Join what is known of a job.

        Args:
            configuration: shared by all of its runs, and never changed.
            run: its place in the plan.
            values: config key to value; what the run adds to the configuration.
        """
        # ++ adds the key to a config that lacks it.
        added = [(key, f"++{key}={value}") for key, value in values.items()]
        super().__init__([*configuration.overrides, *(line for _, line in added)])
        self.configuration = configuration
        self.run = run
        self.values = {**values, **_hydra_values(configuration, run.job, added)}
        """With these, the config is what composing the overrides would give."""

    @property
    def config(self) -> DictConfig:
        """The configuration's config, to which `values` must still be applied."""
        return self.configuration.cfg


def plan_jobs(
    configurations: Sequence[ComposedConfiguration],
    workers: int | None,
    repetitions: Sequence[Repetition] | None = None,
) -> list[PlannedJob]:
    """Plan the jobs of a sweep of runner configs, in the order in which they are to run.

    Args:
        configurations: at least one.
        workers: how many run at the same time; None: the default.
        repetitions: how often each configuration is run; None: as it says itself.

    Raises:
        ConfigError: two runs would share a directory, where one overwrites the other's files.
    """
    if repetitions is None:
        repetitions = [repetition(each.typed) for each in configurations]
    runs = plan_runs(repetitions, count_parents(workers or default_workers()))
    jobs = make_jobs(configurations, runs)
    check_directories(jobs)
    return jobs


def plan_application_jobs(
    configurations: Sequence[ComposedConfiguration], workers: int | None, replicates: int
) -> list[PlannedJob]:
    """Plan the jobs of a Hydra application that is not ours.

    Args:
        configurations: at least one.
        workers: how many run at the same time; None: the default.
        replicates: how often each configuration is run; with 1, a job is its configuration as
            it is.

    Raises:
        ConfigError: two of several replicates would share a directory.
    """
    repetitions = [Repetition(replicates)] * len(configurations)
    runs = plan_runs(repetitions, count_parents(workers or default_workers()))
    if replicates == 1:
        return [PlannedJob(configurations[run.configuration], run, {}) for run in runs]
    jobs = make_jobs(configurations, runs)
    check_directories(jobs)
    return jobs


def make_jobs(
    configurations: Sequence[ComposedConfiguration], runs: Sequence[Run]
) -> list[PlannedJob]:
    """Make the job of each planned run."""
    return [PlannedJob(configurations[run.configuration], run, run.values()) for run in runs]


def check_directories(jobs: Sequence[PlannedJob]) -> None:
    """Check that no two runs share a directory, where one would overwrite the other's files.

    Raises:
        ConfigError: two would.
    """
    taken: dict[Path, int] = {}
    named = [job for job in jobs if not is_numbered(job.config)]
    for job, directory in zip(named, locate(named), strict=True):
        other = taken.setdefault(directory, job.run.job)
        if other != job.run.job:
            raise ConfigError(
                "hydra.sweep.subdir",
                "must be another for each run",
                f"{directory.name} for runs {other} and {job.run.job}",
                "Add ${hydra.job.num} to it",
            )


def locate(jobs: Sequence[PlannedJob]) -> list[Path]:
    """Find where Hydra's run_job will put the files of each job."""
    # A copy costs 4 ms. Jobs that set the same keys of one config can take turns on it: each sets
    # all that the last one has left.
    copies: dict[tuple[object, ...], DictConfig] = {}
    directories = []
    with hydra_config_kept() as resolve_in:
        for job in jobs:
            key = (id(job.config), *job.values)
            if key not in copies:
                copies[key] = copy.deepcopy(job.config)
            apply_values(copies[key], job.values)
            resolve_in(copies[key])
            sweep = copies[key].hydra.sweep
            directories.append(Path(str(sweep.dir), str(sweep.subdir)).absolute())
    return directories


def is_numbered(config: DictConfig) -> bool:
    """Whether each job of a config has a directory of its own because its number is in the name."""
    raw = OmegaConf.to_container(config.hydra.sweep, resolve=False)
    assert isinstance(raw, dict)
    return any(name in str(raw["subdir"]) for name in ("hydra.job.num}", "hydra.job.id}"))


def _hydra_values(
    configuration: ComposedConfiguration, number: int, added: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """What Hydra's own node says of one job."""
    naming = configuration.cfg.hydra.job.config.override_dirname
    task = [*configuration.task_overrides, *added]
    named = sorted(line for key, line in task if key not in naming.exclude_keys)
    return {
        "hydra.job.num": number,
        "hydra.job.id": str(number),
        "hydra.job.override_dirname": naming.item_sep.join(named).replace("=", naming.kv_sep),
        "hydra.overrides.task": [line for _, line in task],
    }
