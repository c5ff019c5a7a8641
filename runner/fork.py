"""Runs each job in a process of its own, forked from a warm parent or newly started.

A *warm parent* is a new interpreter with its own PYTHONHASHSEED that has imported the `preload`
modules and called `setup`, and then forks one child a job. With isolation "spawn" each job has
a new interpreter that does all of it: slower, and what forking is tested against. The caller
cannot tell them apart but by `Outcome.parent_pid` and by hash seeds. The processes' own side is
in `runner.worker`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Pipe, wait
from types import TracebackType

from runner.errors import WorkerError
from runner.jobs import (
    Answer,
    Done,
    Env,
    Isolation,
    Job,
    Order,
    Outcome,
    Ready,
    Start,
    Started,
    Status,
    Task,
    ended,
    one_line,
)
from runner.log_tail import read_tail
from runner.orphans import kill_group
from runner.worker import STDERR, command_line, in_worker, serve

__all__ = ["Isolation", "Job", "Outcome", "Pool", "Status", "default_isolation", "in_worker"]

_LOSSES = 3
"""A job that lost its warm parent this often gets no other: it is probably the one to blame."""
_STOP_S = 1.0
"""How long processes have for leaving by themselves before they are killed."""


def default_isolation() -> Isolation:
    """'fork' on Linux; 'spawn' elsewhere, as macOS's own libraries do not survive a fork."""
    return "fork" if sys.platform == "linux" else "spawn"


