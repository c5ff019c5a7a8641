"""What an engine is, and which there are.

An engine can do one thing: call a function on some node. What is called is an agent, which runs
many jobs; see `runner.engines.agent`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from runner.errors import ConfigError, nearest

Hosting: TypeAlias = Callable[[], str]
"""Hosts an agent until it ends, and returns one line on how it ended; pickle can serialize it."""


class EngineJob(Protocol):
    """A call that an engine was asked to make."""

    def find_end(self) -> str | None:
        """Return one line on how the job ended; None while it waits or runs."""

    def cancel(self) -> None:
        """End the job, or take it out of the queue; this may be called after its end."""


class Engine(Protocol):
    """Calls functions on nodes."""

    local: bool
    """Whether all nodes are the machine on which the sweep was started."""

    def find_address(self) -> str:
        """Return the name or number by which nodes reach this machine; used if not `local`."""

    def start(self, hosting: Hosting) -> EngineJob:
        """Ask for a call on some node; it may wait in a queue.

        Raises:
            WorkerError: the engine refuses it.
        """

    def close(self) -> None:
        """Give back what the engine holds. All jobs have ended or were cancelled."""


@dataclass(frozen=True)
class EngineSettings:
    """An engine, and how it is used."""

    name: str
    """One of ENGINES."""
    agents: int = 1
    """Number of agents, each on a node that the engine chooses; at least 1."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the engine's library is told, such as the partition of a cluster."""
    address: str | None = None
    """Name or number by which nodes reach this machine; None: the engine finds one."""

    def __post_init__(self) -> None:
        if self.agents < 1:
            raise ConfigError("hydra.launcher.agents", "must be at least 1", self.agents)


@dataclass(frozen=True)
class _Known:
    """Where an engine is, and what it needs."""

    module: str
    """The module that has `open_engine`."""
    library: str
    """The library that the module imports."""
    extra: str
    """The extra of this project that installs the library."""


ENGINES = {
    "joblib": _Known("runner.engines.joblib_engine", "joblib", "joblib"),
    "ray": _Known("runner.engines.ray_engine", "ray", "ray"),
    "submitit_local": _Known("runner.engines.submitit_engine", "submitit", "slurm"),
    "submitit_slurm": _Known("runner.engines.submitit_engine", "submitit", "slurm"),
}
"""Name of each engine, which is that of its launcher, to where it is."""


def open_engine(settings: EngineSettings, folder: Path) -> Engine:
    """Open an engine.

    Args:
        settings: which engine, and its options.
        folder: a private directory for the engine's files, which need not exist.

    Raises:
        ConfigError: there is no such engine, its library is not installed, or it does not know an
            option.
    """
    known = find_engine(settings.name)
    engine: Engine = importlib.import_module(known.module).open_engine(settings, folder)
    return engine


def find_engine(name: str) -> _Known:
    """Return where an engine is that can be used; nothing is opened or imported.

    Raises:
        ConfigError: there is no such engine, or its library is not installed.
    """
    known = ENGINES.get(name)
    if known is None:
        rule = f"must be one of {', '.join(ENGINES)}"
        raise ConfigError("hydra.launcher.engine", rule, name, nearest(name, ENGINES))
    if importlib.util.find_spec(known.library) is None:
        rule = f"needs {known.library}, which is not installed"
        hint = f"Install it with: python -m pip install 'runner[{known.extra}]'"
        raise ConfigError("hydra/launcher", rule, name, hint)
    return known
