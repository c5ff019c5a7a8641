"""Hydra's loader of configs, kept from doing what a file of a stranger says to Hydra itself.

Hydra composes its own settings with the rest, and then makes what they name: callbacks, handlers
of logs, a launcher. So files are checked as they are loaded, which is before any of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.config.hydra_internals import (
    CachingConfigRepository,
    HookedLoader,
    IConfigRepository,
    check_hydra,
    find_config_file,
    replace_loader,
)
from runner.config.nodes import is_runner_config
from runner.config.schema import CONF
from runner.errors import ConfigError
from runner.text import one_line
from runner.trust.command_line import is_typed_path, typed_arguments, typed_keys
from runner.trust.names import VARIABLE, is_trusted
from runner.trust.sizes import MAX_LOADS, check_expansion, check_mapping, check_sweep, check_yaml

SETTINGS = "hydra"
"""What to trust, so that files may say what Hydra does."""

CHOICES: dict[str, set[str | None]] = {
    "hydra/callbacks": {None},
    "hydra/env": {"default"},
    "hydra/help": {"default", "runner"},
    "hydra/hydra_help": {"default"},
    "hydra/hydra_logging": {"default", "disabled", "none"},
    "hydra/job_logging": {"default", "disabled", "none", "run", "stdout"},
    "hydra/launcher": {"basic", "runner"},
    "hydra/output": {"default"},
    "hydra/sweeper": {"basic", "runner"},
}
"""Group of Hydra's to what files may choose there, of what it has and we ship."""

PREPARE = "runner.sweep.prepare_run.PrepareRun"
"""The callback that checks a config before a run."""

SWEEPER = ("max_batch_size", "params", "replicates")
DIRECTORIES = {"run": ("dir",), "sweep": ("dir", "subdir")}
"""Settings of Hydra that a file may make."""

PLACES = tuple(f"hydra.{group}.{name}" for group, names in DIRECTORIES.items() for name in names)

OUTPUTS = "outputs"
"""Where a file may put what a run leaves, seen from the current directory."""

NOW = re.compile(r"\$\{now:([^${}]*)\}")
NUMBERED = re.compile(r"\$\{hydra\.job\.(?:num|id)\}")
ELSEWHERE = re.compile(r"\$\{(?!hydra\.)([^${}:]+)\}")
"""An interpolation of something that is not Hydra's own."""


def guard_loading() -> None:
    """Make Hydra load configs with GuardedLoader, in this process.

    Raises:
        RunnerError: this Hydra does not have what the guard relies on.
    """
    check_hydra()
    replace_loader(GuardedLoader)


class GuardedLoader(HookedLoader):
    """Loads and composes as Hydra does, and refuses what a config may not say to it."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        for place in config_search_path.get_path():
            # It would be imported; a plan that is resumed can have named it.
            path = str(place.path)
            named = place.provider == "main" and path.startswith("pkg://") and not _is_ours(path)
            if named and not any(path in each for each in typed_arguments()):
                raise _refuse("--config-path", place.path)
        super().__init__(config_search_path)

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Compose a config.

        Raises:
            ConfigError: it says something to Hydra that needs trust, or the sweep is too large.
        """
        cfg = super().load_configuration(
            config_name, overrides, run_mode, from_shell, validate_sweep_overrides
        )
        prepared = OmegaConf.select(cfg, "hydra.callbacks.prepare._target_")
        if config_name is not None and not (is_runner_config(cfg) and prepared == PREPARE):
            raise ConfigError("--config-name", "must be built on ours, as defaults: [config, ...]")
        parser = OverridesParser.create(config_loader=self)
        said = parser.parse_overrides(overrides)
        for name in ("env_set", "env_copy"):
            if VARIABLE in cfg.hydra.job[name]:
                raise ConfigError(f"hydra.job.{name}", "must not set what is trusted", VARIABLE)
        params = OmegaConf.select(cfg, "hydra.sweeper.params") or {}
        swept = parser.parse_overrides([f"{key}={value}" for key, value in params.items()])
        if not is_trusted(SETTINGS):
            _check_overrides(swept)
            _check_choices(cfg)
            _check_places(cfg)
        content = OmegaConf.to_container(cfg, resolve=False)
        assert isinstance(content, dict)
        check_expansion({str(key): value for key, value in content.items() if key != "hydra"})
        if run_mode is RunMode.MULTIRUN:
            replicates = OmegaConf.select(cfg, "replicates", throw_on_missing=False)
            task = [override for override in said if not override.is_hydra_override()]
            check_sweep([*swept, *task], replicates if isinstance(replicates, int) else 1)
        return cfg

    def open_repository(
        self, repository: IConfigRepository, config_name: str | None, overrides: list[Override]
    ) -> CachingConfigRepository:
        """Check the overrides and the primary config, and keep account of what else is read."""
        opened = _Repository(repository)
        if not is_trusted(SETTINGS):
            _check_overrides(overrides)
        if config_name is not None:
            primary = opened.load_config(config_name)
            if primary is not None and config_name in opened.foreign:
                _check_file(primary.config, config_name)
        return opened

    def check_loaded(
        self, config: Any, config_path: str | None, repository: IConfigRepository
    ) -> None:
        """Check a config that does not come with this program."""
        assert isinstance(repository, _Repository)
        if config_path in repository.foreign:
            _check_file(config, str(config_path))


