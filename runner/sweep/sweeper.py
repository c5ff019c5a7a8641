"""Runs a sweep from its overrides to its results, behind the sweeper plugin."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import ComposedConfiguration
from runner.config.grids.composition import compose_all
from runner.config.overrides import (
    check_choices,
    check_swept,
    describe_repeats,
    expand,
    parse_overrides,
)
from runner.config.schema import Config
from runner.errors import ConfigError, nearest
from runner.lint.preview import Comments, Preview, preview_all
from runner.plan.jobs import make_jobs, plan_jobs
from runner.plan.manifest import describe_plan, read_manifest
from runner.plan.resume import check_unchanged
from runner.plan.workers import count_workers
from runner.sweep.execution import (
    Begin,
    Conclude,
    PlannedSweep,
    count_nodes,
    run_sweep,
)
from runner.sweep.prune import prune
from runner.sweep.rounds import check_budget
from runner.text import strip_control_characters

HYDRA_PARTS = ("sweeper", "launcher", "callbacks")
"""Parts of Hydra's own node that Hydra reads before it composes what is swept over."""


@dataclass(frozen=True)
class Settings:
    """Settings of the sweeper, from Hydra's config.

    Raises:
        ConfigError: A number is below 1.
    """

    max_batch_size: int | None = None
    """Jobs handed to the launcher at once, at least 1; None means all."""
    params: dict[str, str] = field(default_factory=dict)
    """Further overrides, key to value; those typed take precedence."""
    replicates: int = 1
    """Runs of each configuration of another Hydra application, at least 1."""
    resume: str | None = None
    """Directory of the sweep over another Hydra application to go on with; None for a new one."""

    def __post_init__(self) -> None:
        for name in ("max_batch_size", "replicates"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ConfigError(f"hydra.sweeper.{name}", "must be at least 1", number)


def sweep(
    arguments: Sequence[str],
    config: DictConfig,
    loader: ConfigLoader,
    launcher: Launcher,
    settings: Settings,
    *,
    preview: Callable[[Sequence[Preview]], None],
    conclude: Conclude,
    begin: Begin | None = None,
) -> list[Sequence[JobReturn]]:
    """Run every configuration with its replicates and replays, and conclude from their records.

    Nothing is written until all configurations are known to be valid. With `dry_run`, the sweep is
    only previewed.

    Args:
        arguments: Task overrides as typed.
        config: The runner config of the sweep itself. If its sweep directory is taken, another one
            is set.
        loader: Composes configs.
        launcher: Runs the jobs; any Hydra launcher.
        settings: Settings of the sweeper.
        preview: Shows what would run.
        conclude: Saves and prints the results.
        begin: Is told the directory before the first run; None: nobody is.

    Returns:
        The returns of the jobs, one list per batch; empty with `dry_run`.

    Raises:
        ConfigError: A configuration is not valid.
        SweepFailed: Some runs failed or claims were refuted. Everything is saved.
    """
    if settings.resume is not None:
        hint = f"Write resume={settings.resume}"
        raise ConfigError("hydra.sweeper.resume", "is for other applications", None, hint)
    overrides = parse_overrides(settings.params, arguments, loader)
    check_swept(overrides, loader)
    for line in describe_repeats(overrides):
        print(strip_control_characters(line), flush=True)
    configurations = _compose(overrides, config, loader)
    _check_hydra(configurations, config)
    for each in configurations:
        check_choices(each.overrides)
        each.check()
        _check_ignored(each.typed)
    configurations, left_out = prune(configurations)
    for line in left_out:
        print(strip_control_characters(line), flush=True)
    if configurations[0].typed.dry_run:
        comments = Comments.of(configurations, loader)
        preview(preview_all(configurations, comments, repeated=True))
        return []
    planned = _plan(configurations, arguments, count_nodes(launcher))
    return run_sweep(planned, config, launcher, settings.max_batch_size, conclude, begin)


def _check_ignored(config: Config) -> None:
    """Refuse to ignore findings that no rule makes."""
    if not config.ignore:
        return
    from runner.analysis.findings.rule_table import RULES

    known = [rule.code for rule in RULES]
    for code in config.ignore:
        if code not in known:
            rule = "is the code of no finding, see `python -m runner report --rules`"
            raise ConfigError(f"ignore.{code}", rule, code, nearest(code, known))


def _compose(
    overrides: Sequence[Override], config: DictConfig, loader: ConfigLoader
) -> list[ComposedConfiguration]:
    # A value given twice is one configuration: its runs would not be independent.
    combinations = dict.fromkeys(map(tuple, expand(overrides)))
    return compose_all(list(combinations), config, loader)


def _check_hydra(configurations: Sequence[ComposedConfiguration], config: DictConfig) -> None:
    """Refuse a configuration that says something to Hydra which the sweep itself does not.

    Hydra reads its own settings before it composes the choices that are swept over, so those that
    only one of the choices brings, such as a sweep of its own, would be lost.

    Raises:
        ConfigError: the configuration has other settings of Hydra than the sweep.
    """
    # Many configurations can share one node of Hydra's.
    distinct = {id(each.composed): each for each in reversed(configurations)}
    for configuration, part in itertools.product(reversed(distinct.values()), HYDRA_PARTS):
        # Unresolved: a directory may be named by what is known only inside a job.
        own, used = (
            OmegaConf.to_container(each.hydra[part], resolve=False)
            for each in (configuration.composed, config)
        )
        if own == used:
            continue
        assert isinstance(own, dict)
        assert isinstance(used, dict)
        different = [name for name in {**own, **used} if own.get(name) != used.get(name)]
        lost = sorted(f"hydra.{part}.{name}" for name in different)
        chosen = " ".join(configuration.overrides)
        raise ConfigError(
            chosen,
            f"brings {', '.join(lost)}, which would be lost among several that are swept over",
            None,
            f"Run it by itself: python -m runner {chosen} -m",
        )


def _plan(
    configurations: Sequence[ComposedConfiguration], arguments: Sequence[str], nodes: int
) -> PlannedSweep:
    """Plan a new sweep, or return the plan of the sweep that is to be resumed."""
    first = configurations[0].typed
    if first.resume:
        manifest = read_manifest(Path(first.resume))
        check_unchanged(manifest, configurations, first.accept_change)
        jobs = make_jobs(configurations, manifest.runs)
        return PlannedSweep(
            configurations, jobs, manifest, grows=True, ends_parted=True, resumed=Path(first.resume)
        )
    workers = count_workers(first.workers, first.runs_per_gpu)
    jobs = plan_jobs(configurations, workers, nodes=nodes)
    check_budget(jobs, configurations)
    manifest = describe_plan(jobs, configurations, arguments)
    return PlannedSweep(configurations, jobs, manifest, grows=True, ends_parted=True)
