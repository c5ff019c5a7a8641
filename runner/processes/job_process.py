"""The process that executes one job: it sets itself up, calls the job and writes the answer."""

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
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

import cloudpickle

from runner.errors import RunFailed
from runner.processes.limits import prefer_for_oom_kill
from runner.processes.messages import Answer, Order, Start, Status
from runner.processes.private_directory import restore_directories
from runner.processes.process_tree import die_with
from runner.text import format_error, one_line
from runner.trust.importer import find_modules_in

STDERR = "stderr"
"""Name of the file that catches what a process prints while it starts.

A warm parent has it in its directory; a spawned job appends it to the name of its answer.
"""

_executing = False
_forked_from: int | None = None


def in_worker() -> bool:
    """Return True in a process that executes a job, and in every process that it forks."""
    return _executing


def warm_parent() -> int | None:
    """Return the process id of the warm parent that this job was forked from.

    None: the job has an interpreter of its own, which shares no state with other jobs.
    """
    return _forked_from


def command_line(
    entry: Callable[[str], None],
    argument: str,
    modules: str | None,
    search_path: Sequence[str] | None = None,
) -> list[str]:
    """Return the command that calls `entry(argument)` in a new interpreter.

    The new interpreter finds the same installed modules as this one, or those on `search_path`,
    and trusted ones in the directory `modules`, where one is given. The command does not use `-m`,
    which would make the entry's module a second time, as `__main__`. It does not pass on the flags
    of this interpreter either: -E and -I would hide PYTHONHASHSEED.
    """
    code = (
        "import json, sys; sys.path[:], modules = json.loads(sys.argv[1]); "
        f"from {find_modules_in.__module__} import find_modules_in; find_modules_in(modules); "
        f"from {entry.__module__} import {entry.__name__} as entry; entry(sys.argv[2])"
    )
    path = [item for item in search_path or sys.path if isinstance(item, str)]
    search = json.dumps([path, modules])
    # -P: no file in the current directory shadows the modules that the code imports.
    return [sys.executable, "-P", "-c", code, search, argument]


def execute_spawned(order_path: str) -> None:
    """Execute one order in this new interpreter; never return.

    Args:
        order_path: file of the pickled order; it is removed once it is read.
    """
    with open(order_path, "rb") as file:
        order, start, begun_fd, parent_pid = pickle.load(file)
    os.unlink(order_path)
    die_with(parent_pid)
    # A warm parent ignores SIGINT, and the programs that it starts inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.set_inheritable(begun_fd, False)
    keep_private(start)
    prepare(start)
    os.write(begun_fd, b"!")
    os.close(begun_fd)
    execute_order(order, start, reseed=False)


def prepare(start: Start) -> None:
    """Import the preloaded modules and call the setup.

    On an error, the last line of stderr says why, and the process ends with status 1.
    """
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
        flush_streams()
        os.write(2, f"\n{step} raised {format_error(error)}\n".encode(errors="replace"))
        os._exit(1)
    # The objects that exist now are here to stay: garbage collections need not visit them, which
    # would copy their pages in a child.
    gc.collect()
    gc.freeze()


def execute_order(order: Order, start: Start, *, reseed: bool) -> NoReturn:
    """Run the job in this process, write its answer and end the process.

    Args:
        order: the job.
        start: what the process was started with.
        reseed: seed the global generators from the operating system first.
    """
    global _executing, _forked_from
    _executing = True
    _forked_from = os.getppid() if start.isolation == "fork" else None
    code = 1
    try:
        answer = _answer(order, start, reseed)
        faulthandler.cancel_dump_traceback_later()
        with contextlib.suppress(Exception):
            logging.shutdown()
        flush_streams()
        try:
            try:
                _write(answer, order.answer)
            except (FileNotFoundError, NotADirectoryError):  # the job removed its place
                restore_directories(os.path.dirname(start.directory), start.directory)
                _write(answer, order.answer)
        except OSError as error:  # such as a full disk: there may be room for this
            reason = f"the result could not be written: {format_error(error)}"
            _write(Answer(Status.RAISED, _pickled(RuntimeError(reason)), reason), order.answer)
        code = 0
    finally:
        os._exit(code)


