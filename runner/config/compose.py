"""Composes configs from the overrides of a command line, with Hydra's own functions."""

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
from omegaconf import DictConfig, open_dict

from runner.config.checks.unused_keys import check_overrides
from runner.config.grids.content import Content
from runner.config.grids.template import Template
from runner.config.nodes import without_hydra
from runner.config.overrides import check_choices, describe_overrides, expand, quote_value
from runner.config.schema import CONF, Config, register
from runner.config.validate import check_content, missing_keys, validate
from runner.errors import ConfigError
from runner.trust.secrets import conceal_error

CONFIG = "config"
"""Name of the primary config, whose defaults list names all others."""


@dataclass(frozen=True)
class ConfigFile:
    """A YAML file that is part of a composed config."""

    path: Path
    package: str
    """Dotted key under which its content is merged, such as `train`; empty for the top level."""


@dataclass(frozen=True)
class ComposedConfiguration:
    """One combination of overrides, and the config that is composed from it."""

    overrides: tuple[str, ...]
    """Overrides of the combination, each with one value."""
    origin: DictConfig | Template
    """The composed config, before the values of any run are set; it may lack Hydra's node. Or what
    makes it, as thousands of configs would fill memory."""
    known: Content | None = None
    """The content of the config, where it was taken already."""

    @property
    def cfg(self) -> DictConfig:
        """The composed config; if a template makes it, another copy each time."""
        if isinstance(self.origin, Template):
            return self.origin.make(self.overrides)
        return self.origin

    @property
    def composed(self) -> DictConfig:
        """A composed config with the same schema and, where it has one, the same node of Hydra's.

        Only the overrides of the task in that node may be those of another configuration. Many
        configurations can share it.
        """
        return self.origin.composed if isinstance(self.origin, Template) else self.origin

    @cached_property
    def content(self) -> Content:
        """The content of the config, which must have our schema; it is checked first.

        Raises:
            ConfigError: the config is not valid.
        """
        if self.known is None:
            return validate(self.cfg)
        check_content(self.known, lambda: self.cfg)
        return self.known

    @property
    def typed(self) -> Config:
        """The config as dataclasses with interpolations resolved; it must have our schema."""
        return self.content.typed

    @cached_property
    def id(self) -> str:
        """The configuration's id, 12 hexadecimal digits; the config must have our schema."""
        return self.content.id

    @cached_property
    def described(self) -> dict[str, str]:
        """Key to value of the overrides that a record stores; the config must have our schema."""
        return describe_overrides(self.overrides, self.typed.seed.strategy.name)

    @cached_property
    def task_overrides(self) -> tuple[tuple[str, str], ...]:
        """Key and text of each override, without those of Hydra's own settings."""
        parsed = OverridesParser.create().parse_overrides(list(self.overrides))
        return tuple(
            (override.key_or_group, str(override.input_line))
            for override in parsed
            if not override.is_hydra_override()
        )

    def check(self) -> None:
        """Check the config beyond its types, and its overrides, as `validate` does.

        Raises:
            ConfigError: the config is not valid.
        """
        content = self.content
        try:
            check_overrides(content, self.overrides)
        except ConfigError as error:
            raise conceal_error(error, without_hydra(self.cfg)) from None

    def move(self, directory: str) -> None:
        """Set the directory of the sweep in Hydra's node."""
        if isinstance(self.origin, Template):
            self.origin.move(directory)
        else:
            with open_dict(self.origin):
                self.origin.hydra.sweep.dir = directory


class IncompleteError(ConfigError):
    """A config lacks a mandatory value, which the command line must give."""


@contextmanager
def open_configs(config_dir: Path | None) -> Iterator[Configs]:
    """Initialize Hydra with the shipped configs and, optionally, those of one more directory.

    Args:
        config_dir: the additional directory, searched after the shipped configs; None for none.

    Raises:
        ConfigError: `config_dir` is not a directory.
    """
    if config_dir is not None and not config_dir.is_dir():
        raise ConfigError("--config-dir", "no such directory", config_dir.absolute())
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield Configs(config_dir.resolve() if config_dir else None)


