"""What the tests of survival share: a sweep that is looked at, and what all of them must hold."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from conftest import APPS, Ended

from runner.analysis.results import Results

FAULT = ("task=function", "task.function=own_training.with_fault", "builds=1")
"""Runs of the function that `+task.params.fault` names."""

NUMPY = ("task=function", "task.function=own_training.with_numpy")
GRID = (*NUMPY, "seed=fixed,random", "replicates=3", "-m")
RUNS = 7
VERDICTS = {"fixed": "repeatable", "random": "seed-driven"}
"""Of GRID, with the replay of one random run."""


@dataclass(frozen=True)
class Watched:
    """A sweep that was looked at while it ran."""

    ended: Ended
    most_log_bytes: int
    """That all logs together took on the disk at any moment."""
    most_main_bytes: int
    """Resident, of the main process."""
    left: list[psutil.Process]
    """Processes that outlived it."""
    temporary: list[Path]
    """What it left where temporary files go."""


def watch(cwd: Path, *arguments: str, group: Path | None = None, **environment: str) -> Watched:
    """Run a sweep and look at it all the time.

    Args:
        cwd: where; made.
        *arguments: of the command line.
        group: directory of a control group of the system, for the sweep to be in.
        **environment: more of it.
    """
    temporary = cwd / "temporary"
    temporary.mkdir(parents=True)
    command = [sys.executable, "-m", "runner", *arguments]
    if group is not None:
        command = ["sh", "-c", f'echo $$ >"{group}/cgroup.procs"; exec "$@"', "-", *command]
    with (cwd / "out").open("w") as out, (cwd / "err").open("w") as err:
        program = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={**os.environ, "PYTHONPATH": str(APPS), "TMPDIR": str(temporary), **environment},
        )  # fmt: skip
    main = psutil.Process(program.pid)
    seen: dict[int, psutil.Process] = {}
    logs = resident = looks = 0
    while program.poll() is None:
        logs = max(logs, sum(map(blocks, cwd.glob("outputs/*/*/*/run.log"))))
        if looks % 10 == 0:  # this takes a while
            with contextlib.suppress(psutil.NoSuchProcess):
                resident = max(resident, main.memory_info().rss)
                seen |= {each.pid: each for each in main.children(recursive=True)}
        looks += 1
        time.sleep(0.02)
    ended = Ended(program.returncode, (cwd / "out").read_text(), (cwd / "err").read_text(), cwd)
    left = [each for each in seen.values() if is_running(each)]
    return Watched(ended, logs, resident, left, list(temporary.iterdir()))


def blocks(path: Path) -> int:
    """Bytes that a file takes on the disk; 0 when it is gone."""
    with contextlib.suppress(OSError):
        return path.stat().st_blocks * 512
    return 0


def is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def check_grid(results: Results) -> None:
    """Every run of GRID is there, none twice, and the verdicts are right."""
    assert results.problems == []
    assert results.runs["dir"].is_unique
    assert list(results.runs["status"]) == ["ok"] * RUNS
    assert results.table.set_index("seed")["verdict"].to_dict() == VERDICTS
