"""The only module that uses private names of Hydra and OmegaConf, which an upgrade can break.

All other modules use what both libraries document, and the functions defined here.
"""

from __future__ import annotations

import inspect
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.types import HydraContext
from omegaconf import Container, DictConfig, Node

from runner.config.private_names import PrivateName, check_names, unknown_version

CONSEQUENCE = "its configs cannot be checked"
"""Part of the error raised for an unknown version of Hydra."""

try:
    import hydra._internal.hydra
    from hydra._internal.callbacks import Callbacks
    from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
    from hydra._internal.config_repository import (
        CachingConfigRepository as CachingConfigRepository,
    )
    from hydra._internal.config_repository import IConfigRepository as IConfigRepository
    from hydra._internal.utils import get_args_parser, run_and_report
except ImportError as error:
    raise unknown_version("Hydra", CONSEQUENCE, str(error)) from error

LOADER = "hydra._internal.config_loader_impl"
REPOSITORY = "hydra._internal.config_repository"

NAMES = (
    PrivateName("hydra._internal.hydra", "ConfigLoaderImpl"),
    PrivateName(LOADER, "ConfigLoaderImpl", ("config_search_path",)),
    PrivateName(
        LOADER,
        "ConfigLoaderImpl._parse_overrides_and_create_caching_repo",
        ("config_name", "overrides"),
    ),
    PrivateName(
        LOADER,
        "ConfigLoaderImpl._process_config_searchpath",
        ("config_name", "parsed_overrides", "repo"),
    ),
    PrivateName(LOADER, "ConfigLoaderImpl._load_single_config", ("default", "repo")),
    PrivateName(LOADER, "ConfigLoaderImpl._apply_overrides_to_config", ("overrides", "cfg")),
    PrivateName(
        LOADER, "get_overrides_dirname", ("overrides", "exclude_keys", "item_sep", "kv_sep")
    ),
    PrivateName(
        LOADER,
        "ConfigLoaderImpl.get_group_options",
        ("group_name", "results_filter", "config_name", "overrides"),
    ),
    PrivateName(REPOSITORY, "CachingConfigRepository", ("delegate",)),
    PrivateName(REPOSITORY, "CachingConfigRepository.load_config", ("config_path",)),
    PrivateName(REPOSITORY, "ConfigRepository._find_object_source", ("config_path", "object_type")),
    PrivateName("hydra.plugins.config_source", "ConfigSource._normalize_file_name", ("filename",)),
    PrivateName("hydra._internal.utils", "get_args_parser"),
    PrivateName("hydra._internal.utils", "run_and_report", ("func",)),
    PrivateName("hydra._internal.callbacks", "Callbacks", ("config",)),
    PrivateName("hydra.core.hydra_config", "HydraConfig.instance"),
    PrivateName("hydra.core.singleton", "Singleton.get_state"),
    PrivateName("hydra.core.singleton", "Singleton.set_state", ("state",)),
    PrivateName("hydra.core.utils", "JobReturn._return_value"),
    PrivateName("omegaconf", "Node._get_root"),
)
"""Private names that this module uses; Hydra and OmegaConf may change them without notice."""


def check_hydra() -> None:
    """Check that Hydra and OmegaConf have every name in NAMES, with the expected parameters.

    Raises:
        RunnerError: a name is missing or has changed; the message says which.
    """
    check_names("Hydra", NAMES, CONSEQUENCE)


class HookedLoader(ConfigLoaderImpl):
    """Hydra's config loader, with two methods that let a subclass check what is being loaded."""

    def open_repository(
        self, repository: IConfigRepository, config_name: str | None, overrides: list[Override]
    ) -> CachingConfigRepository:
        """Return the repository from which one composition reads its configs.

        The method is called before Hydra searches the directories that the overrides name, as
        that search imports packages.

        Args:
            repository: the repository that Hydra itself would use.
            config_name: name of the primary config; None if there is none.
            overrides: all overrides of the composition.
        """
        raise NotImplementedError

    def check_loaded(
        self, config: Any, config_path: str | None, repository: IConfigRepository
    ) -> None:
        """Check one config of the defaults list before it is merged.

        Args:
            config: its content, under its package.
            config_path: its path in the repository, without the suffix; None if it has none.
            repository: what `open_repository` returned.
        """
        raise NotImplementedError

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """Return the names in a config group, as Hydra does.

        Where neither a config nor an override can add a directory to search, the loader's own
        repository is read. Hydra copies it for each call, which took half of the time of a help
        text (146 copies, 2026-11-28).
        """
        if config_name is None and not overrides:
            return list(self.repository.get_group_options(group_name, results_filter))
        options = super().get_group_options(group_name, results_filter, config_name, overrides)
        return list(options)

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed = OverridesParser.create().parse_overrides(overrides=overrides)
        repository = self.open_repository(self.repository, config_name, parsed)
        self._process_config_searchpath(config_name, parsed, repository)
        return parsed, repository

    def _load_single_config(self, default: Any, repo: IConfigRepository) -> ConfigResult:
        result = super()._load_single_config(default, repo)
        self.check_loaded(result.config, default.config_path, repo)
        return result