class _Repository(CachingConfigRepository):
    """The configs that one composition asks for."""

    def __init__(self, delegate: IConfigRepository) -> None:
        super().__init__(delegate)
        self.foreign: set[str] = set()
        """Those that do not come with this program or an installed package."""
        self._loads = 0

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Read a config that its file was found fit for."""
        self._loads += 1
        if self._loads > MAX_LOADS:
            raise ConfigError("defaults", "put together too many files", config_path)
        path = PurePosixPath(config_path)
        if path.is_absolute() or ".." in path.parts:
            raise ConfigError("defaults", "a file must be in the directory of configs", config_path)
        file = find_config_file(self, config_path)
        if file is None:
            return super().load_config(config_path)
        if _is_foreign(file):
            _check_name(config_path)
            check_yaml(file)
            check_mapping(file)
            self.foreign.add(config_path)
        try:
            return super().load_config(config_path)
        except OmegaConfBaseException:
            raise
        except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
            rule = "cannot be read as a config"
            raise ConfigError(str(file), rule, None, one_line(str(error))) from None


def _is_ours(path: str) -> bool:
    """Whether a package is what Hydra takes a relative --config-path to be in."""
    return path.startswith("pkg://runner.commands/")


def _is_foreign(path: Path) -> bool:
    """Whether a file does not come with this program."""
    return not path.resolve().is_relative_to(CONF.resolve())


def _check_name(name: str) -> None:
    """Refuse a file that would take the place of what comes with this program or with Hydra."""
    if name == "schema":
        raise ConfigError("defaults", "no file may take the place of the schema", f"{name}.yaml")
    if name.startswith("hydra/") and not is_trusted(SETTINGS):
        raise _refuse(name.rpartition("/")[0], f"{name}.yaml")


def _check_file(config: Any, name: str) -> None:
    """Refuse a file that says something to Hydra for which it is not trusted.

    Args:
        config: what it adds to the composed config, under its package.
        name: of the file, as a defaults list has it.
    """
    if is_trusted(SETTINGS) or not OmegaConf.is_dict(config):
        return
    content = OmegaConf.to_container(config, resolve=False)
    assert isinstance(content, dict)
    for key, value in _find_settings(content.get("hydra")):
        if not _is_harmless(key, value):
            raise _refuse(key, f"{name}.yaml")


def _find_settings(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) for what a file says to Hydra."""
    if node is None:
        return
    if not isinstance(node, dict):
        yield "hydra", node
        return
    for name, value in node.items():
        if name in ("sweeper", *DIRECTORIES) and isinstance(value, dict):
            yield from ((f"hydra.{name}.{inner}", each) for inner, each in value.items())
        else:
            yield f"hydra.{name}", value


def _is_harmless(key: str, value: Any) -> bool:
    """Whether any file may make a setting of Hydra."""
    _, _, own = key.partition(".")
    group, _, name = own.partition(".")
    if group == "sweeper":
        return name.partition(".")[0] in SWEEPER
    if name not in DIRECTORIES.get(group, ()):
        return own == "mode"
    # What the time is put together from could be `..` as well.
    text = NUMBERED.sub("0", NOW.sub(r"\1", str(value)))
    path = PurePosixPath(text)
    if "${" in text or "~" in text or path.is_absolute() or ".." in path.parts:
        return False
    return name == "subdir" or path.parts[:1] == (OUTPUTS,)


def _check_choices(cfg: DictConfig) -> None:
    """Refuse a launcher and the like that nobody typed."""
    for group, choice in cfg.hydra.runtime.choices.items():
        own = str(group).partition("@")[0]
        known = choice in CHOICES.get(own, ()) or own in typed_keys()
        if own.startswith("hydra/") and not known:
            raise _refuse(own, choice)


def _check_overrides(overrides: Sequence[Override]) -> None:
    """Refuse what is said to Hydra in an override that nobody typed.

    Such come from the sweeper's parameters in a file, from a plan, or from a lock.
    """
    for override in overrides:
        key, line = override.key_or_group, str(override.input_line)
        if not re.match(r"hydra\b", key) or "/" in key or line in typed_arguments():
            continue  # a group's choice is looked at as such
        value = override.value()
        places = value if key == "hydra.searchpath" and isinstance(value, list) else []
        if places and all(str(each).startswith("file://") for each in places):
            continue
        if not (_is_harmless(key, value) or (key in PLACES and is_typed_path(str(value)))):
            raise _refuse(key, line)


def _check_places(cfg: DictConfig) -> None:
    """Refuse directories that values of a config would lead elsewhere."""
    for group, names in DIRECTORIES.items():
        for name in names:
            raw = OmegaConf.to_container(cfg.hydra[group], resolve=False)
            assert isinstance(raw, dict)
            text = str(raw[name])
            values = [
                str(OmegaConf.select(cfg, each, throw_on_missing=False))
                for each in ELSEWHERE.findall(text)
            ]
            if "override_dirname" in text:
                values.append(cfg.hydra.job.override_dirname)
            for value in values:
                if value.startswith("/") or ".." in value.split("/"):
                    rule = "must stay where it is, whatever the config says"
                    raise ConfigError(f"hydra.{group}.{name}", rule, value)


def _refuse(key: str, received: object) -> ConfigError:
    hint = f"Write it on the command line, or run with --trust {SETTINGS} if you trust it"
    return ConfigError(key, "is not for a config file to say", received, hint)
