"""The task `function`: a function of the user's is called with the config and the run's seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.utils import get_method
from omegaconf import DictConfig

from runner.config.schema import SOURCES, Config, Strategy
from runner.config.seeds import Seeds, build_seed
from runner.errors import ConfigError
from runner.tasks.returned_values import join_builds, read_returned
from runner.tasks.run_result import RunResult
from runner.tasks.seeding import Seeder
from runner.tasks.task_run import TaskRun
from runner.tasks.working_directory import DirectoryState
from runner.text import format_error
from runner.trust.identity import check_identity

KEY = "task.function"
"""Config key that names the function."""


def measure(run: TaskRun) -> RunResult:
    """Call the function of a task; see `call_function`."""
    return call_function(run.cfg, run.config, run.seeds)


def call_function(cfg: DictConfig, config: Config, seeds: Seeds) -> RunResult:
    """Call `task.function(config, seeds)` once per build.

    The global generators are seeded before, as those of a script would be; under derived seeds
    they get the seed of the source `init`. The function is given the seeds of its build.

    Args:
        cfg: The composed config that the function gets, without Hydra's own node.
        config: The same config, typed.
        seeds: The seeds of the run.

    Raises:
        ConfigError: The function is not trusted, cannot be imported, or returns anything but
            arrays and numbers.
    """
    task = config.task
    assert task.function is not None
    try:
        check_identity(KEY, task.function)
        function = get_method(task.function)
    except ConfigError:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        raise ConfigError(KEY, "cannot be imported", task.function, format_error(cause)) from error
    seeder = Seeder(seeds, config.seed.scope, tuple(config.seed.generators))
    seeder.start()
    before = DirectoryState.of(Path.cwd())
    builds = []
    for build in range(config.builds):
        seeder.start(build)
        seeder.enter("init", build)
        value: Any = function(cfg, seeds_of_build(config, seeds, build))
        builds.append(read_returned(value, KEY, task.axes, config.calls))
    return replace(join_builds(builds, KEY), facts=before.describe_changes())


def seeds_of_build(config: Config, seeds: Seeds, build: int) -> dict[str, int]:
    """Return name to seed for one build; the name is `value` or a source. Empty if unseeded.

    All builds of a run share the seed `value`, as models in one script with a `--seed` do. A seed
    per source may differ by build, as the scope says.
    """
    if config.seed.strategy is not Strategy.derived:
        return seeds.recorded()
    recorded = seeds.recorded()
    return {
        source: build_seed(recorded[source], build, config.seed.scope)
        for source in SOURCES
        if source in recorded
    }
