"""A warm parent: it imports once, starts one process for each job, and watches it."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import time
import traceback
import warnings
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Any

from runner.processes.job_process import (
    STDERR,
    command_line,
    execute_order,
    execute_spawned,
    flush_streams,
    keep_private,
    prepare,
)
from runner.processes.limits import Watched, peak_rss_bytes
from runner.processes.messages import Done, Order, Ready, Start, Started
from runner.processes.private_directory import remove_tree
from runner.processes.process_tree import (
    adopt_orphans,
    die_with,
    end_children,
    find_children,
    kill_group,
    reap,
)
from runner.trust.importer import modules_directory

_MAX_SLEEP_S = 1.0
"""Longest sleep between two checks of a child, for when its SIGCHLD does not arrive: whoever
started this program may block it, or a preloaded module replace its handler."""
_DUMP_S = 0.25
"""Seconds between the time limit, when a job dumps its stacks, and the kill."""


def serve(descriptors: str) -> None:
    """Be a warm parent until the main process closes its end of the socket; never return.

    Args:
        descriptors: numbers of three descriptors, in JSON: the socket, and where a job without a
            log writes its output and its errors.
    """
    control_fd, stdout_fd, stderr_fd = json.loads(descriptors)
    # Ctrl-C reaches the whole foreground group; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control: Connection[Any, Any] = Connection(control_fd)
    os.set_inheritable(control.fileno(), False)
    # A job that held the socket could write to it, and would hide the end of this process.
    os.register_at_fork(after_in_child=control.close)
    code, directory = 0, None
    try:
        start: Start = replace(control.recv(), stdout_fd=stdout_fd, stderr_fd=stderr_fd)
        directory = start.directory
        keep_private(start)
        if start.isolation == "fork":
            prepare(start)
        parent = _WarmParent(control, start)
        control.send(Ready(os.getpid(), int(os.environ["PYTHONHASHSEED"])))
        while True:
            control.send(parent.run(control.recv()))
    except (EOFError, ConnectionError):  # the main process closed its end, or died
        if directory is not None:
            remove_tree(directory)
            with contextlib.suppress(OSError):  # only the last parent finds it empty
                os.rmdir(os.path.dirname(directory))
    except BaseException:
        code = 1
        traceback.print_exc()
    finally:
        # No atexit handlers run: those of preloaded libraries may take long.
        os._exit(code)


class _WarmParent:
    """Starts one process for each order and watches it."""

    def __init__(self, control: Connection[Any, Any], start: Start) -> None:
        self._control = control
        self._start = start
        self._wake_fd, self._wake_write_fd = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(self._wake_write_fd, False)
        # SIGCHLD puts a byte into the pipe, so that one wait() sees the end of a child as well.
        signal.set_wakeup_fd(self._wake_write_fd, warn_on_full_buffer=False)
        self._sigchld = signal.signal(signal.SIGCHLD, lambda *_: None)
        adopt_orphans()
        self._own = find_children()  # preloaded modules may have started some

    def run(self, order: Order) -> Done:
        """Start a process for the order and wait for its end.

        Raises:
            EOFError: the main process is gone; the job's process has been killed.
        """
        pid, begun_fd = self._fork(order) if self._start.isolation == "fork" else self._spawn(order)
        watched = Watched(self._own, order.log, order.memory_limit_bytes)
        try:
            self._control.send(Started(pid))
            return self._watch(pid, begun_fd, order.timeout_s, watched)
        except BaseException:
            os.kill(pid, signal.SIGKILL)  # it is not reaped yet, and may not lead its group yet
            raise
        finally:
            kill_group(pid)  # a successful job may have left processes behind, too
            end_children(self._own)
            watched.finish()
            if begun_fd is not None:
                os.close(begun_fd)

    def _watch(
        self, pid: int, begun_fd: int | None, timeout_s: float | None, watched: Watched
    ) -> Done:
        """Wait for the end of a job's process, and kill it at its limits.

        Args:
            pid: id of the process.
            begun_fd: descriptor on which a byte arrives when the job begins; None: it has begun.
            timeout_s: seconds that the job may take; None: no limit.
            watched: the job's log and memory.
        """
        began_s = time.monotonic() if begun_fd is None else None
        timed_out = False
        while True:
            rest_s = watched.look() or _MAX_SLEEP_S
            if began_s is not None and timeout_s is not None and not timed_out:
                rest_s = min(rest_s, began_s + timeout_s + _DUMP_S - time.monotonic())
            awaited: list[Any] = [self._control, self._wake_fd]
            if begun_fd is not None and began_s is None:
                awaited.append(begun_fd)
            ready = wait(awaited, max(0.0, rest_s))
            if self._control in ready:  # nothing is sent while a job runs, so this is the end
                self._control.recv()
                raise RuntimeError("the main process sent an order while a job was running")
            if self._wake_fd in ready:
                os.read(self._wake_fd, 4096)
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if begun_fd is not None and began_s is None and _has_begun(begun_fd):
                began_s = time.monotonic()
            if ended:
                peak = peak_rss_bytes(usage)
                return Done(
                    exit_code=os.waitstatus_to_exitcode(status),
                    began=began_s is not None,
                    timed_out=timed_out,
                    over_memory=watched.over_limit or watched.is_over(peak),
                    wall_s=0.0 if began_s is None else time.monotonic() - began_s,
                    peak_rss_bytes=peak,
                )
            reap({*self._own, pid})
            timed_out = timed_out or rest_s <= 0
            if timed_out or watched.over_limit:
                kill_group(pid)
                os.kill(pid, signal.SIGKILL)

    def _fork(self, order: Order) -> tuple[int, None]:
        """Fork a child that executes the order; its job begins at once."""
        parent_pid = os.getpid()
        flush_streams()  # otherwise the child would write this process's text again
        with warnings.catch_warnings():
            # Python 3.12+ warns when a process with threads forks. A comparison with
            # isolation="spawn" tells whether the threads of preloaded modules (BLAS, TensorFlow)
            # matter.
            warnings.filterwarnings("ignore", r".*multi-threaded.*fork", DeprecationWarning)
            pid = os.fork()
        if pid:
            return pid, None
        try:
            os.setsid()
            die_with(parent_pid)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, self._sigchld)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.close(self._wake_fd)
            os.close(self._wake_write_fd)
            execute_order(order, self._start, reseed=True)
        finally:
            os._exit(1)  # a child must never return into the parent's loop

    def _spawn(self, order: Order) -> tuple[int, int]:
        """Start an interpreter that executes the order.

        It is started here, not in the main process, because on Linux a new interpreter inherits
        the peak memory of the process that starts it, and this process is small.

        Returns:
            The process id, and the descriptor on which a byte arrives when the job begins.
        """
        begun_fd, begun_write_fd = os.pipe()
        fds = (begun_write_fd, self._start.stdout_fd, self._start.stderr_fd)
        # The order goes through a file, as a large one would block a pipe until it is read.
        path = order.answer + ".order"
        with open(path, "wb") as file:
            pickle.dump((order, self._start, begun_write_fd, os.getpid()), file)
        with open(order.answer + "." + STDERR, "wb") as stderr:
            process = subprocess.Popen(
                command_line(execute_spawned, path, modules_directory()),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env={**os.environ, "PYTHONHASHSEED": str(order.hash_seed)},
                pass_fds=fds,
                start_new_session=True,
            )
        # Popen must not wait for it: wait4 does, which also gives the peak memory.
        process.returncode = 0
        os.close(begun_write_fd)
        return process.pid, begun_fd


def _has_begun(begun_fd: int) -> bool:
    """Return whether the byte that says that a job begins has arrived."""
    return bool(wait([begun_fd], 0)) and os.read(begun_fd, 1) != b""
