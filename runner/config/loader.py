"""Hydra's config loader, which here refuses settings of Hydra made by an untrusted config file.

Hydra composes its own settings together with the rest of the config, and then instantiates what
they name: callbacks, log handlers, a launcher. Files are therefore checked as they are loaded,
before any of these objects exists.
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
from runner.config.schema import AUTO, CONF
from runner.errors import ConfigError
from runner.text import one_line
from runner.trust.command_line import is_typed_path, typed_arguments, typed_keys
from runner.trust.names import VARIABLE, is_trusted
from runner.trust.sizes import MAX_LOADS, check_expansion, check_mapping, check_sweep, check_yaml

HYDRA_TRUST = "hydra"
"""Name given to --trust that lets config files change any setting of Hydra."""

ALLOWED_CHOICES: dict[str, set[str | None]] = {
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
"""Options that a config file may choose, for each config group of Hydra.

All come with Hydra or with this program; None chooses no option.
"""

PREPARE_TARGET = "runner.sweep.prepare_run.PrepareRun"
"""`_target_` of the callback that checks a config before a run; every config must keep it."""

SWEEPER_FIELDS = ("max_batch_size", "params", "replicates")
"""Fields of `hydra.sweeper` that a config file may set."""

DIRECTORY_FIELDS = {"run": ("dir",), "sweep": ("dir", "subdir")}
"""Fields of `hydra.run` and `hydra.sweep` that a config file may set, each a directory."""

DIRECTORY_KEYS = tuple(
    f"hydra.{group}.{name}" for group, names in DIRECTORY_FIELDS.items() for name in names
)
"""Dotted keys of the fields in DIRECTORY_FIELDS."""

OUTPUT_ROOT = "outputs"
"""Directory, relative to the current one, below which a config file may put run directories."""

TIME_INTERPOLATION = re.compile(r"\$\{now:([^${}]*)\}")
"""An interpolation of the current time, with its format as the group."""

JOB_INTERPOLATION = re.compile(r"\$\{hydra\.job\.(?:num|id)\}")
"""An interpolation of the job's number."""

TASK_INTERPOLATION = re.compile(r"\$\{(?!hydra\.)([^${}:]+)\}")
"""An interpolation of a key outside of Hydra's node, with that key as the group."""


def guard_loading() -> None:
    """Make Hydra load configs with GuardedLoader in this process.

    Raises:
        RunnerError: the installed Hydra lacks a private name that the guard relies on.
    """
    check_hydra()
    replace_loader(GuardedLoader)


