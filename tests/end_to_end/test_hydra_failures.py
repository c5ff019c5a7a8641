"""Jobs of another Hydra application that fail: why is in their directories, each is one line."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import APPS, Ended, run_cli
from pools import wait_until

APP = "ending_app.py"
OURS = ("hydra/sweeper=runner", "hydra/launcher=runner")
LAUNCHERS = {
    "runner": OURS,
    "basic": ("hydra/sweeper=runner",),
    "other_sweeper": ("hydra/launcher=runner",),
}
SWEEPS = [name for name in LAUNCHERS if name != "other_sweeper"]


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


@pytest.mark.slow
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


@pytest.mark.exhaustive
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


@pytest.mark.parametrize("isolation", ["fork", pytest.param("spawn", marks=pytest.mark.exhaustive)])
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


# --- the screen, the list of jobs and the exit status


def list_jobs(cwd: Path) -> list[list[str]]:
    """Status, reason and directory of each job in the file."""
    with (cwd / "sweep" / "jobs.csv").open(newline="") as file:
        return [[row["status"], row["reason"], row["directory"]] for row in csv.DictReader(file)]


@pytest.mark.parametrize("launcher", SWEEPS)
def test_a_failed_job_is_one_line_and_no_traceback(tmp_path, launcher):
    ended = run_app(tmp_path, *LAUNCHERS[launcher], "+end=raise,well,exit", "+x=1")
    assert ended.status == 1
    assert "Traceback" not in ended.err
    lines = [line for line in ended.err.splitlines() if line.startswith("failed: ")]
    assert sorted(line.split(" ", 2)[1] for line in lines) == ["end=exit:", "end=raise:"] or (
        launcher == "basic" and len(lines) == 2
    )
    assert any(line.endswith(": ValueError: x is 1 and that is that") for line in lines)
    assert any(line.endswith(": called sys.exit(3)") for line in lines)
    assert ended.err.splitlines()[-1] == "2 of 3 jobs failed"


def test_a_batch_of_one_names_its_job(tmp_path):
    batches = "hydra.sweeper.max_batch_size=1"
    ended = run_app(tmp_path, *LAUNCHERS["runner"], batches, "+end=raise", "+x=1,2")
    lines = [line for line in ended.err.splitlines() if line.startswith("failed: ")]
    names = [line.partition(": ValueError")[0] for line in lines]
    assert names == ["failed: end=raise x=1", "failed: end=raise x=2"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("launcher", SWEEPS)
def test_the_full_error_is_shown_to_who_asks_for_it(tmp_path, launcher):
    overrides = (*LAUNCHERS[launcher], "+end=raise,well", "+x=1")
    ended = run_app(tmp_path, *overrides, HYDRA_FULL_ERROR="1")
    assert ended.status == 1
    assert ", in fail\n" in ended.err
    assert "\nValueError: x is 1\n" in ended.err
    assert [row[0] for row in list_jobs(tmp_path)] == ["failed", "ok"]


@pytest.mark.parametrize("launcher", SWEEPS)
def test_jobs_are_listed_with_their_replicates(tmp_path, launcher):
    replicates = "hydra.sweeper.replicates=2"
    ended = run_app(tmp_path, *LAUNCHERS[launcher], replicates, "+end=well,raise", "+x=1", "+job=7")
    assert ended.status == 1
    with (tmp_path / "sweep" / "jobs.csv").open(newline="") as file:
        heading, *rows = csv.reader(file)
    fixed = ["job", "configuration", "replicate", "status", "reason", "directory"]
    assert heading == [*fixed, "end", "x", "override_job"]
    why = "ValueError: x is 1 and that is that"
    assert rows == [
        ["0", "0", "0", "ok", "", "0", "well", "1", "7"],
        ["1", "1", "0", "failed", why, "1", "raise", "1", "7"],
        ["2", "0", "1", "ok", "", "2", "well", "1", "7"],
        ["3", "1", "1", "failed", why, "3", "raise", "1", "7"],
    ]
    table = ended.out[ended.out.index("4 jobs: 2 ok, 2 failed\n") :].splitlines()
    assert table[1].split() == ["job", "overrides", "replicate", "status", "reason", "directory"]
    assert table[2].split() == ["0", "end=well", "0", "ok", "0"]
    assert table[5].split() == ["3", "end=raise", "1", "failed", *why.split(), "3"]
    assert table[6] == f"Files: {tmp_path / 'sweep'} (jobs.csv)"


@pytest.mark.slow
def test_commands_that_need_records_name_the_list_of_jobs(tmp_path):
    assert run_app(tmp_path, *LAUNCHERS["runner"], "+end=well", "+x=1,2").status == 0
    said = (
        "sweep: no record of a run was found there. It is of a sweep over another application:"
        " sweep/jobs.csv says how its jobs ended\n"
    )
    for command in ("report", "lock", "statistics"):
        ended = run_cli(tmp_path, command, "sweep")
        assert (ended.status, ended.out, ended.err) == (2, "", said), command
    ended = run_cli(tmp_path, "compare", "sweep", "sweep")
    assert (ended.status, ended.err) == (2, f"A: {said}")
    (tmp_path / "sweep" / "jobs.csv").unlink()
    assert "sweep/jobs.jsonl says how its jobs ended" in run_cli(tmp_path, "report", "sweep").err


@pytest.mark.exhaustive
def test_of_many_jobs_a_screen_is_printed_and_the_failed_ones_first(tmp_path):
    ended = run_app(tmp_path, *LAUNCHERS["basic"], "+end=well,raise", "+x=range(12)")
    table = ended.out[ended.out.index("24 jobs: 12 ok, 12 failed\n") :].splitlines()
    assert len(table) == 17  # counts, headings, 12 jobs, what is left out, files, what to type
    assert all(" failed " in line for line in table[2:14])
    assert table[14] == "12 more jobs: see jobs.csv"
    assert len(list_jobs(tmp_path)) == 24


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("raise", "ValueError: x is 1 and that is that"),
        ("odd", "RuntimeError: OddError: x is 1"),
        ("no_file", "FileNotFoundError: [Errno 2] No such file or directory: 'gone'"),
        ("no_text", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0:"),
        ("kill", "killed by SIGKILL"),
    ],
)
def test_the_launcher_alone_leaves_the_list_to_the_other_sweeper(tmp_path, end, reason):
    ended = run_app(tmp_path, *LAUNCHERS["other_sweeper"], f"+end={end},well", "+x=1")
    assert ended.status == 1
    told = reason.removeprefix("RuntimeError: ") if end == "odd" else reason
    assert f"failed: end={end}: {reason}" in ended.err
    # Hydra's own lines, for the first job that failed.
    last = ended.err[ended.err.index("Error executing job with overrides: ") :].splitlines()
    assert last[0].endswith(f"['+end={end}', '+x=1']")
    assert last[1].startswith(reason)
    assert last[2:] == [
        "",
        "Set the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace.",
    ]
    assert told.partition(" and that")[0] in read(tmp_path / "sweep" / "0", "error.txt")
    assert not (tmp_path / "sweep" / "jobs.csv").exists()


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("hydra.sweeper.replicates=0", "hydra.sweeper.replicates: must be at least 1. Received: 0"),
        ("hydra.launcher.workers=0", "hydra.launcher.workers: must be greater than 0. Received: 0"),
        (
            "hydra.sweeper.resume=nowhere",
            "hydra.sweeper.resume: no such directory. Received: nowhere",
        ),
        ("hydra.sweeper.resume=.", "hydra.sweeper.resume: is not a sweep that was planned."),
    ],
)
def test_a_mistake_of_the_person_is_one_line(tmp_path, override, line):
    ended = run_app(tmp_path, *OURS, override, "+end=well", "+x=1")
    assert ended.status == 2
    assert ended.err.startswith(line)
    assert ended.err.count("\n") == 1


# --- going on


def resume(cwd: Path, command: str) -> Ended:
    """Type a command that was printed."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, cwd)


