"""Sweeps that go on without the command that started them: submit, status, collect, cancel."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from conftest import run_cli

import runner
from runner.commands.detached.status import word_standing
from runner.plan.sweep_standing import Standing, read_standing
from runner.record.directories import CLAIM, Holder, is_locked, read_holder

SLOW = ("task=function", "task.function=own_training.slow", "seed=fixed,random")
HELD = ("task=function", "task.function=own_training.held", "seed=fixed,random")

pytestmark = pytest.mark.process


def submit(cwd: Path, *arguments: str) -> Path:
    """Submit a sweep, and return the directory that the command prints."""
    ended = run_cli(cwd, "submit", *arguments, keep_order=True)
    assert ended.status == 0, ended.err
    assert ended.err == ""
    found = re.match(r"Submitted: (\d+) runs in (\S+); what it prints is in (\S+)\.\n", ended.out)
    assert found, ended.out
    assert (cwd / found[3]).is_file()
    return cwd / found[2]


def wait_for(found, seconds: float = 200) -> None:
    end_s = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def count_done(sweep: Path) -> int:
    return len(list(sweep.glob("[0-9]*/record.json")))


def check(sweep: Path, replicates: int) -> None:
    """Nothing is lost, nothing is there twice, and the verdicts are right."""
    results = runner.load(sweep)
    rows = results.table.set_index("seed")
    assert rows["verdict"].to_dict() == {"fixed": "repeatable", "random": "seed-driven"}
    assert (rows["runs"] == replicates).all()
    assert (rows["failed"] == 0).all()
    assert len(results.runs) == read_standing(sweep).planned
    assert results.runs["dir"].is_unique


def test_a_sweep_is_looked_at_while_it_runs_cancelled_and_gone_on_with(tmp_path):
    until = tmp_path / "held" / "go"
    until.parent.mkdir()
    sweep = submit(tmp_path, *HELD, f"+task.params.within={until.parent}", "replicates=5")
    shown = sweep.relative_to(tmp_path)
    wait_for(lambda: count_done(sweep) >= 3)
    running = run_cli(tmp_path, "status", str(shown))
    first, second = running.out.splitlines()
    holder = read_holder(sweep)
    assert holder is not None
    assert holder.is_here
    assert first.startswith(f"{shown} runs, process {holder.pid} on {holder.host}: ")
    assert first.endswith(" of 11 runs have ended.")
    assert second.startswith("It has run for ")
    collected = run_cli(tmp_path, "collect", str(shown))
    assert collected.out.startswith("seed ")
    assert (sweep / "table.csv").is_file()

    cancelled = run_cli(tmp_path, "cancel", str(shown))
    assert cancelled.status == 0, cancelled.err
    assert re.match(
        rf"Cancelled: \d+ of 11 runs are done. To go on: .* resume {shown}", cancelled.out
    )
    assert not is_locked(sweep)
    assert "ended by SIGTERM" in (sweep / "submit.log").read_text()
    interrupted = run_cli(tmp_path, "status", str(shown))
    assert f"{shown} was interrupted: " in interrupted.out
    again = run_cli(tmp_path, "cancel", str(shown))
    assert (again.status, again.err) == (
        2,
        f"cancel: no program runs this sweep. Received: {shown}\n",
    )

    until.touch()
    assert submit(tmp_path, "resume", str(shown)) == sweep
    wait_for(lambda: not is_locked(sweep))
    assert (sweep / "submit-2.log").is_file()
    check(sweep, 5)
    ended = run_cli(tmp_path, "status", str(shown))
    assert ended.out.startswith(f"{shown} has ended: 11 of 11 runs have ended.\n")


def test_a_script_is_audited_without_its_terminal(tmp_path):
    (tmp_path / "draws.py").write_text("import random\nprint(random.random())\n")
    sweep = submit(tmp_path, "audit", "--replicates", "2", "draws.py")
    wait_for(lambda: not is_locked(sweep))
    assert list(runner.load(sweep).table["verdict"]) == ["uncontrolled"]
    assert "draws.py:2" in (sweep / "submit.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "submit: must be told what to run. Received: nothing. Such as: submit seed=fixed"),
        (["adit", "x.py"], "submit: takes overrides, or one of audit, resume. Received: adit"),
        (["train.epohs=3"], "train.epohs: is not a key of the config. Did you mean"),
        (["audit", "none.py"], "audit: "),
        (["resume", "none"], "resume: no such directory. Received: none"),
    ],
)
def test_what_cannot_run_is_one_line_and_leaves_nothing(tmp_path, arguments, line):
    ended = run_cli(tmp_path, "submit", *arguments, keep_order=True)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(line)
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_preview_is_printed_and_nothing_begins(tmp_path):
    ended = run_cli(tmp_path, "submit", "seed=fixed", "dry_run=true")
    assert ended.status == 0, ended.err
    assert "to run" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_before_any_run_has_ended_there_is_no_table_yet(tmp_path):
    sweep = submit(tmp_path, *HELD, "+task.params.within=never", "replicates=5", "workers=1")
    for each in sweep.glob("[0-9]*"):
        shutil.rmtree(each, ignore_errors=True)
    cancelled = run_cli(tmp_path, "cancel", str(sweep))
    assert cancelled.status == 0, cancelled.err
    for each in sweep.glob("[0-9]*"):
        shutil.rmtree(each)
    ended = run_cli(tmp_path, "collect", str(sweep))
    assert (ended.status, ended.out) == (0, f"{sweep}: none of 11 runs has ended yet.\n")


@pytest.mark.parametrize("command", ["status", "cancel", "collect"])
def test_what_is_no_sweep_is_one_line(tmp_path, command):
    for name in ("none", "."):
        ended = run_cli(tmp_path, command, name)
        assert (ended.status, ended.out) == (2, "")
        assert ended.err.count("\n") == 1, ended.err


def test_a_sweep_on_another_machine_is_not_ended_from_here(tmp_path):
    sweep = submit(tmp_path, *HELD, "+task.params.within=never", "replicates=5")
    holder = read_holder(sweep)
    assert holder is not None
    (sweep / CLAIM).write_text(json.dumps({"pid": holder.pid, "host": "elsewhere"}))
    try:
        ended = run_cli(tmp_path, "cancel", str(sweep))
        assert ended.status == 2
        assert ended.err.startswith("cancel: runs on another machine, elsewhere; cancel it there")
        assert psutil.pid_exists(holder.pid)
    finally:
        os.kill(holder.pid, signal.SIGTERM)
        wait_for(lambda: not is_locked(sweep))


def kill_and_submit(cwd: Path, kills: int, seed: int) -> None:
    """Kill the sweep's main process at random moments, and submit the rest each time."""
    chance = random.Random(seed)
    sweep = submit(cwd, *SLOW, f"replicates={kills * 2}")
    for _ in range(kills):
        time.sleep(chance.uniform(0, 2))
        holder = read_holder(sweep)
        if holder is not None:
            os.kill(holder.pid, signal.SIGKILL)
        wait_for(lambda: not is_locked(sweep))
        assert submit(cwd, "resume", str(sweep.relative_to(cwd))) == sweep
    wait_for(lambda: not is_locked(sweep))
    check(sweep, kills * 2)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_where_it_is_killed(tmp_path):
    kill_and_submit(tmp_path, kills=4, seed=1)


