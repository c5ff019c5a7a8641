"""Launchers that carry jobs to nodes: joblib, ray, submitit_local and submitit_slurm.

Other packages have launchers of these names (hydra-joblib-launcher and others). In configs of this
program the names mean ours; in other applications they mean theirs where these are installed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins._runner_settings import EngineLauncherConf
from hydra_plugins.runner_plugins import RunnerLauncher

if TYPE_CHECKING:
    from runner.execute.opened_pool import Settings

NAMES = ("joblib", "ray", "submitit_local", "submitit_slurm")
"""Names of the engines, which are also those of the choices of hydra/launcher."""

GROUP = "hydra/launcher"


class EngineLauncher(RunnerLauncher):
    """Runs jobs through agents on the nodes of an engine, each in a process of its own."""

    def __init__(
        self,
        engine: str,
        agents: int = 1,
        options: dict[str, Any] | None = None,
        address: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.engine = engine
        self.agents = agents
        self.options = options
        self.address = address

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what Hydra composed; refuse an engine that cannot be used before anything runs."""
        from runner.engines.engine import find_engine
        from runner.execute.one_line import errors_in_one_line

        with errors_in_one_line():
            find_engine(self.engine)
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)

    def settings(self) -> Settings:
        """Return the settings of the launch."""
        from runner.engines.engine import EngineSettings

        engine = EngineSettings(self.engine, self.agents, dict(self.options or {}), self.address)
        return replace(super().settings(), engine=engine)


class EngineConfigs(SearchPathPlugin):
    """Names the launchers once all plugins were imported: only then are others' names known."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Store the launchers' configs; the search path stays as it is."""
        sources = search_path.get_path()
        ours = any(each.provider == "main" and _is_ours(str(each.path)) for each in sources)
        stored = ConfigStore.instance().repo["hydra"]["launcher"]
        for name in NAMES:
            if ours or f"{name}.yaml" not in stored:
                node = EngineLauncherConf(name)
                ConfigStore.instance().store(group=GROUP, name=name, node=node, provider="runner")


def _is_ours(path: str) -> bool:
    """Return whether a directory is that of the configs of this program."""
    schema = sys.modules.get("runner.config.schema")  # other applications need not wait for it
    return schema is not None and path.removeprefix("file://") == str(schema.CONF)
