"""The process that executes one job: it is set up, calls the job, and writes its answer."""

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
from collections.abc import Callable
from typing import NoReturn

import cloudpickle

from runner.processes.limits import prefer_for_oom_kill
from runner.processes.messages import Answer, Order, Start, Status
from runner.processes.private_directory import restore_directories
from runner.processes.process_tree import die_with
from runner.text import format_error, one_line
from runner.trust.importer import find_modules_in, place_of_modules

STDERR = "stderr"
"""Name, in a process's directory or after a job's answer, of what it prints while it starts."""

_executing = False


def in_worker() -> bool:
    """True in a process that executes a job, and in what that forks."""
    return _executing


def command_line(entry: Callable[[str], None], argument: str) -> list[str]:
    """The command that calls `entry(argument)` in a new interpreter that finds the same modules.

    Not `-m`: that would make the entry's module a second time, as `__main__`. The interpreter's own
    flags are not passed on: -E and -I would hide PYTHONHASHSEED.
    """
    code = (
        "import json, sys; sys.path[:], place = json.loads(sys.argv[1]); "
        f"from {find_modules_in.__module__} import find_modules_in; find_modules_in(place); "
        f"from {entry.__module__} import {entry.__name__} as entry; entry(sys.argv[2])"
    )
    path = [item for item in sys.path if isinstance(item, str)]
    found = json.dumps([path, place_of_modules()])
    # -P: nothing in the current directory takes the place of what this imports.
    return [sys.executable, "-P", "-c", code, found, argument]


def execute_spawned(order_path: str) -> None:
    """Execute one order in this new interpreter; never returns."""
    with open(order_path, "rb") as file:
        order, start, begun_fd, parent_pid = pickle.load(file)
    os.unlink(order_path)
    die_with(parent_pid)
    # A warm parent ignores SIGINT, and what is ignored stays so in a new program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.set_inheritable(begun_fd, False)
    keep_private(start)
    prepare(start)
    os.write(begun_fd, b"!")
    os.close(begun_fd)
    execute_order(order, start, reseed=False)


def prepare(start: Start) -> None:
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
        flush_streams()
        os.write(2, f"\n{step} raised {format_error(error)}\n".encode(errors="replace"))
        os._exit(1)
    # What is there now stays: collections need not look at it, nor copy its pages in a child.
    gc.collect()
    gc.freeze()


def execute_order(order: Order, start: Start, *, reseed: bool) -> NoReturn:
    """Run the job in this process, write its answer and leave."""
    global _executing
    _executing = True
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
    """Call the job's callable; whatever it raises becomes the answer."""
    try:
        prefer_for_oom_kill()
        _redirect(order, start)
        # A job leaves without Python's farewell, in which TensorFlow would delete the files that
        # it generates here; this directory goes with the job.
        restore_directories(os.path.dirname(start.directory), start.directory)
        os.mkdir(order.temporary)
        tempfile.tempdir = order.temporary
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
        free_memory(error)
        _print_traceback()
        return Answer(Status.RAISED, _pickled(error), format_error(error))
    try:
        return Answer(Status.OK, cloudpickle.dumps(value), "")
    except Exception as error:
        reason = f"its result does not pickle: {format_error(error)}"
        return Answer(Status.RAISED, _pickled(RuntimeError(reason)), reason)


def free_memory(error: BaseException | None) -> None:
    """Let go of what the functions hold that a MemoryError passed, to have memory to say so."""
    if not isinstance(error, MemoryError):
        return
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
        data = cloudpickle.dumps(RuntimeError(format_error(error)))
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


def keep_private(start: Start) -> None:
    """Keep the programs that this process starts from inheriting main's stdout and stderr."""
    os.set_inheritable(start.stdout_fd, False)
    os.set_inheritable(start.stderr_fd, False)


def flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed or replaced by a job
            stream.flush()