def _answer(order: Order, start: Start, reseed: bool) -> Answer:
    """Call the job's callable; return its result, or whatever it raised, as the answer."""
    try:
        prefer_for_oom_kill()
        _redirect(order, start)
        # A job ends without Python's exit handlers, in which TensorFlow would delete the files
        # that it generates in this directory, so the directory is removed after the job.
        restore_directories(os.path.dirname(start.directory), start.directory)
        os.mkdir(order.temporary)
        tempfile.tempdir = order.temporary
        faulthandler.enable(file=2)
        if order.timeout_s is not None:
            faulthandler.dump_traceback_later(order.timeout_s, file=2)
        # Python's own thresholds are (700 to 2000, 10, 10). With them, and TensorFlow's many
        # objects, a small training spent a third of its time in collections. They stay enabled
        # because a long training has cycles to free.
        gc.set_threshold(50_000, 20, 50)
        if reseed:
            _reseed()
        value = pickle.loads(order.call)(*pickle.loads(order.args))
    except SystemExit as error:
        _print_traceback()
        code = "" if error.code is None else repr(error.code)
        return Answer(Status.EXITED, None, one_line(f"called sys.exit({code})"))
    except BaseException as error:
        free_memory(error)
        if not isinstance(error, RunFailed):  # a run prints its own
            _print_traceback()
        return Answer(Status.RAISED, _pickled(error), format_error(error))
    try:
        return Answer(Status.OK, cloudpickle.dumps(value), "")
    except Exception as error:
        reason = f"its result does not pickle: {format_error(error)}"
        return Answer(Status.RAISED, _pickled(RuntimeError(reason)), reason)


def free_memory(error: BaseException | None) -> None:
    """Clear the frames that a MemoryError passed through, to have the memory to report it.

    Other errors are left as they are.
    """
    if not isinstance(error, MemoryError):
        return
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _print_traceback() -> None:
    with contextlib.suppress(Exception):  # a full disk must not hide the job's own error
        traceback.print_exc()


def _pickled(error: BaseException) -> bytes:
    """Pickle an exception; where that fails, pickle a RuntimeError with its text."""
    try:
        data: bytes = cloudpickle.dumps(error)
        # Many exceptions can be pickled but not loaded, as their __init__ needs more arguments.
        pickle.loads(data)
    except Exception:
        data = cloudpickle.dumps(RuntimeError(format_error(error)))
    return data


def _redirect(order: Order, start: Start) -> None:
    """Send file descriptors 1 and 2 to the job's log, or to where the main process's go.

    Redirecting the descriptors also catches what C code writes.
    """
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
        # Line buffering keeps stdout in order with stderr, and keeps it when the process is killed.
        sys.stdout.reconfigure(line_buffering=True)


def _reseed() -> None:
    """Seed the global generators of Python, NumPy and PyTorch from the operating system.

    The children of one parent would otherwise start from its state, so unseeded runs would agree
    here that differ when they are run as scripts.
    """
    random.seed()
    if (numpy_random := sys.modules.get("numpy.random")) is not None:
        numpy_random.seed()
    # Those of its devices are made, and seeded, when a process first uses them.
    if (generator := getattr(sys.modules.get("torch"), "default_generator", None)) is not None:
        generator.seed()


def _write(answer: Answer, path: str) -> None:
    """Write the answer under a temporary name and rename it, so that no reader sees half of it."""
    with open(path + ".part", "wb") as file:
        pickle.dump(answer, file)
    os.replace(path + ".part", path)


def keep_private(start: Start) -> None:
    """Keep programs that this process starts from inheriting the main process's streams."""
    os.set_inheritable(start.stdout_fd, False)
    os.set_inheritable(start.stderr_fd, False)


def flush_streams() -> None:
    """Flush stdout and stderr, as far as they can be flushed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a job may have closed or replaced it
            stream.flush()