def find_command(text: str) -> str:
    (command,) = re.findall(r"^To run .* not ok: (.*)$", text, re.M)
    return command


@pytest.mark.parametrize("launcher", SWEEPS)
def test_what_is_not_ok_is_run_again_and_nothing_else(tmp_path, launcher):
    overrides = (*LAUNCHERS[launcher], "hydra.sweeper.replicates=2", "+x=1")
    ended = run_app(tmp_path, *overrides, "+end=well,unless_mended")
    assert ended.status == 1
    assert [row[0] for row in list_jobs(tmp_path)] == ["ok", "failed"] * 2
    sweep = tmp_path / "sweep"
    kept = {path: path.stat().st_mtime_ns for path in (sweep / "0").rglob("*")}
    shutil.rmtree(sweep / "2")
    (tmp_path / "mended").touch()
    (tmp_path / "started").unlink()

    again = resume(tmp_path, find_command(ended.out))
    assert again.status == 0, again.err
    assert "1 of 4 jobs were done already\n" in again.err
    assert sorted((tmp_path / "started").read_text().split()) == ["1", "2", "3"]
    assert {path: path.stat().st_mtime_ns for path in (sweep / "0").rglob("*")} == kept
    # Nothing is lost.
    assert "ValueError" in read(sweep / "1.attempt0", "error.txt")
    assert not (sweep / "1" / "error.txt").exists()
    assert [row[0] for row in list_jobs(tmp_path)] == ["ok"] * 4
    assert "To run" not in again.out

    (tmp_path / "started").unlink()
    nothing = resume(tmp_path, find_command(ended.out))
    assert nothing.status == 0, nothing.err
    assert "4 of 4 jobs were done already\n" in nothing.err
    assert not (tmp_path / "started").exists()


