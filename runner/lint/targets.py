"""What is linted: every combination of a command line, or every file of a directory."""

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
    """What a person calls it: its overrides, or its file."""
    configuration: ComposedConfiguration
    places: Places
    base: DictConfig | None = None
    """The defaults that a file of one of their groups was put on: what can be said of these
    already is not about the file. None: the config stands for itself."""


@dataclass(frozen=True)
class Skipped:
    """A file that could not be linted."""

    message: str
    wrong: bool
    """False: it only lacks values that a command line is to give."""


def compose_target(
    configs: Configs, overrides: Sequence[str], subject: Path | None = None
) -> LintTarget:
    """Compose and validate one configuration, and find where its keys were set.

    Args:
        configs: what Hydra can compose.
        overrides: each gives a key one value.
        subject: the file that is linted, where it is one.

    Raises:
        IncompleteError: the config lacks values.
        ConfigError: it says something impossible; Hydra's own errors pass.
    """
    configuration = configs.compose(overrides)
    label = shorten(subject) if subject else " ".join(overrides) or "defaults"
    places = Places(configs.find_files(overrides), subject, find_overridden(overrides))
    return LintTarget(label, configuration, places)


def compose_combinations(overrides: Sequence[str], config_dir: Path | None) -> list[LintTarget]:
    """Compose every combination of the values that the overrides give, as a sweep would.

    Raises:
        ConfigError: an override or a config is wrong.
    """
    with open_configs(config_dir) as configs:
        return [compose_target(configs, each) for each in configs.expand(overrides)]


def compose_files(config_dir: Path) -> tuple[list[LintTarget], list[Skipped]]:
    """Compose every file of a directory's groups, each chosen alone on top of the defaults.

    A file that is wrong or incomplete does not keep the others from being composed.

    Raises:
        ConfigError: there is no such file.
    """
    found: list[LintTarget] = []
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
                found.append(replace(target, base=base) if chosen else target)
    return found, skipped


def find_files(config_dir: Path) -> list[Path]:
    """Every YAML file of a directory's groups, but for Hydra's own.

    Raises:
        ConfigError: there is none.
    """
    root = config_dir.resolve()
    found = sorted(root.glob("*/**/*.yaml"))
    files = [path for path in found if path.relative_to(root).parts[0] != "hydra"]
    if not files:
        raise ConfigError("--config-dir", "has no files in groups", config_dir)
    return files