@dataclass(frozen=True)
class Configs:
    """Composes and finds configs; usable only inside `open_configs`."""

    config_dir: Path | None
    """Absolute path of the additional directory of configs; None if there is none."""

    @property
    def search(self) -> list[str]:
        """Override that adds the directory to the search path, after the shipped configs."""
        if self.config_dir is None:
            return []
        url = quote_value(f"file://{self.config_dir}")
        return [f"hydra.searchpath=[{url}]"]

    @property
    def loader(self) -> ConfigLoader:
        """Hydra's config loader."""
        return GlobalHydra.instance().config_loader()

    def expand(self, overrides: Sequence[str]) -> list[list[str]]:
        """Expand sweep overrides to every combination of their values.

        Args:
            overrides: as typed; a list, a range or a glob gives a key several values.

        Returns:
            One list of overrides, each with one value, per combination; the last key varies
            fastest.

        Raises:
            ConfigError: a key is given no value, or values that cannot be enumerated.
        """
        loader = cast(ConfigLoader, _GlobLoader(self.loader, self.search))
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
        if any(override.is_sweep_override() for override in parsed):
            return expand(parsed)
        return [list(overrides)]

    def compose(self, overrides: Sequence[str]) -> ComposedConfiguration:
        """Compose and validate one configuration.

        Args:
            overrides: overrides, each with one value.

        Raises:
            IncompleteError: the config lacks mandatory values; the message names all of them.
            ConfigError: the config is not valid. Errors of Hydra and OmegaConf are not caught.
        """
        check_choices(overrides)
        config = compose(CONFIG, overrides=[*self.search, *overrides])
        if missing := missing_keys(config):
            given = " ".join(f"{key}=VALUE" for key in missing)
            raise IncompleteError(", ".join(missing), f"must be given, as {given}")
        composed = ComposedConfiguration(tuple(overrides), config)
        composed.check()
        return composed

    def find_groups(self) -> dict[str, str | None]:
        """Return the option chosen for each group of the defaults list; None for no option."""
        composed = compose(CONFIG, overrides=self.search, return_hydra_config=True)
        return dict(composed.hydra.runtime.choices)

    def find_files(self, overrides: Sequence[str]) -> tuple[ConfigFile, ...]:
        """Find the YAML files that make up a config, in the order in which they are merged."""
        roots = [CONF] if self.config_dir is None else [CONF, self.config_dir]
        return find_config_files(self.loader, CONFIG, [*self.search, *overrides], roots)


@dataclass(frozen=True)
class _GlobLoader:
    """A loader with which `glob(...)` in an override also matches files of the extra directory."""

    loader: ConfigLoader
    search: list[str]

    def get_group_options(self, group: str, results_filter: Any = ObjectType.CONFIG) -> list[str]:
        return self.loader.get_group_options(group, results_filter, CONFIG, self.search)


def shorten(path: Path) -> str:
    """Return a path relative to the current directory if it lies below, or unchanged."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def find_config_files(
    loader: ConfigLoader, config_name: str, overrides: Sequence[str], roots: Sequence[Path]
) -> tuple[ConfigFile, ...]:
    """Find the YAML files that make up a config, in the order in which they are merged.

    Configs of Hydra itself are left out.

    Args:
        loader: Hydra's config loader.
        config_name: name of the primary config.
        overrides: overrides of Hydra's settings and of the task, each with one value.
        roots: directories of configs; a file in an earlier one hides its namesakes in later ones.
    """
    defaults = loader.compute_defaults_list(config_name, list(overrides), RunMode.RUN).defaults
    files = []
    for default in defaults:
        candidates = [root / f"{default.config_path}.yaml" for root in roots]
        path = next((path for path in candidates if path.is_file()), None)
        if path is not None and not str(default.package).startswith("hydra"):
            files.append(ConfigFile(path, default.package or ""))
    return tuple(files)


def find_overridden(overrides: Sequence[str]) -> frozenset[str]:
    """Return the keys and groups to which overrides give a value."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return frozenset(override.key_or_group for override in parsed)
