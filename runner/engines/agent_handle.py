"""One agent, as the process that runs the sweep sees it: asked for, connected, lost, replaced."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from functools import partial

from runner.engines.agent import host_agent
from runner.engines.agent_messages import AgentFailed, AgentReady, AgentStart, Ticket
from runner.engines.agent_socket import Link
from runner.engines.engine import Engine, EngineJob
from runner.errors import WorkerError
from runner.processes.messages import Job, Outcome, Status
from runner.text import plural, strip_control_characters

MAX_LOSSES = 3
"""Agents that are lost one after the other, with no run made in between, before something is given
up: the run that the last one was given alone, which may be what kills them, or the sweep if none of
them started."""

EXPLAIN_S = 5.0
"""Seconds in which an engine may say why a job ended that is known to have ended."""


class AgentHandle:
    """One agent after the other under one number; each takes over the jobs of the one before."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._job: EngineJob | None = None
        self._losses = 0
        self._alone = False
        """Whether the agent was given one job only, so that it is known what it is lost with."""
        self._ready = False
        """Whether any agent of this number has been ready."""
        self._node = ""
        self.link: Link | None = None
        """The connection; None: it is not connected."""
        self.left: dict[int, Job] = {}
        """Key to each job that has not ended, in the order in which they are to start."""

    def begin(self, engine: Engine) -> None:
        """Ask the engine for an agent, unless there is one or it is not needed."""
        if self._job is None and self.left:
            # What the engine starts inherits this: Ctrl-C is for this process, which ends agents.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self._job = engine.start(partial(host_agent, self._ticket))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def give(self, jobs: dict[int, Job]) -> None:
        """Add the jobs of one call of the pool; those of earlier ones have ended."""
        self.left = jobs
        if self.link is not None:
            self._send(list(jobs.values()))

    def welcome(self, attempt: int, node: str, link: Link, start: AgentStart) -> None:
        """Take an agent's connection, and tell it what to do. One that was given up is sent off."""
        if attempt != self._ticket.attempt or self._job is None:
            link.close()
            return
        self.link, self._node = link, node
        self._send(start)
        self._alone = self._losses == MAX_LOSSES - 1
        self._send(list(self.left.values())[: 1 if self._alone else None])

    def receive(self) -> list[Outcome]:
        """Take one message; return the outcomes of jobs that have ended by it.

        Raises:
            WorkerError: no agent can run jobs.
        """
        assert self.link is not None
        try:
            message = self.link.recv()
        except (EOFError, OSError):
            return self._lose(self._explain())
        if isinstance(message, AgentFailed):
            raise WorkerError(message.reason)
        if isinstance(message, AgentReady):
            self._ready = True
        if isinstance(message, Outcome):
            return self._take(message)
        return []

    def look(self) -> list[Outcome]:
        """Find out whether an agent ended before it was connected; return what `receive` does."""
        if self._job is None or self.link is not None:
            return []
        end = self._job.find_end()
        return [] if end is None else self._lose(end)

    def stop(self) -> EngineJob | None:
        """Ask the agent to end; return the engine's job, which goes on for a moment."""
        if self.link is not None:
            self.link.close()
            self.link = None
        self.left = {}
        self._ticket = self._ticket.renew()
        job, self._job = self._job, None
        return job

    def _take(self, outcome: Outcome) -> list[Outcome]:
        """Note the end of a job; return its outcome, unless that was known already."""
        self._losses = 0
        known = self.left.pop(outcome.key, None) is None
        if self._alone:
            self._alone = False
            self._send(list(self.left.values()))
        return [] if known else [outcome]

    def _send(self, message: object) -> None:
        assert self.link is not None
        # If the agent died, receiving from the connection will say so.
        with contextlib.suppress(OSError):
            self.link.send(message)

    def _explain(self) -> str:
        """Return one line on why the connection has ended."""
        assert self._job is not None
        deadline_s = time.monotonic() + EXPLAIN_S
        while (end := self._job.find_end()) is None and time.monotonic() < deadline_s:
            time.sleep(0.05)
        return end or "it no longer answers"

    def _lose(self, reason: str) -> list[Outcome]:
        """Note the end of an agent that has work to do, so that `begin` asks for another.

        Returns:
            The outcomes of jobs that are given up.

        Raises:
            WorkerError: agents were lost too often before they were ready.
        """
        left = self.left
        job = self.stop()
        assert job is not None
        job.cancel()  # it may only be out of reach
        self.left = left
        if not left:
            return []
        self._losses += 1
        name = f"agent {self._ticket.number}" + (f" on {self._node}" if self._node else "")
        if self._losses < MAX_LOSSES:
            again = f"another makes the {plural(len(left), 'run')} left to it"
            line = strip_control_characters(f"{name} was lost ({reason}): {again}")
            print(line, file=sys.stderr, flush=True)
            return []
        self._losses = 0
        if not self._ready:
            raise WorkerError(f"{name} could not start in {MAX_LOSSES} attempts, last: {reason}")
        given_up = left.pop(next(iter(left)))
        return [_lost(given_up, f"{name} was lost {MAX_LOSSES} times during it, last: {reason}")]


def _lost(job: Job, reason: str) -> Outcome:
    return Outcome(
        key=job.key,
        status=Status.LOST,
        result=None,
        reason=reason,
        log_tail="",
        hash_seed=None,
        parent_pid=None,
        pid=None,
        wall_s=0.0,
        peak_rss_bytes=None,
    )
