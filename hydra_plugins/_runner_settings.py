"""Declares the settings of the sweeper and the launcher in Hydra's config.

Hydra executes a module of this directory a second time, unless its name begins with `_`. Python
then no longer finds the classes of the first time by their names, so each config is pickled
together with its classes, which takes ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class RunnerSweeperConf:
    """Settings of the sweeper. `replicates` and `replays` in a runner config take precedence."""

    _target_: str = "hydra_plugins.runner_plugins.RunnerSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = None
    replicates: int = 1
    resume: str | None = None


@dataclass
class RunnerLauncherConf:
    """Settings of the launcher. Keys of the same names in a runner config take precedence."""

    _target_: str = "hydra_plugins.runner_plugins.RunnerLauncher"
    workers: int | None = None
    runs_per_gpu: int | None = 1
    isolation: str = "auto"
    timeout_s: float | None = None
    preload: list[str] = field(default_factory=list)


@dataclass
class EngineLauncherConf:
    """Settings of the launchers that carry jobs to nodes; the same for every engine."""

    engine: str
    _target_: str = "hydra_plugins.runner_engines.EngineLauncher"
    agents: int = 1
    workers: int | None = None
    runs_per_gpu: int | None = 1
    isolation: str = "auto"
    timeout_s: float | None = None
    preload: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    address: str | None = None
