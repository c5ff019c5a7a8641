"""Runs each job in a process of its own, forked from a warm parent or newly started.

A *warm parent* is a new interpreter with its own PYTHONHASHSEED that has imported the `preload`
modules and called `setup`, and then forks one child for each job. With isolation "spawn" each job
has a new interpreter that does all of this itself: that is slower, and is what forking is tested
against. The caller can tell the two apart only by `Outcome.parent_pid` and by hash seeds. The
code that runs in a warm parent is in `runner.processes.warm_parent`.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from types import TracebackType

from runner.errors import WorkerError
from runner.processes.devices import find_device, has_place
from runner.processes.job_process import in_worker
from runner.processes.messages import (
    Answer,
    Done,
    Env,
    Isolation,
    Job,
    Outcome,
    Ready,
    Start,
    Started,
    Status,
    Task,
)
from runner.processes.parent_handle import STOP_S, ParentHandle
from runner.processes.private_directory import remove_tree, restore_directories
from runner.processes.process_tree import kill_group

__all__ = ["Isolation", "Job", "Outcome", "Pool", "Status", "default_isolation", "in_worker"]

_MAX_LOSSES = 3
"""Warm parents that a job may lose before it is given up, as it is probably what kills them."""


def default_isolation() -> Isolation:
    """Return 'fork' on Linux, else 'spawn', as macOS's own libraries do not survive a fork."""
    return "fork" if sys.platform == "linux" else "spawn"


