"""A sweep, from overrides to what is said of it: the sweeper behind the plugin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, open_dict

from runner.config.compose import ComposedConfiguration
from runner.config.overrides import check_swept, expand, parse_overrides
from runner.config.validate import validate
from runner.errors import ConfigError
from runner.lint.preview import Comments, Preview, preview_all
from runner.plan.jobs import make_jobs, plan_application_jobs, plan_jobs
from runner.plan.manifest import describe_plan, read_manifest
from runner.plan.resume import check_unchanged
from runner.sweep.execution import Conclude, PlannedSweep, run_application, run_sweep
from runner.sweep.prune import prune
from runner.text import strip_control_characters


@dataclass(frozen=True)
class Settings:
    """What Hydra's config says to the sweeper.

    Raises:
        ConfigError: a number is below 1.
    """

    max_batch_size: int | None = None
    """Jobs handed to the launcher at once; None: all."""
    params: dict[str, str] = field(default_factory=dict)
    """Further overrides; those typed come first."""
    replicates: int = 1
    """Runs of each configuration of an application that is not ours."""

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
) -> list[Sequence[JobReturn]]:
    """Run every configuration with its replicates and replays, and conclude from their records.

    Nothing is written before all configurations are valid. With `dry_run` it is only told what
    would run.

    Args:
        arguments: task overrides as typed.
        config: the sweep's own runner config; its sweep directory is changed where that is taken.
        loader: composes.
        launcher: runs the jobs; any Hydra launcher.
        settings: of the sweeper.
        preview: tells what would run.
        conclude: tells what was measured.

    Returns:
        What the jobs returned, a list a batch; nothing with `dry_run`.

    Raises:
        ConfigError: a configuration says something impossible.
        SweepFailed: everything is saved, and some runs failed or claims were refuted.
    """
    overrides = parse_overrides(settings.params, arguments, loader)
    check_swept(overrides)
    configurations = _compose(overrides, config, loader)
    first = configurations[0].cfg
    comments = Comments.of(configurations, loader) if first.dry_run else None
    if comments is not None:
        _drop_hydra_nodes(configurations)
    for each in configurations:
        validate(each.cfg)
    configurations, left_out = prune(configurations)
    for line in left_out:
        print(strip_control_characters(line), flush=True)
    if comments is not None:
        preview(preview_all(configurations, comments, repeated=True))
        return []
    planned = _plan(configurations, arguments)
    return run_sweep(planned, config, launcher, settings.max_batch_size, conclude)


def sweep_application(
    arguments: Sequence[str],
    config: DictConfig,
    loader: ConfigLoader,
    launcher: Launcher,
    settings: Settings,
) -> list[Sequence[JobReturn]]:
    """Run every combination of a Hydra application that is not ours, as Hydra's own sweeper does.

    Args:
        arguments: as in `sweep`.
        config: the sweep's own config.
        loader: as in `sweep`.
        launcher: as in `sweep`.
        settings: as in `sweep`.

    Raises:
        Exception: what the first failed job raised.
    """
    combinations = expand(parse_overrides(settings.params, arguments, loader))
    configurations = [
        ComposedConfiguration(tuple(each), loader.load_sweep_config(config, each))
        for each in combinations
    ]
    workers = getattr(launcher, "workers", None)
    jobs = plan_application_jobs(configurations, workers, settings.replicates)
    return run_application(jobs, config, launcher, settings.max_batch_size)


def _compose(
    overrides: Sequence[Override], config: DictConfig, loader: ConfigLoader
) -> list[ComposedConfiguration]:
    # A value given twice is one configuration, not twice as many independent runs.
    combinations = dict.fromkeys(map(tuple, expand(overrides)))
    return [
        ComposedConfiguration(each, loader.load_sweep_config(config, list(each)))
        for each in combinations
    ]


def _drop_hydra_nodes(configurations: Sequence[ComposedConfiguration]) -> None:
    """Nothing is run that needs Hydra's node, and everything that reads would copy it."""
    for each in configurations:
        with open_dict(each.cfg):
            del each.cfg["hydra"]


def _plan(
    configurations: Sequence[ComposedConfiguration], arguments: Sequence[str]
) -> PlannedSweep:
    """Plan a new sweep, or take up the plan of the one that is to be resumed."""
    first = configurations[0].cfg
    if first.resume:
        manifest = read_manifest(Path(first.resume))
        check_unchanged(manifest, configurations, first.accept_change)
        jobs = make_jobs(configurations, manifest.runs)
        return PlannedSweep(configurations, jobs, manifest, resumed=Path(first.resume))
    jobs = plan_jobs(configurations, first.workers)
    return PlannedSweep(configurations, jobs, describe_plan(jobs, configurations, arguments))
