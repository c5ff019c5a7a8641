"""Jobs of another Hydra application that fail: why is in their directories, each is one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import APPS, Ended

APP = "ending_app.py"
OURS = ("hydra/sweeper=runner", "hydra/launcher=runner")
LAUNCHERS = {
    "runner": OURS,
    "basic": ("hydra/sweeper=runner",),
    "other_sweeper": ("hydra/launcher=runner",),
}


def run_app(cwd: Path, *overrides: str, timeout: float = 120, **environment: str) -> Ended:
    """Sweep over an application as its user types it, into the directory `sweep`."""
    cwd.mkdir(parents=True, exist_ok=True)
    given = (
        [] if any("hydra.sweep.dir" in each for each in overrides) else ["hydra.sweep.dir=sweep"]
    )
    done = subprocess.run(
        [sys.executable, str(APPS / APP), *given, *overrides, "-m"],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, cwd)


def read(directory: Path, name: str) -> str:
    path = directory / name
    return path.read_text() if path.exists() else ""


ENDS = {
    "raise": ("ValueError: x is 1", ", in fail\n"),
    "odd": ("OddError: x is 1", ", in fail_oddly\n"),
    "exit": ("SystemExit: 3", "ending_app.py"),
}


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("end", ENDS)
def test_what_a_job_raises_is_in_its_own_log(tmp_path, launcher, end):
    ended = run_app(tmp_path, *LAUNCHERS[launcher], f"+end=well,{end}", "+x=1")
    assert ended.status == 1
    for name in ("ending_app.log", "error.txt"):
        told = read(tmp_path / "sweep" / "1", name)
        assert told.count("Traceback (most recent call last)") == 1
        assert all(each in told for each in ENDS[end])
    log = read(tmp_path / "sweep" / "1", "ending_app.log")
    assert log.index("the end is") < log.index("Traceback")
    fine = tmp_path / "sweep" / "0"
    assert "Traceback" not in read(fine, "ending_app.log")
    assert not (fine / "error.txt").exists()


def test_without_a_log_of_its_own_the_error_is_in_the_file_beside(tmp_path):
    shared = "hydra.job_logging.handlers.file.filename=all.log"
    for directory, logging in (("none", "hydra/job_logging=disabled"), ("shared", shared)):
        place = f"hydra.sweep.dir={directory}"
        ended = run_app(tmp_path, *OURS, place, logging, "+end=raise", "+x=1,2")
        assert ended.status == 1
        for number in (0, 1):
            job = tmp_path / directory / str(number)
            assert not (job / "ending_app.log").exists()
            assert f"ValueError: x is {number + 1}\n" in read(job, "error.txt")
    assert "Traceback" not in read(tmp_path, "all.log")


@pytest.mark.parametrize("isolation", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_of_a_job_that_dies_the_file_says_how(tmp_path, isolation):
    ended = run_app(
        tmp_path,
        *(*OURS, "hydra.launcher.timeout_s=3", f"hydra.launcher.isolation={isolation}"),
        *("hydra.sweeper.replicates=2", "+end=os_exit,kill,hang,raise", "+x=1"),
    )
    assert ended.status == 1
    told = [read(tmp_path / "sweep" / str(number), "error.txt") for number in range(8)]
    one = ["left by os._exit(4)\n", "killed by SIGKILL\n", "no answer after 3 s (timeout_s)\n"]
    assert [*told[:3], *told[4:7]] == one * 2
    assert told[3].count("Traceback") == told[7].count("Traceback") == 1
