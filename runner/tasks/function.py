"""The task `function`: a function of the user's is called with the config and the run's seeds."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.utils import get_method

from runner.config.instantiate import near_target
from runner.config.schema import SOURCES, Config, Strategy
from runner.config.seeds import Seeds, build_seed
from runner.errors import ConfigError
from runner.tasks.returned_values import STAGES, join_builds, read_returned
from runner.tasks.run_result import RunResult
from runner.tasks.seeding import Seeder
from runner.tasks.task_run import TaskRun
from runner.tasks.working_directory import DirectoryState
from runner.text import format_error
from runner.trust.identity import check_identity

KEY = "task.function"
"""Config key that names the function."""


AUDITED = "runner.tasks.audited_function.call"
"""The function that stands for one that a program has at hand; trust in it is given by the call of
`runner.audit`."""


def measure(run: TaskRun) -> RunResult:
    """Call `task.function(config, seeds)` once per build.

    The global generators are seeded before, as those of a script would be; under derived seeds
    they get the seed of the source `init`. The function is given the seeds of its build. One that
    a program has at hand is watched while it is called.

    Raises:
        ConfigError: The function is not trusted, cannot be imported, or returns anything but
            arrays and numbers.
    """
    config = run.config
    function = _find_function(config.task.function)
    seeder = Seeder(run.seeds, config.seed.scope, tuple(config.seed.generators))
    seeder.start()
    before = DirectoryState.of(Path.cwd())
    builds, timelines = [], []
    for build in range(config.builds):
        seeder.start(build)
        seeder.enter("init", build)
        with _watch(run, build) as watched:
            value: Any = function(run.cfg, seeds_of_build(config, run.seeds, build))
            returned = read_returned(value, KEY, config.task.axes, config.calls)
            if watched is not None:
                returned, timeline = watched.finish(returned, named=STAGES in value)
                timelines.append(timeline)
        builds.append(returned)
    joined = join_builds(builds, KEY)
    return replace(joined, facts=before.describe_changes(), timelines=timelines)


def _find_function(name: str | None) -> Any:
    """Import a function by its name, if it is trusted."""
    assert name is not None
    try:
        check_identity(KEY, name)
        function = get_method(name)
    except ConfigError:
        raise
    except Exception as error:
        hint = near_target(name) or format_error(error.__cause__ or error)
        raise ConfigError(KEY, "cannot be imported", name, hint) from error
    _check_signature(name, function)
    return function


def _check_signature(name: str, function: Any) -> None:
    """Refuse a function that cannot be called with a config and seeds."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some built-in functions tell nothing
    try:
        signature.bind(None, None)
    except TypeError:
        rule = "must be a function that is called as main(config, seeds)"
        raise ConfigError(KEY, rule, f"{name}{signature}", "See docs/own-code.md") from None


def _watch(run: TaskRun, build: int) -> Any:
    """Return a context in which a function of a program's is watched; others are not."""
    if run.config.task.function != AUDITED:
        return nullcontext()
    # Imported only now: it brings all that watches libraries.
    from runner.tasks.watched_function import watch_function

    return watch_function(run, build)


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