def replace_loader(loader: type[HookedLoader]) -> None:
    """Make Hydra load all configs of this process with the given class."""
    vars(hydra._internal.hydra)["ConfigLoaderImpl"] = loader


def apply_overrides(overrides: list[Override], config: DictConfig) -> None:
    """Give a composed config the values of overrides, in place, as Hydra does when it composes."""
    ConfigLoaderImpl._apply_overrides_to_config(overrides, config)


def name_overrides(overrides: Sequence[Override], config: DictConfig) -> str:
    """Return `hydra.job.override_dirname` for the overrides of a task, as Hydra composes it."""
    naming = config.hydra.job.config.override_dirname
    return str(
        get_overrides_dirname(
            overrides=list(overrides),
            kv_sep=naming.kv_sep,
            item_sep=naming.item_sep,
            exclude_keys=naming.exclude_keys,
        )
    )


def find_config_file(repository: CachingConfigRepository, config_path: str) -> Path | None:
    """Find the YAML file that a config is read from; None if it does not come from a file."""
    source: ConfigSource | None = repository.delegate._find_object_source(  # type: ignore[attr-defined]
        config_path, ObjectType.CONFIG
    )
    if source is None or source.scheme() != "file":
        return None
    return Path(source.path, ConfigSource._normalize_file_name(config_path))


def make_options_parser() -> ArgumentParser:
    """Make the parser of Hydra's command line options, such as `--config-dir`."""
    return get_args_parser()


def make_context(loader: ConfigLoader, config: DictConfig) -> HydraContext:
    """Make the context passed to a launcher: a config loader, and the callbacks of a config."""
    return HydraContext(config_loader=loader, callbacks=Callbacks(config))


@contextmanager
def hydra_config_kept() -> Iterator[Callable[[DictConfig], None]]:
    """Yield a function that makes `${hydra:...}` resolve in the config passed to it.

    Leaving the context restores the config in which it resolved before.
    """
    singleton = HydraConfig.instance()
    before = singleton.cfg

    def resolve_in(config: DictConfig) -> None:
        singleton.cfg = cast(Any, config)

    try:
        yield resolve_in
    finally:
        singleton.cfg = before


def export_state() -> Any:
    """Return Hydra's singletons and OmegaConf's resolvers; cloudpickle can serialize them."""
    return Singleton.get_state()


def import_state(state: Any) -> None:
    """Restore in this process the state that `export_state` returned in another."""
    Singleton.set_state(state)


def forget_application() -> None:
    """Let another application of Hydra's start in a process that runs a job of ours.

    Its configs are loaded by Hydra's own loader again.
    """
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None
    vars(hydra._internal.hydra)["ConfigLoaderImpl"] = ConfigLoaderImpl


def read_error(returned: JobReturn) -> BaseException:
    """Return the exception of a failed job, which Hydra's own property would print and raise."""
    error: BaseException = returned._return_value
    return error


def find_root(node: Node) -> Container:
    """Return the root of the config that a node belongs to."""
    return node._get_root()


def is_under_hydra_main() -> bool:
    """Return whether a program decorated by `hydra.main` has called the caller.

    Hydra's own Python interface, which passes all errors on, does not count.
    """
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code is run_and_report.__code__:
            return True
        frame = frame.f_back
    return False


def prints_errors() -> bool:
    """Return whether Hydra would print an error that is raised now, with a traceback of its own.

    It passes the error on where no program is decorated by `hydra.main`, where the person asks for
    the full error, and under a debugger.
    """
    passed_on = os.environ.get("HYDRA_FULL_ERROR") == "1" or sys.gettrace() is not None
    return not passed_on and is_under_hydra_main()
