"""The main process's handle on a warm parent: its socket, its current job, its end."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import stat
import subprocess
import time
from multiprocessing.connection import Pipe

from runner.errors import WorkerError
from runner.processes.devices import VARIABLE
from runner.processes.job_process import STDERR, command_line
from runner.processes.keeping import KeptProcess, ask_for_parent
from runner.processes.log_tail import read_tail
from runner.processes.messages import (
    Answer,
    Done,
    Env,
    Job,
    Order,
    Outcome,
    Ready,
    Start,
    Status,
    Task,
    ended,
    name_signal,
)
from runner.processes.private_directory import (
    empty_directory,
    remove_tree,
    restore_directories,
)
from runner.processes.process_tree import kill_group
from runner.processes.warm_parent import serve
from runner.text import one_line
from runner.trust.importer import modules_directory

STOP_S = 1.0
"""Seconds that processes have to end by themselves before they are killed."""


class ParentHandle:
    """The main process's handle on a warm parent."""

    def __init__(self, slot: int, env: Env, hash_seed: int | None, start: Start) -> None:
        """Start the warm parent.

        Args:
            slot: its number among the warm parents of the same environment.
            env: environment variables, added to this process's.
            hash_seed: PYTHONHASHSEED of its interpreter; None: a kept one has its own.
            start: what it prepares.
        """
        self.slot = slot
        self.env = env
        self.hash_seed = hash_seed
        """PYTHONHASHSEED of the interpreter that executes: with "spawn", the current job's. None
        until a kept one has said it."""
        self.ready = False
        self.task: Task | None = None
        self.child_pid: int | None = None
        self._spawn = start.isolation == "spawn"
        self._directory = start.directory
        self._orders = 0
        self.control, theirs = Pipe()
        fds = _duplicate(1), _duplicate(2)
        variables = env if start.device is None else ((VARIABLE, start.device), *env)
        try:
            with open(os.path.join(start.directory, STDERR), "wb") as stderr:
                serving = theirs.fileno(), *fds
                self._process: subprocess.Popen[bytes] | KeptProcess
                if start.kept:
                    given = *serving, stderr.fileno()
                    self._process = ask_for_parent(slot, start.preload, variables, hash_seed, given)
                else:
                    self._process = subprocess.Popen(
                        command_line(serve, json.dumps(serving), modules_directory()),
                        stdin=subprocess.DEVNULL,
                        stdout=stderr,
                        stderr=stderr,
                        env={**os.environ, **dict(variables), "PYTHONHASHSEED": str(hash_seed)},
                        pass_fds=serving,
                    )
        finally:
            theirs.close()
            for fd in fds:
                os.close(fd)
        self._send(start)

    def begin(self, ready: Ready) -> None:
        """Note that the parent is ready for orders."""
        self.ready = True
        if isinstance(self._process, KeptProcess):
            self._process.known(ready.pid)
        self.hash_seed = ready.hash_seed

    def _send(self, message: object) -> None:
        # If the parent died, receiving from the socket will say so.
        with contextlib.suppress(OSError):
            self.control.send(message)

    def give(self, task: Task, hash_seed: int | None = None) -> None:
        """Have the parent run a job.

        Args:
            task: the job.
            hash_seed: PYTHONHASHSEED of the job's own interpreter, with isolation "spawn"; None:
                the job is forked.
        """
        job = task.job
        self.task = task
        self.child_pid = None
        if hash_seed is not None:
            self.hash_seed = hash_seed
        assert self.hash_seed is not None
        self._orders += 1
        restore_directories(os.path.dirname(self._directory), self._directory)
        self._answer = os.path.join(self._directory, str(self._orders))
        self._log = None if job.log is None else os.path.abspath(job.log)
        self._log_start = _size(self._log)
        self._given_s = time.monotonic()
        limits = job.timeout_s, job.memory_limit_bytes
        paths = self._answer, f"{self._answer}.tmp"
        self._send(Order(job.call, job.args, self._log, *limits, *paths, self.hash_seed))

    def finish(self, done: Done) -> Outcome:
        """Return the outcome of the job whose process ended; the parent is free afterwards.

        Raises:
            WorkerError: the process ended before the job began.
        """
        assert self.task is not None
        if not done.began:
            cause = _cause(f"{self._answer}.{STDERR}", done.exit_code)
            raise WorkerError(f"a worker process could not start: {cause}")
        # A job over its memory limit may still have answered, between two checks.
        answer = None if done.over_memory else _read_answer(self._answer)
        if answer is None:
            answer = _no_answer(done, self.task.job)
        # The files of this job are removed now, so that big results do not pile up.
        empty_directory(self._directory, kept=[STDERR])
        outcome = self.outcome(answer, done)
        self.task = None
        self.child_pid = None
        return outcome

    def outcome(self, answer: Answer, done: Done | None) -> Outcome:
        """Put together the outcome of the current job.

        Args:
            answer: what the job's process reported, or what is reported in its place.
            done: how the process ended; None: the job was lost with its parent.
        """
        assert self.task is not None
        assert self.hash_seed is not None
        failed = answer.status is not Status.OK
        return Outcome(
            key=self.task.job.key,
            status=answer.status,
            result=answer.result,
            reason=answer.reason,
            signal=answer.signal,
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
        """Return one line on why the parent died.

        The socket closes before the process ends, so this waits for the end of the process.
        """
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return _cause(os.path.join(self._directory, STDERR), self._process.wait())

    def ask_to_stop(self) -> None:
        """Ask the parent to end, by closing its socket; it kills its job's process group first."""
        if not self.ready:
            self._process.kill()  # it may be in a long import, and it has no job
        self.control.close()

    def stop(self, patience_s: float) -> None:
        """Wait for the parent to end; kill it after `patience_s` seconds."""
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            if self.child_pid is not None:
                kill_group(self.child_pid)
            self._process.kill()
            self._process.wait()
        remove_tree(self._directory)


def _duplicate(fd: int) -> int:
    try:
        return os.dup(fd)
    except OSError:  # the descriptor is closed
        return os.open(os.devnull, os.O_WRONLY)


def _size(path: str | None) -> int:
    return os.path.getsize(path) if path is not None and os.path.exists(path) else 0


def _read_answer(path: str) -> Answer | None:
    """Read the answer of a job's process; return None where it gave none."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None  # the process writes regular files only
        with open(path, "rb") as file:
            answer: Answer = pickle.load(file)
            return answer
    except OSError:
        return None


def _no_answer(done: Done, job: Job) -> Answer:
    """Return an answer in the place of one that a job's process did not give."""
    if done.timed_out:
        return Answer(Status.TIMEOUT, None, f"no answer after {job.timeout_s:g} s (timeout_s)")
    if done.over_memory:
        reason = f"used more than {job.memory_limit_bytes} bytes (memory_limit_bytes)"
        return Answer(Status.MEMORY, None, reason)
    status = Status.KILLED if done.exit_code < 0 else Status.EXITED
    return Answer(status, None, ended(done.exit_code), name_signal(done.exit_code))


def _cause(stderr_path: str, exit_code: int | None) -> str:
    """Return one line on why an interpreter ended: a signal's name, and the last line it wrote.

    Of a kept one's child the exit status is not known.
    """
    written = read_tail(stderr_path, 0).strip().rpartition("\n")[2]
    how = "it ended" if exit_code is None else ended(exit_code)
    parts = [how] if not written or (exit_code is not None and exit_code < 0) else []
    return one_line(": ".join(parts + ([written] if written else [])))
