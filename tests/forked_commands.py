"""Runs command lines in forks of an interpreter that has imported Hydra and the command line.

Starting an interpreter takes most of the time of a command that only answers with one line. A fork
begins where a fresh interpreter is once it has imported what a sweep needs;
`test_a_fork_answers_as_a_fresh_interpreter` holds both to the same answers. The default tests run
all commands in forks, except those that are given a variable of Python's own; the slow ones start a
fresh interpreter for each, as people do.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOMS = ("commands", "sweep", "execute", "plan", "analysis", "compare", "report", "page", "lint")
"""Rooms of which commands import most; what they need is imported with them, without TensorFlow."""


@dataclass
class ForkedCommands:
    """An interpreter that forks a child for each command line."""

    process: subprocess.Popen[bytes]
    asking: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def start(cls) -> ForkedCommands:
        """Start the interpreter; its standard input's end is its own."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return cls(subprocess.Popen([sys.executable, __file__], bufsize=0, **pipes))  # type: ignore[call-overload]

    def run(
        self, cwd: Path, arguments: list[str], timeout: float = 300, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m runner ARGUMENTS` in a directory, and return what it answered.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds, and was ended.
        """
        assert self.process.stdin is not None
        with tempfile.TemporaryDirectory() as held, self.asking:
            out, err = Path(held, "out"), Path(held, "err")
            asked = {
                "cwd": str(cwd),
                "arguments": arguments,
                "environment": {**os.environ, **environment},
                "out": str(out),
                "err": str(err),
            }
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            child = self._read()
            late = not self._has_answered(timeout)
            if late:
                os.kill(child, signal.SIGKILL)
            status = self._read()
            said, errors = out.read_text(), err.read_text()
        if late:
            raise subprocess.TimeoutExpired(arguments, timeout, said, errors)
        return subprocess.CompletedProcess(arguments, status, said, errors)

    def _has_answered(self, timeout: float) -> bool:
        return bool(select.select([self.process.stdout], [], [], timeout)[0])

    def _read(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """End the interpreter."""
        self.process.communicate()


@cache
def open_forks() -> ForkedCommands:
    """Return this process's interpreter; `pytest_unconfigure` ends it."""
    return ForkedCommands.start()


def pytest_unconfigure() -> None:
    if open_forks.cache_info().currsize:
        open_forks().close()
        open_forks.cache_clear()


@pytest.fixture(scope="session")
def forked_commands() -> ForkedCommands:
    """The interpreter that forks commands; it ends with the tests."""
    return open_forks()


def serve() -> None:
    """Fork a child for each line of standard input, and answer with its exit status."""
    import runner

    for room in ROOMS:
        for found in pkgutil.walk_packages([f"{runner.__path__[0]}/{room}"], f"runner.{room}."):
            importlib.import_module(found.name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answer(json.loads(line))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def answer(asked: dict[str, object]) -> None:
    """Become `python -m runner`, in the child."""
    from runner.__main__ import cli

    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(str(asked[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[arg-type, call-overload]
    sys.argv = ["runner", *asked["arguments"]]  # type: ignore[misc]
    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [str(asked["cwd"]), *filter(None, added)]  # as `python -m` has it
    status = 0
    try:
        cli()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
