"""The interpreter side of `runner.fork`: a warm parent and the processes that execute jobs.

With isolation "fork" the warm parent imports and sets up once and forks one child a job. With
"spawn" it stays bare and starts one new interpreter a job, which imports, sets up and executes.
Either way it watches one job at a time: its start, its end, its time limit, and the end of the
main process. It talks to the main process over one socket, on which no job can write.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import logging
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

import cloudpickle

from runner.jobs import Answer, Done, Order, Ready, Start, Started, Status, describe, one_line
from runner.limits import Watched, offer_first
from runner.orphans import adopt_orphans, die_with, end_children, find_children, kill_group, reap
from runner.trust.modules import find_modules_in, place_of_modules

STDERR = "stderr"
"""Name, in a process's directory or after a job's answer, of what it prints while it starts."""

_CHECK_S = 1.0
"""How long to sleep at most between looks at a child, should its SIGCHLD not arrive (blocked by
whoever started us, or its handler replaced by a preloaded module)."""
_DUMP_S = 0.25
"""Between the dump of the stacks at the time limit and the kill: time to write the dump."""

_executing = False


def in_worker() -> bool:
    """True in a process that executes a job, and in what that forks."""
    return _executing


def command_line(entry: Callable[[str], None], argument: str) -> list[str]:
    """The command that calls `entry(argument)` in a new interpreter that finds the same modules.

    Not `-m`: that would make this module a second time, as `__main__`, with an `in_worker` of
    its own. The interpreter's own flags are not passed on: -E and -I would hide PYTHONHASHSEED.
    """
    code = (
        "import json, sys; sys.path[:], place = json.loads(sys.argv[1]); "
        f"from {find_modules_in.__module__} import find_modules_in; find_modules_in(place); "
        f"from {__name__} import {entry.__name__} as entry; entry(sys.argv[2])"
    )
    path = [item for item in sys.path if isinstance(item, str)]
    found = json.dumps([path, place_of_modules()])
    # -P: nothing in the current directory takes the place of what this imports.
    return [sys.executable, "-P", "-c", code, found, argument]


def serve(control_fd: str) -> None:
    """Be a warm parent until the main process closes its end of the socket; never returns."""
    # Ctrl-C reaches the whole foreground group; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control: Connection[Any, Any] = Connection(int(control_fd))
    os.set_inheritable(control.fileno(), False)
    # A job that held the socket could write on it, and would hide this process's end.
    os.register_at_fork(after_in_child=control.close)
    code, directory = 0, None
    try:
        start: Start = control.recv()
        directory = start.directory
        _keep_private(start)
        if start.isolation == "fork":
            _prepare(start)
        parent = _WarmParent(control, start)
        control.send(Ready())
        while True:
            control.send(parent.run(control.recv()))
    except (EOFError, ConnectionError):  # the main process closed its end, or died
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)
            with contextlib.suppress(OSError):  # the last one out; others still use it
                os.rmdir(os.path.dirname(directory))
    except BaseException:
        code = 1
        traceback.print_exc()
    finally:
        # Without atexit handlers: preloaded libraries may take their time in theirs.
        os._exit(code)


class _WarmParent:
    """Starts one process an order and watches it."""

    def __init__(self, control: Connection[Any, Any], start: Start) -> None:
        self._control = control
        self._start = start
        self._wake_fd, self._wake_write_fd = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(self._wake_write_fd, False)
        # SIGCHLD puts a byte in the pipe, so that one wait() sees a child's end as well.
        signal.set_wakeup_fd(self._wake_write_fd, warn_on_full_buffer=False)
        self._sigchld = signal.signal(signal.SIGCHLD, lambda *_: None)
        adopt_orphans()
        self._own = find_children()  # of preloaded modules

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
            os.kill(pid, signal.SIGKILL)  # not yet reaped; it may not lead its group yet
            raise
        finally:
            kill_group(pid)  # also after success: what the job left behind
            end_children(self._own)
            watched.finish()
            if begun_fd is not None:
                os.close(begun_fd)

    def _watch(
        self, pid: int, begun_fd: int | None, timeout_s: float | None, watched: Watched
    ) -> Done:
        """Wait for the end of `pid`, whose job begins when a byte arrives on begun_fd."""
        began_s = time.monotonic() if begun_fd is None else None
        timed_out = False
        while True:
            rest_s = watched.look() or _CHECK_S
            if began_s is not None and timeout_s is not None and not timed_out:
                rest_s = min(rest_s, began_s + timeout_s + _DUMP_S - time.monotonic())
            awaited: list[Any] = [self._control, self._wake_fd]
            if begun_fd is not None and began_s is None:
                awaited.append(begun_fd)
            ready = wait(awaited, max(0.0, rest_s))
            if self._control in ready:  # nothing is sent while a job runs: this is the end
                self._control.recv()
                raise RuntimeError("the main process sent an order while a job was running")
            if self._wake_fd in ready:
                os.read(self._wake_fd, 4096)
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if begun_fd is not None and began_s is None and _has_begun(begun_fd):
                began_s = time.monotonic()
            if ended:
                # KiB, but bytes on macOS
                peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
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
        _flush()  # or the child would write this process's text again
        with warnings.catch_warnings():
            # Python 3.12+ warns when a process with threads forks. Whether the preloaded modules'
            # threads (BLAS, TensorFlow) survive that is for isolation="spawn" to find out.
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
            _execute(order, self._start, reseed=True)
        finally:
            os._exit(1)  # never back into the loop of the parent

    def _spawn(self, order: Order) -> tuple[int, int]:
        """Start an interpreter that executes the order, and says on the pipe when it begins.

        From here and not from the main process: on Linux the peak memory of whoever starts an
        interpreter is carried over to it, and this process is small.
        """
        begun_fd, begun_write_fd = os.pipe()
        fds = (begun_write_fd, self._start.stdout_fd, self._start.stderr_fd)
        # In a file: a large one would block a pipe while the interpreter starts.
        path = order.answer + ".order"
        with open(path, "wb") as file:
            pickle.dump((order, self._start, begun_write_fd, os.getpid()), file)
        with open(order.answer + "." + STDERR, "wb") as stderr:
            process = subprocess.Popen(
                command_line(execute_spawned, path),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env={**os.environ, "PYTHONHASHSEED": str(order.hash_seed)},
                pass_fds=fds,
                start_new_session=True,
            )
        process.returncode = 0  # hands off: reaped with wait4, for its peak memory
        os.close(begun_write_fd)
        return process.pid, begun_fd


def execute_spawned(order_path: str) -> None:
    """Execute one order in this new interpreter; never returns."""
    with open(order_path, "rb") as file:
        order, start, begun_fd, parent_pid = pickle.load(file)
    os.unlink(order_path)
    die_with(parent_pid)
    # A warm parent ignores SIGINT, and what is ignored stays so in a new program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.set_inheritable(begun_fd, False)
    _keep_private(start)
    _prepare(start)
    os.write(begun_fd, b"!")
    os.close(begun_fd)
    _execute(order, start, reseed=False)


def _prepare(start: Start) -> None:
    """Import and set up; on an error print why as the last line of stderr, and leave."""
    sys.argv[:] = start.argv
    step = ""
    try:
        for name in start.preload:
            step = f"the import of {name!r}"
            importlib.import_module(name)
        if start.setup is not None:
            step = "setup"
            pickle.loads(start.setup)()
    except BaseException as error:
        traceback.print_exc()
        _flush()
        os.write(2, f"\n{step} raised {describe(error)}\n".encode(errors="replace"))
        os._exit(1)
    # What is there now stays: collections need not look at it, nor copy its pages in a child.
    gc.collect()
    gc.freeze()


def _execute(order: Order, start: Start, *, reseed: bool) -> NoReturn:
    """Run the job in this process, write its answer and leave."""
    global _executing
    _executing = True
    code = 1
    try:
        answer = _answer(order, start, reseed)
        faulthandler.cancel_dump_traceback_later()
        with contextlib.suppress(Exception):
            logging.shutdown()
        _flush()
        try:
            _write(answer, order.answer)
        except OSError as error:  # such as a full disk: there may be room for this
            reason = f"the result could not be written: {describe(error)}"
            _write(Answer(Status.RAISED, _pickled(RuntimeError(reason)), reason), order.answer)
        code = 0
    finally:
        os._exit(code)


def _answer(order: Order, start: Start, reseed: bool) -> Answer:
    """Call the job's callable; whatever it raises becomes the answer."""
    try:
        offer_first()
        _redirect(order, start)
        # A job leaves without Python's farewell, in which TensorFlow would delete the files that
        # it generates here; the pool's own directory goes with the pool.
        tempfile.tempdir = start.directory
        faulthandler.enable(file=2)
        if order.timeout_s is not None:
            faulthandler.dump_traceback_later(order.timeout_s, file=2)
        # Higher than (700 to 2000, 10, 10): with TensorFlow's many objects a small training spent
        # a third of its time in collections. Not disabled: a long one has cycles to free.
        gc.set_threshold(50_000, 20, 50)
        if reseed:
            _reseed()
        value = pickle.loads(order.call)(*pickle.loads(order.args))
    except SystemExit as error:
        _print_traceback()
        code = "" if error.code is None else repr(error.code)
        return Answer(Status.EXITED, None, one_line(f"called sys.exit({code})"))
    except BaseException as error:
        if isinstance(error, MemoryError):
            _free(error)
        _print_traceback()
        return Answer(Status.RAISED, _pickled(error), describe(error))
    try:
        return Answer(Status.OK, cloudpickle.dumps(value), "")
    except Exception as error:
        reason = f"its result does not pickle: {describe(error)}"
        return Answer(Status.RAISED, _pickled(RuntimeError(reason)), reason)


