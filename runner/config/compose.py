"""From a command line to composed configs, with Hydra's own means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.config.nodes import configuration_id, to_dataclass
from runner.config.overrides import describe_overrides, expand, quote_value
from runner.config.schema import CONF, Config, register
from runner.config.validate import missing_keys, validate
from runner.errors import ConfigError

CONFIG = "config"
"""Name of the config that all others are part of."""


@dataclass(frozen=True)
class ConfigFile:
    """A YAML file that is part of a composed config."""

    path: Path
    package: str
    """Where its keys go, such as `train`; empty for the top level."""


@dataclass(frozen=True)
class ComposedConfiguration:
    """One combination of overrides, and the config that Hydra composed from it."""

    overrides: tuple[str, ...]
    """Each gives a key one value."""
    cfg: DictConfig
    """Without what tells the configuration's runs apart. Hydra's own node may be missing."""

    @cached_property
    def typed(self) -> Config:
        """The config as dataclasses, interpolations resolved; only of a runner config."""
        return to_dataclass(self.cfg)

    @cached_property
    def id(self) -> str:
        """The digest that names the configuration; only of a runner config."""
        return configuration_id(self.cfg)

    @cached_property
    def described(self) -> dict[str, str]:
        """Key to value for what its overrides say of it; only of a runner config."""
        return describe_overrides(self.overrides, self.cfg.seed.strategy.name)

    @cached_property
    def task_overrides(self) -> tuple[tuple[str, str], ...]:
        """Key and text of each override that is not one of Hydra's own settings."""
        parsed = OverridesParser.create().parse_overrides(list(self.overrides))
        return tuple(
            (each.key_or_group, str(each.input_line))
            for each in parsed
            if not each.is_hydra_override()
        )


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
        url = quote_value(f"file://{self.config_dir}")
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

    def compose(self, overrides: Sequence[str]) -> ComposedConfiguration:
        """Compose and validate one configuration.

        Args:
            overrides: each gives a key one value.

        Raises:
            IncompleteError: the config lacks values.
            ConfigError: it says something impossible; Hydra's own errors pass.
        """
        config = compose(CONFIG, overrides=[*self.search, *overrides])
        if missing := missing_keys(config):
            given = " ".join(f"{key}=VALUE" for key in missing)
            raise IncompleteError(", ".join(missing), f"must be given, as {given}")
        validate(config)
        return ComposedConfiguration(tuple(overrides), config)

    def find_groups(self) -> dict[str, str | None]:
        """The groups that the defaults name, and the file that they choose; None: none of them."""
        composed = compose(CONFIG, overrides=self.search, return_hydra_config=True)
        return dict(composed.hydra.runtime.choices)

    def find_files(self, overrides: Sequence[str]) -> tuple[ConfigFile, ...]:
        """Find the YAML files that a config is made of, in the order in which they are merged."""
        roots = [CONF] if self.config_dir is None else [CONF, self.config_dir]
        return find_config_files(self.loader, CONFIG, [*self.search, *overrides], roots)


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


def find_config_files(
    loader: ConfigLoader, config_name: str, overrides: Sequence[str], roots: Sequence[Path]
) -> tuple[ConfigFile, ...]:
    """Find the YAML files that a config is made of, in the order in which they are merged.

    Args:
        loader: Hydra's.
        config_name: of the primary config.
        overrides: Hydra's own and those of the task, each with one value.
        roots: directories of configs; the first that has a file wins.
    """
    defaults = loader.compute_defaults_list(config_name, list(overrides), RunMode.RUN).defaults
    found = []
    for each in defaults:
        candidates = [root / f"{each.config_path}.yaml" for root in roots]
        path = next((path for path in candidates if path.is_file()), None)
        if path is not None and not str(each.package).startswith("hydra"):
            found.append(ConfigFile(path, each.package or ""))
    return tuple(found)


def find_overridden(overrides: Sequence[str]) -> frozenset[str]:
    """Return the keys and groups that overrides give a value."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return frozenset(override.key_or_group for override in parsed)
