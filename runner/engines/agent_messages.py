"""The messages between the process that runs a sweep and the agents on its nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.processes.messages import Isolation


@dataclass(frozen=True)
class Ticket:
    """What an agent needs to reach the sweep that asked for it."""

    host: str
    """Name or number of the machine on which the sweep was started."""
    port: int
    key: bytes
    """A secret of this sweep, by which both sides know each other."""
    number: int
    """Number of the agent, from 0."""
    attempt: int
    """How many agents of this number there were before it."""

    def renew(self) -> Ticket:
        """Return the ticket of the next agent of this number."""
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True)
class Hello:
    """The first message of an agent's host: its ticket is used now."""

    number: int
    attempt: int
    node: str
    """Host name of the node."""


@dataclass(frozen=True)
class PoolSettings:
    """The settings of the pool that an agent opens; they mean what they mean there."""

    workers: int
    parents: int
    isolation: Isolation
    preload: tuple[str, ...]
    setup: bytes | None
    runs_per_gpu: int | None
    """Jobs that use one GPU at the same time; None: each sees all GPUs of its node."""


@dataclass(frozen=True)
class AgentStart:
    """What an agent takes over from the process that runs the sweep."""

    pool: PoolSettings
    environment: dict[str, str]
    """Environment variables. They travel here and not in the engine's files, as they may hold
    secrets."""
    node_prefixes: tuple[str, ...]
    """Beginnings of the names of variables that the node itself decides."""
    argv: tuple[str, ...]
    path: tuple[str, ...]
    """Python's `sys.path`."""
    modules: str | None
    """Directory of modules that are imported if they are trusted."""
    directory: str
    """The current directory."""
    shared: str
    """A directory that the node must see, because runs write into it."""
    places: tuple[str, ...] | None
    """The devices of its jobs, as for the pool; None: it finds those of its node."""
    mark: str
    """Name of a file in `shared`, by which it is known to be the same directory."""


@dataclass(frozen=True)
class AgentReady:
    """The message that an agent can run jobs."""


@dataclass(frozen=True)
class AgentFailed:
    """The message that an agent cannot run jobs, which another agent could not either."""

    reason: str