@pytest.mark.exhaustive
def test_resume_of_the_runner_says_what_to_type_from_anywhere(tmp_path):
    work = tmp_path / "it's here"
    run_app(work, *OURS, "+x=1", "+end=well,unless_mended", "hydra.sweep.dir=my sweep")
    shutil.move(work / "my sweep", tmp_path / "moved, too")
    (work / "mended").touch()
    told = run_cli(tmp_path / "elsewhere", "resume", str(tmp_path / "moved, too"))
    assert told.status == 2
    (line,) = told.err.splitlines()
    again = resume(tmp_path, line.partition(" Type: ")[2])
    assert again.status == 0, again.err
    assert "1 of 2 jobs were done already\n" in again.err
    assert [path.name for path in (tmp_path / "moved, too").glob("*.attempt0")] == ["1.attempt0"]


@pytest.mark.exhaustive
def test_jobs_that_are_others_are_refused_and_the_key_is_named(tmp_path):
    run_app(tmp_path, *OURS, "+end=well,raise", "+x=1")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")}
    on = (*OURS, "hydra.sweeper.resume=sweep", "+end=well,raise")
    for others, said in {
        ("+x=2",): "x: was 1, is 2",
        ("+x=1", "+y=1"): "y: was nothing, is 1",
        ("+x=1", "hydra.sweeper.replicates=2"): "hydra.sweeper.replicates: was 1, is 2",
    }.items():
        ended = run_app(tmp_path, *on, *others)
        assert ended.status == 2
        assert ended.err == (
            f"hydra.sweeper.resume: the jobs are not those that were planned. Received: {said}\n"
        )
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")} == before


@pytest.mark.exhaustive
def test_a_config_file_that_changed_is_refused_and_code_that_changed_is_told(tmp_path):
    conf = tmp_path / "conf" / "size"
    conf.mkdir(parents=True)
    (conf / "small.yaml").write_text("rows: 5\nurl: ${oc.env:HOME}\n")
    (tmp_path / "helper.py").write_text("")
    overrides = (*OURS, "+end=well,unless_mended", "+x=1", "+size=small", "--config-dir=conf")
    ordered = sorted(overrides, key=lambda each: each.startswith("-"))
    assert run_app(tmp_path, *ordered).status == 1
    (tmp_path / "helper.py").write_text("# mended")
    (conf / "small.yaml").write_text("rows: 6\nurl: ${oc.env:HOME}\n")
    ordered = ["hydra.sweeper.resume=sweep", *ordered]
    refused = run_app(tmp_path, *ordered)
    assert refused.status == 2
    assert "Received: size.rows: was 5, is 6\n" in refused.err
    (conf / "small.yaml").write_text("rows: 5\nurl: ${oc.env:HOME}\n")
    (tmp_path / "mended").touch()
    again = run_app(tmp_path, *ordered)
    assert again.status == 0, again.err
    assert "resumed though this changed: helper.py is another file\n" in again.err