class Pool:
    """Runs jobs in processes of their own; a context manager."""

    def __init__(
        self,
        *,
        workers: int,
        parents: int,
        isolation: Isolation,
        preload: Sequence[str] = (),
        setup: bytes | None = None,
        hash_seed: int | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            workers: how many jobs run at the same time; at least 1.
            parents: how many warm parents for each `Job.env`; at least `workers`.
            isolation: "fork" or "spawn".
            preload: modules to import before the jobs.
            setup: cloudpickle of a callable without arguments, called after the imports. None:
                nothing more to do.
            hash_seed: PYTHONHASHSEED of every interpreter, 0 to 2**32 - 1. None: each has its
                own, from the operating system.
        """
        if not 1 <= workers <= parents:
            raise ValueError(f"1 <= workers <= parents. Received: {workers=}, {parents=}")
        if hash_seed is not None and not 0 <= hash_seed < 2**32:
            raise ValueError(f"hash_seed: must be from 0 to 2**32 - 1. Received: {hash_seed}")
        self._workers = workers
        self._slots = parents
        self._start = Start(isolation, tuple(preload), setup)
        self._hash_seed = hash_seed
        self._drawn: set[int] = set()
        self._parents: dict[tuple[int, Env], _Parent] = {}
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
        loop early kills what is running. The warm parents stay for the next call.

        Raises:
            WorkerError: an interpreter could not start, import or set up.
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
                self._advance(queues)  # what runs while the caller handles the outcomes
                yield from outcomes
        finally:
            self._running = False
            # After the last outcome there are none of these: this is an error or an early end.
            self._stop([p for p in self._parents.values() if p.task is not None or not p.ready])

    def close(self) -> None:
        """Kill all processes and remove all temporary files; may be called again."""
        self._closed = True
        self._stop(list(self._parents.values()))
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def _advance(self, queues: list[deque[Task]]) -> None:
        """Give jobs to free warm parents, and start the ones that are needed next."""
        busy = {parent.slot for parent in self._parents.values() if parent.task is not None}
        for slot, env in _heads(queues):
            parent = self._parents.get((slot, env))
            if len(busy) < self._workers and slot not in busy and parent and parent.ready:
                busy.add(slot)
                spawn = self._start.isolation == "spawn"
                parent.give(
                    queues[slot].popleft(), self._draw_seed(env) if spawn else parent.hash_seed
                )
        starting = sum(not parent.ready for parent in self._parents.values())
        for slot, env in _heads(queues):
            # Also behind a busy parent: it starts while that one works. Not all at once: ten
            # imports at a time on two cores would delay the first job.
            if (slot, env) not in self._parents and starting < max(2, self._workers):
                starting += 1
                self._parents[slot, env] = self._new_parent(slot, env)

    def _new_parent(self, slot: int, env: Env) -> _Parent:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="runner-")
        directory = tempfile.mkdtemp(dir=self._directory.name)
        start = replace(self._start, argv=tuple(sys.argv), directory=directory)
        return _Parent(slot, env, self._draw_seed(env), start)

    def _draw_seed(self, env: Env) -> int:
        """Return the PYTHONHASHSEED for the next interpreter."""
        given = dict(env).get("PYTHONHASHSEED", "random")
        if given != "random":
            if given.isdecimal() and int(given) < 2**32:
                return int(given)
            raise WorkerError(
                f"PYTHONHASHSEED: must be 'random' or from 0 to 2**32 - 1. Received: {given}"
            )
        if self._hash_seed is not None:
            return self._hash_seed
        while (seed := secrets.randbelow(2**32)) in self._drawn:
            pass
        self._drawn.add(seed)
        return seed

    def _receive(self, parent: _Parent, queues: list[deque[Task]]) -> Outcome | None:
        """Take one message from a warm parent, or its end; return the outcome, if this is one."""
        try:
            message = parent.control.recv()
        except (EOFError, OSError):
            return self._replace(parent, queues)
        if isinstance(message, Done):
            return parent.finish(message)
        if isinstance(message, Ready):
            parent.ready = True
        elif isinstance(message, Started):
            parent.child_pid = message.pid
        return None

    def _replace(self, parent: _Parent, queues: list[deque[Task]]) -> Outcome | None:
        """Forget a warm parent that died; its job goes back to the head of its queue."""
        if parent.child_pid is not None:
            kill_group(parent.child_pid)
        cause = parent.cause_of_death()
        self._stop([parent])
        if not parent.ready:
            raise WorkerError(f"a worker process could not start: {cause}")
        if (task := parent.task) is None:
            return None
        task.losses += 1
        if task.losses == _LOSSES:
            reason = f"its warm parent died {_LOSSES} times, last: {cause}"
            return parent.outcome(Answer(Status.LOST, None, reason), None)
        queues[parent.slot].appendleft(task)
        return None

    def _stop(self, parents: list[_Parent]) -> None:
        """End these warm parents and what they run; takes at most about a second."""
        for parent in parents:
            parent.ask_to_stop()
        deadline_s = time.monotonic() + _STOP_S
        for parent in parents:
            parent.stop(max(0.0, deadline_s - time.monotonic()))
            del self._parents[parent.slot, parent.env]


def _heads(queues: list[deque[Task]]) -> list[tuple[int, Env]]:
    """The slots that have jobs, with the next job's environment, in the order of these jobs."""
    heads = sorted((queue[0].index, slot) for slot, queue in enumerate(queues) if queue)
    return [(slot, queues[slot][0].job.env) for _, slot in heads]


class _Parent:
    """A warm parent, seen from the main process."""

    def __init__(self, slot: int, env: Env, hash_seed: int, start: Start) -> None:
        self.slot = slot
        self.env = env
        self.hash_seed = hash_seed
        """Of the interpreter that executes: with "spawn", of the current job's."""
        self.ready = False
        self.task: Task | None = None
        self.child_pid: int | None = None
        self._spawn = start.isolation == "spawn"
        self._directory = start.directory
        self._orders = 0
        self.control, theirs = Pipe()
        fds = _duplicate(1), _duplicate(2)
        try:
            with open(os.path.join(start.directory, STDERR), "wb") as stderr:
                self._process = subprocess.Popen(
                    command_line(serve, str(theirs.fileno())),
                    stdin=subprocess.DEVNULL,
                    stdout=stderr,
                    stderr=stderr,
                    env={**os.environ, **dict(env), "PYTHONHASHSEED": str(hash_seed)},
                    pass_fds=(theirs.fileno(), *fds),
                )
        finally:
            theirs.close()
            for fd in fds:
                os.close(fd)
        self._send(replace(start, stdout_fd=fds[0], stderr_fd=fds[1]))

    def _send(self, message: object) -> None:
        # If it died, the end of file that is there to be received says so.
        with contextlib.suppress(OSError):
            self.control.send(message)

    def give(self, task: Task, hash_seed: int) -> None:
        """Have it run a job, with isolation "spawn" under this hash seed."""
        job = task.job
        self.task = task
        self.child_pid = None
        self.hash_seed = hash_seed
        self._orders += 1
        self._answer = os.path.join(self._directory, str(self._orders))
        self._log = None if job.log is None else os.path.abspath(job.log)
        self._log_start = _size(self._log)
        self._given_s = time.monotonic()
        limits = job.timeout_s, job.memory_limit_bytes
        self._send(Order(job.call, job.args, self._log, *limits, self._answer, hash_seed))

    def finish(self, done: Done) -> Outcome:
        """Return the outcome of the job whose process ended, and become free."""
        assert self.task is not None
        if not done.began:
            cause = _cause(f"{self._answer}.{STDERR}", done.exit_code)
            raise WorkerError(f"a worker process could not start: {cause}")
        try:
            if done.over_memory:
                raise FileNotFoundError  # it may have answered between two looks at it
            with open(self._answer, "rb") as file:
                answer: Answer = pickle.load(file)
        except FileNotFoundError:
            answer = _no_answer(done, self.task.job)
        for name in os.listdir(self._directory):
            if name != STDERR:  # all files of this job; big results must not pile up
                os.unlink(os.path.join(self._directory, name))
        outcome = self.outcome(answer, done)
        self.task = None
        self.child_pid = None
        return outcome

    def outcome(self, answer: Answer, done: Done | None) -> Outcome:
        """Put the current job's outcome together. No `done`: lost."""
        assert self.task is not None
        failed = answer.status is not Status.OK
        return Outcome(
            key=self.task.job.key,
            status=answer.status,
            result=answer.result,
            reason=answer.reason,
            log_tail=self._read_log(answer.status) if failed else "",
            hash_seed=self.hash_seed,
            parent_pid=None if self._spawn else self._process.pid,
            pid=self.child_pid,
            wall_s=time.monotonic() - self._given_s if done is None else done.wall_s,
            peak_rss_bytes=None if done is None else done.peak_rss_bytes,
        )

    def _read_log(self, status: Status) -> str:
        if self._log is None:
            return ""
        crashed = status in (Status.KILLED, Status.TIMEOUT)
        return read_tail(self._log, self._log_start, crashed=crashed)

    def cause_of_death(self) -> str:
        """One line on why it died; waits for its end, which follows that of its socket."""
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return _cause(os.path.join(self._directory, STDERR), self._process.wait())

    def ask_to_stop(self) -> None:
        """Begin to end it; it kills its job's process group first."""
        if not self.ready:
            self._process.kill()  # it may be in a long import; it has no job
        self.control.close()

    def stop(self, patience_s: float) -> None:
        """Return when it is gone; kill it after `patience_s`."""
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            if self.child_pid is not None:
                kill_group(self.child_pid)
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def _duplicate(fd: int) -> int:
    try:
        return os.dup(fd)
    except OSError:  # closed
        return os.open(os.devnull, os.O_WRONLY)


def _size(path: str | None) -> int:
    return os.path.getsize(path) if path is not None and os.path.exists(path) else 0


def _no_answer(done: Done, job: Job) -> Answer:
    if done.timed_out:
        return Answer(Status.TIMEOUT, None, f"no answer after {job.timeout_s:g} s (timeout_s)")
    if done.over_memory:
        reason = f"used more than {job.memory_limit_bytes} bytes (memory_limit_bytes)"
        return Answer(Status.MEMORY, None, reason)
    status = Status.KILLED if done.exit_code < 0 else Status.EXITED
    return Answer(status, None, ended(done.exit_code))


def _cause(stderr_path: str, exit_code: int) -> str:
    """One line on why an interpreter ended: a signal's name, the last line that it wrote."""
    written = read_tail(stderr_path, 0).strip().rpartition("\n")[2]
    parts = [ended(exit_code)] if exit_code < 0 or not written else []
    return one_line(": ".join(parts + ([written] if written else [])))
