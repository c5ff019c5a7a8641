"""Runs jobs through agents on the nodes of an engine, with the interface of the pool."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType

from runner.engines.agent_handle import AgentHandle
from runner.engines.agent_messages import AgentStart, PoolSettings, Ticket
from runner.engines.agent_socket import Lobby
from runner.engines.engine import EngineJob, EngineSettings, open_engine
from runner.errors import ConfigError
from runner.processes.devices import list_places
from runner.processes.messages import Job, Outcome
from runner.trust.importer import modules_directory

FOLDER = ".agents"
"""Name of the directory for the engine's files, inside the directory that all nodes see."""

NODE_PREFIXES = (
    "CUDA_VISIBLE_", "HIP_VISIBLE_", "HOSTNAME", "NVIDIA_VISIBLE_", "PBS_", "ROCR_VISIBLE_",
    "SLURM_", "TMPDIR", "XDG_RUNTIME_DIR",
)  # fmt: skip
"""Beginnings of the names of variables that a node decides: which devices are ours, where its own
disk is. All others come from the command line, so that runs are the same on every node."""

LOOK_S = 1.0
"""Seconds between two questions to the engine about agents that are not connected."""

STOP_S = 12.0
"""Seconds that agents have to end by themselves before the engine is told to end them."""


class AgentPool:
    """Runs jobs through agents; as a context manager it closes itself at the end.

    The warm parents of the sweep are numbered as in `runner.processes.pool.Pool`, and divided among
    the agents in turn: neighbours are on different nodes.
    """

    def __init__(self, pool: PoolSettings, engine: EngineSettings, shared: Path) -> None:
        """Open the engine; agents are started by `run`.

        Args:
            pool: the settings of each agent's own pool.
            engine: which engine, and how it is used.
            shared: the directory that all nodes see, and runs write into.

        Raises:
            ConfigError: there is no such engine, or it cannot be used.
        """
        environment = dict(os.environ)  # before the engine's library changes it
        self._folder = shared / FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._engine = open_engine(engine, self._folder)
        handle, mark = tempfile.mkstemp(prefix="seen-", dir=self._folder)
        os.close(handle)
        self._start = AgentStart(
            pool=pool,
            environment=environment,
            node_prefixes=() if self._engine.local else NODE_PREFIXES,
            argv=tuple(sys.argv),
            path=tuple(each for each in sys.path if isinstance(each, str)),
            modules=modules_directory(),
            directory=os.getcwd(),
            shared=str(shared.absolute()),
            places=None,
            mark=os.path.relpath(mark, shared),
        )
        self._places = self._divide(list_places(pool.runs_per_gpu), engine.agents)
        self._lobby = Lobby(local=self._engine.local)
        host = engine.address or self._engine.find_address()
        self._agents = [
            AgentHandle(Ticket(host, self._lobby.port, self._lobby.key, number, 0))
            for number in range(engine.agents)
        ]

    def __enter__(self) -> AgentPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Run the jobs; yield their outcomes in order of completion.

        Jobs of one `Job.parent` run one after the other, in the given order. Leaving the loop early
        kills the jobs that are running. Agents stay for the next call. The jobs' keys must differ.

        Raises:
            WorkerError: no agent could start, or none can run jobs.
        """
        count = len(self._agents)
        for number, agent in enumerate(self._agents):
            share = [each for each in jobs if each.parent % count == number]
            agent.give({each.key: replace(each, parent=each.parent // count) for each in share})
        try:
            while any(agent.left for agent in self._agents):
                for agent in self._agents:
                    agent.begin(self._engine)
                yield from self._wait()
        finally:
            # Only an error, or a caller that leaves early, leaves any of these behind.
            self._end([agent.stop() for agent in self._agents if agent.left])

    def close(self) -> None:
        """End all agents and close the engine; may be called again."""
        self._lobby.close()
        self._end([agent.stop() for agent in self._agents])
        self._engine.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> list[Outcome]:
        """Wait for messages, or for agents that come or end; return the outcomes."""
        links = {agent.link: agent for agent in self._agents if agent.link is not None}
        ready = wait([self._lobby.bell, *links], LOOK_S)
        for hello, link in self._lobby.take():
            start = replace(self._start, places=self._places[hello.number])
            self._agents[hello.number].welcome(hello.attempt, hello.node, link, start)
        outcomes = [outcome for link in links if link in ready for outcome in links[link].receive()]
        for agent in self._agents:
            outcomes += agent.look()
        return outcomes

    def _divide(self, places: tuple[str, ...], agents: int) -> list[tuple[str, ...] | None]:
        """Return the places for jobs on devices that each agent has; None: those of its node.

        Raises:
            ConfigError: agents share this machine, and it has fewer places.
        """
        if not self._engine.local:
            return [None] * agents
        if 0 < len(places) < agents:
            rule = f"must be at most {len(places)}: the GPUs here have room for so many runs"
            hint = "runs_per_gpu sets how many share one"
            raise ConfigError("hydra.launcher.agents", rule, agents, hint)
        return [places[number::agents] for number in range(agents)]

    def _end(self, jobs: Sequence[EngineJob | None]) -> None:
        """Wait for the ends of engine's jobs that were asked to stop, then cancel them."""
        left = [job for job in jobs if job is not None]
        deadline_s = time.monotonic() + STOP_S
        while any(job.find_end() is None for job in left) and time.monotonic() < deadline_s:
            time.sleep(0.02)
        for job in left:
            with contextlib.suppress(Exception):  # one that cannot be cancelled keeps no other
                job.cancel()