class GuardedLoader(HookedLoader):
    """Loads and composes as Hydra does, and refuses settings that a config file may not make."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        for element in config_search_path.get_path():
            # Hydra would import the package, and a plan being resumed may be what names it.
            path = str(element.path)
            named = element.provider == "main" and path.startswith("pkg://") and not _is_ours(path)
            if named and not any(path in argument for argument in typed_arguments()):
                raise _refuse("--config-path", element.path)
        super().__init__(config_search_path)
        self._asked: tuple[tuple[object, ...], DictConfig] | None = None
        """What Hydra composed only to read the mode from it, and the arguments."""

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Compose a config as Hydra does, then check it.

        Hydra composes every command line twice, at first to read `hydra.mode`: it throws that
        config away. For a sweep the second would be the same, so that the first is returned.

        Raises:
            ConfigError: the config changes a setting of Hydra that needs trust, is not built on
                ours, would expand to too much text, or makes too large a sweep.
        """
        arguments = (config_name, tuple(overrides), run_mode)
        asked, self._asked = self._asked, None
        if asked is not None and asked[0] == arguments:
            parsed = OverridesParser.create().parse_overrides(overrides)
            self.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
            return asked[1]
        cfg = self._compose(config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        if not validate_sweep_overrides:
            self._asked = arguments, cfg
        return cfg

    def _compose(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool,
        validate_sweep_overrides: bool,
    ) -> DictConfig:
        cfg = super().load_configuration(
            config_name, overrides, run_mode, from_shell, validate_sweep_overrides
        )
        callback = OmegaConf.select(cfg, "hydra.callbacks.prepare._target_")
        if config_name is not None and not (is_runner_config(cfg) and callback == PREPARE_TARGET):
            raise ConfigError("--config-name", "must extend ours with defaults: [config, ...]")
        parser = OverridesParser.create(config_loader=self)
        parsed = parser.parse_overrides(overrides)
        for name in ("env_set", "env_copy"):
            if VARIABLE in cfg.hydra.job[name]:
                raise ConfigError(
                    f"hydra.job.{name}", f"must not set {VARIABLE}: only --trust grants trust"
                )
        params = OmegaConf.select(cfg, "hydra.sweeper.params") or {}
        swept = parser.parse_overrides([f"{key}={value}" for key, value in params.items()])
        if not is_trusted(HYDRA_TRUST):
            _check_overrides(swept)
            _check_choices(cfg)
            _check_directories(cfg)
        content = OmegaConf.to_container(cfg, resolve=False)
        assert isinstance(content, dict)
        check_expansion({str(key): value for key, value in content.items() if key != "hydra"})
        if run_mode is RunMode.MULTIRUN:
            replicates = OmegaConf.select(cfg, "replicates", throw_on_missing=False)
            if replicates == AUTO:
                replicates = OmegaConf.select(cfg, "max_replicates", throw_on_missing=False)
            task = [override for override in parsed if not override.is_hydra_override()]
            check_sweep([*swept, *task], replicates if isinstance(replicates, int) else 1)
        return cfg

    def open_repository(
        self, repository: IConfigRepository, config_name: str | None, overrides: list[Override]
    ) -> CachingConfigRepository:
        """Check overrides and primary config; return a repository that checks every file."""
        opened = _CheckedRepository(repository)
        if not is_trusted(HYDRA_TRUST):
            _check_overrides(overrides)
        if config_name is not None:
            primary = opened.load_config(config_name)
            if primary is not None and config_name in opened.foreign:
                _check_file(primary.config, config_name)
        return opened

    def check_loaded(
        self, config: Any, config_path: str | None, repository: IConfigRepository
    ) -> None:
        """Check a loaded config, unless it comes with this program."""
        assert isinstance(repository, _CheckedRepository)
        if config_path in repository.foreign:
            _check_file(config, str(config_path))


class _CheckedRepository(CachingConfigRepository):
    """Reads the configs of one composition, checking each file before OmegaConf parses it."""

    def __init__(self, delegate: IConfigRepository) -> None:
        super().__init__(delegate)
        self.foreign: set[str] = set()
        """Paths of the configs read so far from files that do not come with this program."""
        self._loads = 0

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Read a config once its file has passed the checks; None if there is no such config.

        Raises:
            ConfigError: too many files are loaded, or this one lies outside of the config
                directories, replaces a file of ours, is too large or is malformed.
        """
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
    """Return whether a path is in the package against which Hydra resolves --config-path."""
    return path.startswith("pkg://runner.commands/")


def _is_foreign(path: Path) -> bool:
    """Return whether a file is not among the configs that come with this program."""
    return not path.resolve().is_relative_to(CONF.resolve())


def _check_name(name: str) -> None:
    """Refuse a file that would replace our schema or a config of Hydra."""
    if name == "schema":
        raise ConfigError("defaults", "no file may take the place of the schema", f"{name}.yaml")
    if name.startswith("hydra/") and not is_trusted(HYDRA_TRUST):
        raise _refuse(name.rpartition("/")[0], f"{name}.yaml")


def _check_file(config: Any, name: str) -> None:
    """Refuse a file that makes a setting of Hydra that needs trust.

    Args:
        config: what the file adds to the composed config, under its package.
        name: name of the file in the defaults list, without its suffix.

    Raises:
        ConfigError: the file makes such a setting; the message names it.
    """
    if is_trusted(HYDRA_TRUST) or not OmegaConf.is_dict(config):
        return
    content = OmegaConf.to_container(config, resolve=False)
    assert isinstance(content, dict)
    for key, value in _find_settings(content.get("hydra")):
        if not _is_harmless(key, value):
            raise _refuse(key, f"{name}.yaml")


def _find_settings(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) for each setting in a file's `hydra` node."""
    if node is None:
        return
    if not isinstance(node, dict):
        yield "hydra", node
        return
    for name, value in node.items():
        if name in ("sweeper", *DIRECTORY_FIELDS) and isinstance(value, dict):
            yield from ((f"hydra.{name}.{inner}", setting) for inner, setting in value.items())
        else:
            yield f"hydra.{name}", value


def _is_harmless(key: str, value: Any) -> bool:
    """Return whether an untrusted file may give a setting of Hydra this value."""
    _, _, own = key.partition(".")
    group, _, name = own.partition(".")
    if group == "sweeper":
        return name.partition(".")[0] in SWEEPER_FIELDS
    if name not in DIRECTORY_FIELDS.get(group, ()):
        return own == "mode"
    # A time format is free text, so it may contain `..`; it is kept to be checked as a path.
    text = JOB_INTERPOLATION.sub("0", TIME_INTERPOLATION.sub(r"\1", str(value)))
    path = PurePosixPath(text)
    if "${" in text or "~" in text or path.is_absolute() or ".." in path.parts:
        return False
    return name == "subdir" or path.parts[:1] == (OUTPUT_ROOT,)


def _check_choices(cfg: DictConfig) -> None:
    """Refuse an option of one of Hydra's groups that is neither allowed nor typed."""
    for group, choice in cfg.hydra.runtime.choices.items():
        own = str(group).partition("@")[0]
        known = choice in ALLOWED_CHOICES.get(own, ()) or own in typed_keys()
        if own.startswith("hydra/") and not known:
            raise _refuse(own, choice)


def _check_overrides(overrides: Sequence[Override]) -> None:
    """Refuse overrides of Hydra's settings that are neither harmless nor typed.

    An override that was not typed comes from the sweeper's parameters in a file, from a plan or
    from a lock.
    """
    for override in overrides:
        key, line = override.key_or_group, str(override.input_line)
        if not re.match(r"hydra\b", key) or "/" in key or line in typed_arguments():
            continue  # _check_choices looks at choices of groups
        value = override.value()
        paths = value if key == "hydra.searchpath" and isinstance(value, list) else []
        if paths and all(str(path).startswith("file://") for path in paths):
            continue
        if not (_is_harmless(key, value) or (key in DIRECTORY_KEYS and is_typed_path(str(value)))):
            raise _refuse(key, line)


def _check_directories(cfg: DictConfig) -> None:
    """Refuse directories of runs that an interpolated value of the config would move."""
    for group, names in DIRECTORY_FIELDS.items():
        for name in names:
            raw = OmegaConf.to_container(cfg.hydra[group], resolve=False)
            assert isinstance(raw, dict)
            text = str(raw[name])
            values = [
                str(OmegaConf.select(cfg, reference, throw_on_missing=False))
                for reference in TASK_INTERPOLATION.findall(text)
            ]
            if "override_dirname" in text:
                values.append(cfg.hydra.job.override_dirname)
            for value in values:
                if value.startswith("/") or ".." in value.split("/"):
                    rule = "must stay where it is, whatever the config says"
                    raise ConfigError(f"hydra.{group}.{name}", rule, value)


def names_places_by_values(cfg: DictConfig) -> bool:
    """Return whether a directory of runs may depend on the config's other values.

    Each configuration's directories must then be checked when it is composed.
    """
    texts = []
    for group in DIRECTORY_FIELDS:
        raw = OmegaConf.to_container(cfg.hydra[group], resolve=False)
        assert isinstance(raw, dict)
        texts += [
            JOB_INTERPOLATION.sub("", TIME_INTERPOLATION.sub("", str(raw[name])))
            for name in DIRECTORY_FIELDS[group]
        ]
    return any("${" in text for text in texts)


def _refuse(key: str, received: object) -> ConfigError:
    hint = f"Write it on the command line, or run with --trust {HYDRA_TRUST} if you trust it"
    return ConfigError(key, "cannot be set in a config file", received, hint)