@pytest.mark.exhaustive
def test_nothing_is_lost_or_doubled_where_it_is_killed_at_fifty_moments(tmp_path):
    kill_and_submit(tmp_path, kills=50, seed=2)


# --- words


def word(standing: Standing, running: bool) -> list[str]:
    holder = Holder(7, "here") if running else None
    return word_standing(Path("a"), standing, running, holder, now_s=7300.0)


def test_the_time_left_is_told_only_where_enough_runs_have_ended():
    few = Standing(20, 4, 0, 0, {}, (), 100.0, (1.0, 2.0, 3.0, 4.0))
    assert word(few, True)[-1] == "It has run for 2.0 h."
    more = Standing(20, 5, 0, 0, {}, (), 7200.0, (10.0, 20.0, 30.0, 40.0, 50.0))
    # 15 are left, at 10 s each.
    assert word(more, True)[-1] == "It has run for 100 s; about 2 min are left."


def test_reasons_of_failed_runs_are_counted():
    reasons = {"disk": 3, "memory": 2, "time": 1, "other": 1}
    lines = word(Standing(10, 3, 7, 1, reasons, ("train.py",), 0.0), False)
    assert lines == [
        "a has ended: 10 of 10 runs have ended, 7 of them failed.",
        "Records that cannot be read: 1.",
        "failed (3): disk",
        "failed (2): memory",
        "failed (1): time",
        "... and 1 other reason",
        "To go on: python -m runner --trust ./train.py resume a",
        "Its table: python -m runner report a",
    ]
