"""Composes what is linted: each combination of a command line, or each file of a directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from omegaconf import DictConfig

from runner.config.compose import (
    ComposedConfiguration,
    Configs,
    IncompleteError,
    find_overridden,
    open_configs,
    shorten,
)
from runner.config.hydra_errors import diagnose
from runner.errors import ConfigError, RunnerError
from runner.lint.places import Places


@dataclass(frozen=True)
class LintTarget:
    """A configuration to lint, and where its keys were set."""

    label: str
    """The overrides of the configuration, or its file, for display."""
    configuration: ComposedConfiguration
    places: Places
    base: DictConfig | None = None
    """The defaults, if the target is a file chosen for one of their groups: what is found in the
    defaults alone is not about the file. None if all findings count."""


@dataclass(frozen=True)
class Skipped:
    """A file that could not be linted."""

    message: str
    """One line that says why."""
    wrong: bool
    """Whether the file is wrong; otherwise it only lacks values that a command line must give."""


def compose_target(
    configs: Configs, overrides: Sequence[str], subject: Path | None = None
) -> LintTarget:
    """Compose and validate one configuration, and find where its keys were set.

    Args:
        configs: The configs that Hydra can compose.
        overrides: Overrides that each give a key one value.
        subject: The file that is linted; None if it is no single file.

    Raises:
        IncompleteError: The config lacks values.
        ConfigError: The config is not valid. Hydra's own errors are passed on.
    """
    configuration = configs.compose(overrides)
    label = shorten(subject) if subject else " ".join(overrides) or "defaults"
    places = Places(configs.find_files(overrides), subject, find_overridden(overrides))
    return LintTarget(label, configuration, places)


def compose_combinations(overrides: Sequence[str], config_dir: Path | None) -> list[LintTarget]:
    """Compose every combination of the values that the overrides give, as a sweep would.

    Raises:
        ConfigError: An override or a config is wrong.
    """
    with open_configs(config_dir) as configs:
        return [compose_target(configs, each) for each in configs.expand(overrides)]


def compose_files(config_dir: Path) -> tuple[list[LintTarget], list[Skipped]]:
    """Compose every file of a directory's groups, each chosen alone on top of the defaults.

    Returns:
        The composed files, and those that were skipped because they are wrong or incomplete.

    Raises:
        ConfigError: The directory has no files in groups.
    """
    targets: list[LintTarget] = []
    skipped: list[Skipped] = []
    with open_configs(config_dir) as configs:
        groups = configs.find_groups()
        base = configs.compose([]).cfg
        for path in find_files(config_dir):
            choice = path.relative_to(config_dir.resolve()).with_suffix("")
            group = choice.parent.as_posix()
            override = f"{'' if group in groups else '+'}{group}={choice.name}"
            try:
                target = compose_target(configs, [override], path)
            except IncompleteError as lacking:
                skipped.append(Skipped(f"{shorten(path)}: not linted, as {lacking}", wrong=False))
            except Exception as error:
                wrong = error if isinstance(error, RunnerError) else diagnose(error)
                if wrong is None:
                    raise
                skipped.append(Skipped(f"{shorten(path)}: {wrong}", wrong=True))
            else:
                chosen = groups.get(group) is not None
                targets.append(replace(target, base=base) if chosen else target)
    return targets, skipped


def find_files(config_dir: Path) -> list[Path]:
    """Return every YAML file in the groups of a directory, except for those of Hydra itself.

    Raises:
        ConfigError: There is none.
    """
    root = config_dir.resolve()
    in_groups = sorted(root.glob("*/**/*.yaml"))
    files = [path for path in in_groups if path.relative_to(root).parts[0] != "hydra"]
    if not files:
        raise ConfigError("--config-dir", "has no files in groups", config_dir)
    return files
