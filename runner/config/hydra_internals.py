"""What the code takes from inside of Hydra and OmegaConf: the one place that an upgrade can break.

Everything else uses what both libraries document, and this module's functions.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
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

try:
    import hydra._internal.hydra
    from hydra._internal.callbacks import Callbacks
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.config_repository import (
        CachingConfigRepository as CachingConfigRepository,
    )
    from hydra._internal.config_repository import IConfigRepository as IConfigRepository
    from hydra._internal.utils import get_args_parser
except ImportError as gone:
    raise unknown_version("Hydra", CONSEQUENCE, str(gone)) from gone

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
    PrivateName(REPOSITORY, "CachingConfigRepository", ("delegate",)),
    PrivateName(REPOSITORY, "CachingConfigRepository.load_config", ("config_path",)),
    PrivateName(REPOSITORY, "ConfigRepository._find_object_source", ("config_path", "object_type")),
    PrivateName("hydra.plugins.config_source", "ConfigSource._normalize_file_name", ("filename",)),
    PrivateName("hydra._internal.utils", "get_args_parser"),
    PrivateName("hydra._internal.callbacks", "Callbacks", ("config",)),
    PrivateName("hydra.core.hydra_config", "HydraConfig.instance"),
    PrivateName("hydra.core.singleton", "Singleton.get_state"),
    PrivateName("hydra.core.singleton", "Singleton.set_state", ("state",)),
    PrivateName("hydra.core.utils", "JobReturn._return_value"),
    PrivateName("omegaconf", "Node._get_root"),
)
"""All that this module relies on, and that Hydra and OmegaConf may change without notice."""


def check_hydra() -> None:
    """Check that Hydra and OmegaConf have what this module relies on.

    Raises:
        RunnerError: they have not; the message says what is missing.
    """
    check_names("Hydra", NAMES, CONSEQUENCE)


class HookedLoader(ConfigLoaderImpl):
    """Hydra's loader of configs, which lets a subclass look at what is loaded before it counts."""

    def open_repository(
        self, repository: IConfigRepository, config_name: str | None, overrides: list[Override]
    ) -> CachingConfigRepository:
        """Return what one composition reads its configs from.

        It is called before the directories that the overrides name are searched, for which
        packages are imported.

        Args:
            repository: where Hydra would read them.
            config_name: of the primary config; None: there is none.
            overrides: of the whole composition.
        """
        raise NotImplementedError

    def check_loaded(
        self, config: Any, config_path: str | None, repository: IConfigRepository
    ) -> None:
        """Look at one config of the defaults list, under its package, before it is merged."""
        raise NotImplementedError

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
    """Make Hydra load all configs of this process with another class."""
    vars(hydra._internal.hydra)["ConfigLoaderImpl"] = loader


def find_config_file(repository: CachingConfigRepository, config_path: str) -> Path | None:
    """Find the YAML file that a config is read from; None where it comes from no file."""
    source: ConfigSource | None = repository.delegate._find_object_source(  # type: ignore[attr-defined]
        config_path, ObjectType.CONFIG
    )
    if source is None or source.scheme() != "file":
        return None
    return Path(source.path, ConfigSource._normalize_file_name(config_path))


def make_options_parser() -> ArgumentParser:
    """Make the parser of Hydra's own options, such as `--config-dir`."""
    return get_args_parser()


def make_context(loader: ConfigLoader, config: DictConfig) -> HydraContext:
    """Make what a launcher is set up with, and the callbacks that a config names."""
    return HydraContext(config_loader=loader, callbacks=Callbacks(config))


@contextmanager
def hydra_config_kept() -> Iterator[Callable[[DictConfig], None]]:
    """Give a function that lets `${hydra:...}` resolve in another config, until this is left."""
    singleton = HydraConfig.instance()
    before = singleton.cfg

    def resolve_in(config: DictConfig) -> None:
        singleton.cfg = cast(Any, config)

    try:
        yield resolve_in
    finally:
        singleton.cfg = before


def export_state() -> Any:
    """Return Hydra's state in this process and OmegaConf's resolvers; cloudpickle can carry it."""
    return Singleton.get_state()


def import_state(state: Any) -> None:
    """Bring what `export_state` returned in another process into this one."""
    Singleton.set_state(state)


def read_error(returned: JobReturn) -> BaseException:
    """Return the exception of a failed job; Hydra's own property would print and raise it."""
    error: BaseException = returned._return_value
    return error


def find_root(node: Node) -> Container:
    """Return the config that a node of it belongs to."""
    return node._get_root()
