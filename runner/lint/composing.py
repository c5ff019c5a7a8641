"""From a command line or a directory to composed configs, with Hydra's own means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.diagnose import diagnose
from runner.errors import ConfigError, RunnerError
from runner.lint.places import File, Places
from runner.schema import CONF, register
from runner.sweep import expand
from runner.validate import missing_keys, validate

CONFIG = "config"
"""Name of the config that all others are part of."""


@dataclass(frozen=True)
class Composed:
    """A config, and what it was composed from."""

    label: str
    """What a person calls it: its overrides, or its file."""
    config: DictConfig
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


def compose_combinations(overrides: Sequence[str], config_dir: Path | None) -> list[Composed]:
    """Compose every combination of the values that the overrides give, as a sweep would.

    Raises:
        ConfigError: an override or a config is wrong.
    """
    with open_configs(config_dir) as configs:
        return [configs.compose(each) for each in configs.expand(overrides)]


def compose_files(config_dir: Path) -> tuple[list[Composed], list[Skipped]]:
    """Compose every file of a directory's groups, each chosen alone on top of the defaults.

    A file that is wrong or incomplete does not keep the others from being composed.

    Raises:
        ConfigError: there is no such file.
    """
    found: list[Composed] = []
    skipped: list[Skipped] = []
    with open_configs(config_dir) as configs:
        groups = configs.find_groups()
        base = configs.compose([]).config
        for path in find_files(config_dir):
            choice = path.relative_to(config_dir.resolve()).with_suffix("")
            group = choice.parent.as_posix()
            override = f"{'' if group in groups else '+'}{group}={choice.name}"
            try:
                composed = configs.compose([override], path)
            except IncompleteError as lacking:
                skipped.append(Skipped(f"{shorten(path)}: not linted, as {lacking}", wrong=False))
            except Exception as error:
                wrong = error if isinstance(error, RunnerError) else diagnose(error)
                if wrong is None:
                    raise
                skipped.append(Skipped(f"{shorten(path)}: {wrong}", wrong=True))
            else:
                chosen = groups.get(group) is not None
                found.append(replace(composed, base=base) if chosen else composed)
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


class IncompleteError(ConfigError):
    """A config lacks a value that the command line is to give."""


@contextmanager
def open_configs(config_dir: Path | None) -> Iterator[Configs]:
    """Let Hydra read the shipped configs, and those of one more directory.

    Raises:
        ConfigError: there is no such directory.
    """
    if config_dir is not None and not config_dir.is_dir():
        raise ConfigError("--config-dir", "no such directory", config_dir.absolute())
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield Configs(config_dir.resolve() if config_dir else None)


@dataclass(frozen=True)
class Configs:
    """What Hydra can compose, while `open_configs` is entered."""

    config_dir: Path | None

    @property
    def search(self) -> list[str]:
        """The override that adds the directory where --config-dir does: behind the shipped one."""
        if self.config_dir is None:
            return []
        url = QuotedString(f"file://{self.config_dir}", Quote.single).with_quotes()
        return [f"hydra.searchpath=[{url}]"]

    @property
    def loader(self) -> ConfigLoader:
        """Hydra's loader."""
        return GlobalHydra.instance().config_loader()

    def expand(self, overrides: Sequence[str]) -> list[list[str]]:
        """Every combination of the values given."""
        loader = cast(ConfigLoader, _Searching(self.loader, self.search))
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
        if any(override.is_sweep_override() for override in parsed):
            return expand(parsed)
        return [list(overrides)]

    def compose(self, overrides: Sequence[str], subject: Path | None = None) -> Composed:
        """Compose and validate one config.

        Args:
            overrides: without several values for a key.
            subject: the file that is linted, where it is one.

        Raises:
            IncompleteError: it lacks values.
            ConfigError: it says something impossible; Hydra's own errors pass.
        """
        config = compose(CONFIG, overrides=[*self.search, *overrides])
        if missing := missing_keys(config):
            given = " ".join(f"{key}=VALUE" for key in missing)
            raise IncompleteError(", ".join(missing), f"must be given, as {given}")
        validate(config)
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        overridden = frozenset(override.key_or_group for override in parsed)
        label = shorten(subject) if subject else " ".join(overrides) or "defaults"
        return Composed(label, config, Places(self.find_parts(overrides), subject, overridden))

    def find_groups(self) -> dict[str, str | None]:
        """The groups that the defaults name, and the file that they choose; None: none of them."""
        composed = compose(CONFIG, overrides=self.search, return_hydra_config=True)
        return dict(composed.hydra.runtime.choices)

    def find_parts(self, overrides: Sequence[str]) -> tuple[File, ...]:
        """The YAML files that a config is made of, in the order in which they are merged."""
        arguments = [*self.search, *overrides]
        defaults = self.loader.compute_defaults_list(CONFIG, arguments, RunMode.RUN).defaults
        roots = [CONF] if self.config_dir is None else [CONF, self.config_dir]
        parts = []
        for each in defaults:
            candidates = [root / f"{each.config_path}.yaml" for root in roots]
            path = next((path for path in candidates if path.is_file()), None)
            if path is not None and not str(each.package).startswith("hydra"):
                parts.append(File(path, each.package or ""))
        return tuple(parts)


@dataclass(frozen=True)
class _Searching:
    """What an override asks of a loader to find the files that its `glob(...)` matches."""

    loader: ConfigLoader
    search: list[str]

    def get_group_options(self, group: str, results_filter: Any = ObjectType.CONFIG) -> list[str]:
        return self.loader.get_group_options(group, results_filter, CONFIG, self.search)


def shorten(path: Path) -> str:
    """A path as seen from here, where it is below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
