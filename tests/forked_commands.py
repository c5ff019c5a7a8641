"""Runs command lines in forks of an interpreter that has imported Hydra and the command line.

Starting an interpreter takes most of the time of a command that only answers with one line. A fork
begins where a fresh interpreter is once it has imported what a sweep needs;
`test_a_fork_answers_as_a_fresh_interpreter` holds both to the same answers. Commands that run
something are started in earnest, by the fixture `cli`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class ForkedCommands:
    """An interpreter that forks a child for each command line."""

    process: subprocess.Popen[str]

    def run(
        self, cwd: Path, arguments: list[str], **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m runner ARGUMENTS` in a directory, and return what it answered."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with tempfile.TemporaryDirectory() as held:
            out, err = Path(held, "out"), Path(held, "err")
            asked = {
                "cwd": str(cwd),
                "arguments": arguments,
                "environment": {**os.environ, **environment},
                "out": str(out),
                "err": str(err),
            }
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            return subprocess.CompletedProcess(arguments, status, out.read_text(), err.read_text())


@pytest.fixture(scope="session")
def forked_commands() -> Iterator[ForkedCommands]:
    """Start the interpreter, and end it when the tests have ended."""
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield ForkedCommands(process)
        assert process.stdin is not None
        process.stdin.close()


def serve() -> None:
    """Fork a child for each line of standard input, and answer with its exit status."""
    # What a fresh interpreter imports for most commands; pandas, for those that make a table.
    import pandas  # noqa: F401

    import runner.commands.main
    import runner.execute.single_run
    import runner.sweep.prepare_run  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answer(json.loads(line))
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
    sys.path[0] = str(asked["cwd"])  # as `python -m` has it
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