@pytest.mark.exhaustive
@pytest.mark.parametrize("launcher", SWEEPS)
@pytest.mark.parametrize(
    ("sent", "status", "line"),
    [
        (signal.SIGINT, 130, "interrupted"),
        pytest.param(signal.SIGTERM, 143, "ended by SIGTERM"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, None, marks=pytest.mark.exhaustive),
    ],
)
def test_an_interrupted_sweep_is_finished(tmp_path, launcher, sent, status, line):
    if launcher == "basic" and sent == signal.SIGTERM:
        status, line = -signal.SIGTERM, None  # as Python ends by it
    workers = ["hydra.launcher.workers=2"] if launcher == "runner" else []
    overrides = (*LAUNCHERS[launcher], *workers, "hydra.sweep.dir=sweep", "+x=1,2")
    with (tmp_path / "out").open("w") as out_file, (tmp_path / "err").open("w") as err_file:
        program = subprocess.Popen(
            [sys.executable, str(APPS / APP), *overrides, "+end=well,hang_once,well", "-m"],
            cwd=tmp_path,
            stdout=out_file,
            stderr=err_file,
            start_new_session=True,
        )
    try:
        wait_until(lambda: (tmp_path / "hanging").exists(), 60)
        wait_until(lambda: '"job": 0' in read(tmp_path / "sweep", "jobs.jsonl"), 60)
    finally:
        os.killpg(program.pid, sent)
    assert program.wait(60) == status
    out, err = (tmp_path / "out").read_text(), (tmp_path / "err").read_text()
    if line is None:
        command = run_cli(tmp_path, "resume", "sweep").err.strip().partition(" Type: ")[2]
    else:
        assert err.splitlines()[-1] == line
        assert "Traceback" not in err
        rows = list_jobs(tmp_path)
        assert rows[0] == ["ok", "", "0"]
        assert [row[0] for row in rows].count("missing") >= 1
        command = find_command(out)
    done = {path for path in (tmp_path / "sweep").glob("[0-9]") if (path / "left").exists()}
    again = resume(tmp_path, command)
    assert again.status == 0, again.err
    assert [row[0] for row in list_jobs(tmp_path)] == ["ok"] * len(list_jobs(tmp_path))
    (number,) = re.findall(r"^(\d) of \d jobs were done already$", again.err, re.M)
    assert 1 <= int(number) < len(list_jobs(tmp_path))
    # What the interrupted job left is kept.
    aside = list((tmp_path / "sweep").glob("*.attempt0/left"))
    assert "hang_once" in [path.read_text() for path in aside]
    assert done


@pytest.mark.exhaustive
def test_a_second_sweep_in_the_directory_keeps_the_list_of_the_first(tmp_path):
    overrides = (*OURS, "hydra.sweep.subdir='${end}'", "+x=1")
    run_app(tmp_path, *overrides, "+end=raise")
    ended = run_app(tmp_path, *overrides, "+end=well")
    assert ended.status == 0, ended.err
    assert "holds an earlier sweep: its plan is kept as plan.json.0" in ended.err
    assert list_jobs(tmp_path) == [["ok", "", "well"]]
    assert "failed" in read(tmp_path / "sweep", "jobs.csv.0")


@pytest.mark.exhaustive
def test_jobs_that_share_a_directory_keep_it(tmp_path):
    overrides = (*OURS, "hydra.sweep.subdir=.", "+x=1", "+end=well,unless_mended")
    ended = run_app(tmp_path, *overrides)
    assert ended.status == 1
    (tmp_path / "mended").touch()
    again = resume(tmp_path, find_command(ended.out))
    assert again.status == 0, again.err
    assert [path.name for path in tmp_path.glob("sweep*")] == ["sweep"]
    assert [row[0] for row in list_jobs(tmp_path)] == ["ok", "ok"]


@pytest.mark.exhaustive
def test_a_directory_that_each_job_names_stays_its_own(tmp_path):
    swept = "hydra.sweep.dir='swept/${oc.select:x,0}'"
    ended = run_app(tmp_path, *OURS, swept, "+x=1,2", "+end=unless_mended")
    assert ended.status == 1
    (tmp_path / "mended").touch()
    again = resume(tmp_path, find_command(ended.out))
    assert again.status == 0, again.err
    found = {str(path.parent.relative_to(tmp_path)) for path in tmp_path.glob("swept/*/*/left")}
    assert found == {f"swept/{n + 1}/{n}{old}" for n in (0, 1) for old in ("", ".attempt0")}
    assert (tmp_path / "swept" / "0" / "jobs.csv").exists()
