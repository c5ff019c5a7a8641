"""What Hydra's config says to the sweeper and the launcher.

Hydra executes modules of this directory a second time, unless their name begins with `_`; classes
of such a module are no longer what Python finds by their names, and each pickled config brings them
along, which takes ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RunnerSweeperConf:
    """Settings of the sweeper. A runner config's own `replicates` and `replays` come first."""

    _target_: str = "hydra_plugins.runner_plugins.RunnerSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = None
    replicates: int = 1


@dataclass
class RunnerLauncherConf:
    """Settings of the launcher. A runner config's own keys of the same names come first."""

    _target_: str = "hydra_plugins.runner_plugins.RunnerLauncher"
    workers: int | None = None
    isolation: str = "auto"
    timeout_s: float | None = None
    preload: list[str] = field(default_factory=list)