class Pool:
    """Runs jobs in processes of their own; as a context manager it closes itself at the end."""

    def __init__(
        self,
        *,
        workers: int,
        parents: int,
        isolation: Isolation,
        preload: Sequence[str] = (),
        setup: bytes | None = None,
        hash_seed: int | None = None,
        kept: bool = False,
        places: Sequence[str] = (),
    ) -> None:
        """Keep the settings; processes are started by `run`.

        Args:
            workers: how many jobs run at the same time; at least 1.
            parents: how many warm parents each `Job.env` has; at least `workers`.
            isolation: "fork" or "spawn".
            preload: modules to import before the jobs.
            setup: a callable without arguments to call after the imports, pickled by cloudpickle.
                None: there is nothing more to do.
            hash_seed: PYTHONHASHSEED of every interpreter, 0 to 2**32 - 1. None: each draws its
                own from the operating system.
            kept: fork the warm parents from interpreters that are kept between sweeps, see
                `runner.processes.keeping`. It has no effect with isolation "spawn".
            places: device of each job that can have one at the same time, from
                `runner.processes.devices`; a warm parent has one for all its jobs. Empty: none
                is given to them.

        Raises:
            ValueError: a number is out of its range.
        """
        if not 1 <= workers <= parents:
            raise ValueError(f"1 <= workers <= parents. Received: {workers=}, {parents=}")
        if hash_seed is not None and not 0 <= hash_seed < 2**32:
            raise ValueError(f"hash_seed: must be from 0 to 2**32 - 1. Received: {hash_seed}")
        self._workers = workers
        self._slots = parents
        self._places = tuple(places)
        kept = kept and isolation == "fork"
        self._start = Start(isolation, tuple(preload), setup, kept=kept)
        self._hash_seed = hash_seed
        self._drawn: set[int] = set()
        self._parents: dict[tuple[int, Env], ParentHandle] = {}
        self._running = self._closed = False
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Pool:
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

        Jobs of one `Job.parent` run one after the other, in the given order; across parents the
        order is roughly the given one. New jobs start only while the caller iterates. Leaving the
        loop early kills the jobs that are running. The warm parents stay for the next call.

        Raises:
            WorkerError: an interpreter could not start, import the modules or call the setup.
            RuntimeError: the pool is closed, or already running jobs.
        """
        if self._running:
            raise RuntimeError("this Pool is already running jobs")
        queues: list[deque[Task]] = [deque() for _ in range(self._slots)]
        for index, job in enumerate(jobs):
            queues[job.parent % self._slots].append(Task(index, job))
        left = len(jobs)
        self._running = True
        try:
            while left:
                if self._closed:
                    raise RuntimeError("this Pool is closed")
                self._advance(queues)
                parents = list(self._parents.values())
                ready = wait([parent.control for parent in parents])
                outcomes = [
                    outcome
                    for parent in parents
                    if parent.control in ready and not parent.control.closed
                    if (outcome := self._receive(parent, queues)) is not None
                ]
                left -= len(outcomes)
                self._advance(queues)  # the next jobs run while the caller handles the outcomes
                yield from outcomes
        finally:
            self._running = False
            # Only an error, or a caller that leaves early, leaves any of these behind.
            self._stop([p for p in self._parents.values() if p.task is not None or not p.ready])

    def close(self) -> None:
        """Kill all processes and remove all temporary files; may be called again."""
        self._closed = True
        self._stop(list(self._parents.values()))
        if self._directory is not None:
            remove_tree(self._directory.name)  # removes also what cleanup() would stumble over
            self._directory.cleanup()
            self._directory = None

    def _advance(self, queues: list[deque[Task]]) -> None:
        """Give jobs to free warm parents, and start the parents that are needed next."""
        busy = {parent.slot for parent in self._parents.values() if parent.task is not None}
        for slot, env in _heads(queues):
            parent = self._parents.get((slot, env))
            free = len(busy) < self._workers and slot not in busy
            if free and parent and parent.ready and has_place(slot, [*busy], self._places):
                busy.add(slot)
                spawn = self._start.isolation == "spawn"
                parent.give(queues[slot].popleft(), self._draw_seed(env) if spawn else None)
        starting = sum(not parent.ready for parent in self._parents.values())
        for slot, env in _heads(queues):
            # A parent starts early, while another one of its slot is still busy. They do not all
            # start at once: ten imports at a time on two cores would delay the first job.
            if (slot, env) not in self._parents and starting < max(2, self._workers):
                starting += 1
                self._parents[slot, env] = self._new_parent(slot, env)

    def _new_parent(self, slot: int, env: Env) -> ParentHandle:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(
                prefix="runner-", ignore_cleanup_errors=True
            )
        restore_directories(self._directory.name)
        directory = tempfile.mkdtemp(dir=self._directory.name)
        device = find_device(slot, self._places)
        start = replace(self._start, argv=tuple(sys.argv), directory=directory, device=device)
        seed = self._fixed_seed(env) if start.kept else self._draw_seed(env)
        return ParentHandle(slot, env, seed, start)

    def _draw_seed(self, env: Env) -> int:
        """Return the PYTHONHASHSEED for the next interpreter: the fixed one, or one of its own."""
        if (fixed := self._fixed_seed(env)) is not None:
            return fixed
        while (seed := secrets.randbelow(2**32)) in self._drawn:
            pass
        self._drawn.add(seed)
        return seed

    def _fixed_seed(self, env: Env) -> int | None:
        """Return the PYTHONHASHSEED that all interpreters have; None where each has its own.

        Raises:
            WorkerError: `env` sets PYTHONHASHSEED to something that Python does not accept.
        """
        given = dict(env).get("PYTHONHASHSEED", "random")
        if given != "random":
            if given.isdecimal() and int(given) < 2**32:
                return int(given)
            raise WorkerError(
                f"PYTHONHASHSEED: must be 'random' or from 0 to 2**32 - 1. Received: {given}"
            )
        return self._hash_seed

    def _receive(self, parent: ParentHandle, queues: list[deque[Task]]) -> Outcome | None:
        """Take one message from a warm parent, or note its death.

        Returns:
            The outcome of a job that ended; None where none has.
        """
        try:
            message = parent.control.recv()
        except (EOFError, OSError):
            return self._replace(parent, queues)
        if isinstance(message, Done):
            return parent.finish(message)
        if isinstance(message, Ready):
            parent.begin(message)
        elif isinstance(message, Started):
            parent.child_pid = message.pid
        return None

    def _replace(self, parent: ParentHandle, queues: list[deque[Task]]) -> Outcome | None:
        """Forget a warm parent that died, and put its job back at the head of the queue.

        Returns:
            The outcome of a job that is given up; None where none is.

        Raises:
            WorkerError: the parent died before it was ready.
        """
        if parent.child_pid is not None:
            kill_group(parent.child_pid)
        cause = parent.cause_of_death()
        self._stop([parent])
        if not parent.ready:
            raise WorkerError(f"a worker process could not start: {cause}")
        if (task := parent.task) is None:
            return None
        task.losses += 1
        if task.losses == _MAX_LOSSES:
            reason = f"its warm parent died {_MAX_LOSSES} times, last: {cause}"
            return parent.outcome(Answer(Status.LOST, None, reason), None)
        queues[parent.slot].appendleft(task)
        return None

    def _stop(self, parents: list[ParentHandle]) -> None:
        """End these warm parents and the jobs they run; this takes about STOP_S at most."""
        for parent in parents:
            parent.ask_to_stop()
        deadline_s = time.monotonic() + STOP_S
        for parent in parents:
            parent.stop(max(0.0, deadline_s - time.monotonic()))
            del self._parents[parent.slot, parent.env]


def _heads(queues: list[deque[Task]]) -> list[tuple[int, Env]]:
    """Return each slot that has jobs, with its next job's environment, in the order of the jobs."""
    heads = sorted((queue[0].index, slot) for slot, queue in enumerate(queues) if queue)
    return [(slot, queues[slot][0].job.env) for _, slot in heads]