def _free(error: BaseException | None) -> None:
    """Let go of all that the functions which an error passed hold, to have memory to say so."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _print_traceback() -> None:
    with contextlib.suppress(Exception):  # a full disk must not hide what was raised
        traceback.print_exc()


def _pickled(error: BaseException) -> bytes:
    """The exception's pickle; that of a RuntimeError with its text where it has none."""
    try:
        data: bytes = cloudpickle.dumps(error)
        pickle.loads(data)  # many exceptions pickle and then lack arguments for __init__
    except Exception:
        data = cloudpickle.dumps(RuntimeError(describe(error)))
    return data


def _redirect(order: Order, start: Start) -> None:
    """Send fds 1 and 2, hence also what C code writes, to the log or to where main's go."""
    if order.log is None:
        os.dup2(start.stdout_fd, 1)
        os.dup2(start.stderr_fd, 2)
    else:
        os.makedirs(os.path.dirname(order.log), exist_ok=True)
        log_fd = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        os.close(log_fd)
    os.close(start.stdout_fd)
    os.close(start.stderr_fd)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # By lines: in order with stderr, and not lost when the process is killed.
        sys.stdout.reconfigure(line_buffering=True)


def _reseed() -> None:
    """Seed the global generators from the operating system.

    Children of one parent would otherwise share its state: runs would agree that would not as
    scripts.
    """
    random.seed()
    if (numpy_random := sys.modules.get("numpy.random")) is not None:
        numpy_random.seed()


def _write(answer: Answer, path: str) -> None:
    """Write the answer; a half written one is never seen under its name."""
    with open(path + ".part", "wb") as file:
        pickle.dump(answer, file)
    os.replace(path + ".part", path)


def _has_begun(begun_fd: int) -> bool:
    return bool(wait([begun_fd], 0)) and os.read(begun_fd, 1) != b""


def _keep_private(start: Start) -> None:
    """Keep the programs that this process starts from inheriting main's stdout and stderr."""
    os.set_inheritable(start.stdout_fd, False)
    os.set_inheritable(start.stderr_fd, False)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed or replaced by a job
            stream.flush()
