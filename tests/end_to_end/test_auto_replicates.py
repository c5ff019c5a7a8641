"""`replicates=auto`: rounds of runs in one sweep, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import APPS, run_cli

from runner.plan.manifest import MANIFEST, read_manifest

NUMPY = ("task=function", "task.function=own_training.with_numpy", "builds=1", "workers=2")
AUTO = (*NUMPY, "replicates=auto", "-m")
TRUST = {"RUNNER_TRUST": "own_training"}


def sweep(cwd, *arguments, **environment):
    ended = run_cli(cwd, *arguments, **{**TRUST, **environment})
    assert ended.status == 0, ended.err
    return ended


def rows_of(ended, column):
    table = ended.results.table
    return dict(zip(table["seed"], table[column], strict=True))


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("grid"), *AUTO, "seed=unset,fixed,random")


def test_each_configuration_stops_when_its_verdict_allows(grid):
    assert rows_of(grid, "verdict") == {
        "unset": "uncontrolled", "fixed": "repeatable", "random": "seed-driven",
    }  # fmt: skip
    assert rows_of(grid, "runs") == {"unset": 2, "fixed": 5, "random": 5}
    assert rows_of(grid, "stopped") == {
        "unset": "settled", "fixed": "bounded", "random": "bounded",
    }  # fmt: skip
    assert rows_of(grid, "p_differ_upper")["fixed"] == pytest.approx(0.527, abs=1e-3)
    assert "stopped" in grid.out
    assert "next round: 6 runs of 2 of 3 configurations" in grid.err


def test_the_rounds_are_one_sweep(grid):
    plan = read_manifest(grid.results.directory)
    assert [run.job for run in plan.runs] == list(range(13))
    runs = grid.results.runs
    assert len(runs) == 13
    drawn = runs[(runs["seed"] == "random") & runs["replay_of"].isna()]
    assert drawn["seeds"].nunique() == 5
    assert list(drawn["replicate"]) == [0, 1, 2, 3, 4]


def test_the_runs_that_are_the_same_come_from_several_interpreters(grid):
    runs = grid.results.runs
    assert runs[runs["seed"] == "fixed"]["hash_seed"].nunique() >= 4


def test_a_report_and_a_resumed_sweep_say_the_same(grid):
    place = str(grid.sweep.relative_to(grid.cwd))
    assert "settled" in sweep(grid.cwd, "report", place).out
    assert "13 of 13 runs were done already" in sweep(grid.cwd, "resume", place).err


@pytest.mark.slow
def test_a_check_repeats_the_runs_and_makes_no_further_rounds(grid, tmp_path):
    kept = tmp_path / "kept"
    shutil.copytree(grid.sweep, kept)
    sweep(tmp_path, "lock", "kept")
    assert "3 held" in sweep(tmp_path, "check", "--directory=whole").out
    assert len(read_manifest(tmp_path / "whole").runs) == 13
    # Two runs that are the same would not be enough for a new sweep.
    sweep(tmp_path, "check", "--replicates=2", "--directory=short")
    assert len(read_manifest(tmp_path / "short").runs) == 7
    compared = sweep(tmp_path, "compare", "kept", "whole").out
    assert "same" in compared


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on_with_its_rounds(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "seed=fixed,random", "same_replicates=12", *AUTO],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(APPS), **TRUST},
        start_new_session=True,
    )
    # The plan of the second round has been written; hardly any of its runs has been made.
    deadline = time.monotonic() + 120
    while not any(_count(path) > 5 for path in tmp_path.glob(f"outputs/*/*/{MANIFEST}")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (plan,) = tmp_path.glob(f"outputs/*/*/{MANIFEST}")
    assert len(list(plan.parent.glob("*/record.json"))) < 25
    ended = sweep(tmp_path, "resume", str(plan.parent.relative_to(tmp_path)))
    assert rows_of(ended, "runs") == {"fixed": 12, "random": 12}
    assert rows_of(ended, "stopped") == {"fixed": "bounded", "random": "bounded"}
    assert len(read_manifest(plan.parent).runs) == 25


def _count(path):
    return len(json.loads(path.read_bytes())["runs"])


def test_a_budget_of_runs_ends_what_is_open(tmp_path):
    ended = sweep(tmp_path, *AUTO, "seed=unset,fixed", "budget.runs=6")
    assert len(ended.results.runs) == 6
    assert rows_of(ended, "runs") == {"unset": 2, "fixed": 4}
    assert rows_of(ended, "stopped") == {"unset": "settled", "fixed": "budget"}


def test_a_budget_of_hours_ends_what_is_open(tmp_path):
    ended = sweep(tmp_path, *AUTO, "seed=unset,fixed", "budget.hours=1e-9")
    assert rows_of(ended, "runs") == {"unset": 2, "fixed": 2}
    assert rows_of(ended, "stopped") == {"unset": "settled", "fixed": "budget"}


@pytest.mark.slow
def test_claims_get_the_runs_that_they_need(tmp_path):
    directory = tmp_path / "conf" / "experiment"
    directory.mkdir(parents=True)
    (directory / "claiming.yaml").write_text(
        "# @package _global_\n"
        "claims:\n"
        "  - {text: it is the same, across_runs: same}\n"
        "  - {text: it is accurate, metric: accuracy, mean: 0.5, within: 0.5}\n"
    )
    where = ("--config-dir", "conf", "experiment=claiming")
    ended = run_cli(tmp_path, *where, "seed=fixed,random", *AUTO, keep_order=True, **TRUST)
    assert rows_of(ended, "runs")["fixed"] == 30
    assert rows_of(ended, "stopped")["fixed"] == "claims decided"
    assert rows_of(ended, "runs")["random"] < 30
    claims = ended.results.claims
    assert list(claims[claims["seed"] == "fixed"]["result"]) == ["holds", "holds"]


@pytest.mark.slow
def test_runs_that_resume_are_made_once(tmp_path):
    ended = sweep(tmp_path, "replicates=auto", "seed=fixed", "resumes=[1]", "train.epochs=2", "-m")
    assert ended.results.runs["resume_of"].notna().sum() == 1
    assert len(ended.results.runs) == 6


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("replicates=aut",), "replicates: must be a whole number or auto. Received: aut. Did you"
         " mean 'auto'?"),
        (("replicates=2.5",), "replicates: must be a whole number or auto. Received: 2.5"),
        (("replicates=null",), "replicates: must be a whole number or auto. Received: null"),
        (("replicates=true",), "replicates: must be a whole number or auto. Received: true"),
        (("replicates=0",), "replicates: must be at least 1. Received: 0"),
        (("replicates=100000000",), "sweep: must have at most 100000 runs. Received: 100000000."
         " It has 1 configurations and replicates=100000000"),
        (("budget.runs=9",), "budget.runs: is only used with replicates=auto. Received: 9"),
        (("budget.hours=9",), "budget.hours: is only used with replicates=auto. Received: 9.0"),
        (("replicates=3", "max_replicates=6"),
         "max_replicates: is only used with replicates=auto. Received: 6"),
        (("same_replicates=9",),
         "same_replicates: is only used with replicates=auto. Received: 9"),
        (("replicates=auto", "same_replicates=4"),
         "same_replicates: must be at least 5. Received: 4"),
        (("replicates=auto", "max_replicates=6", "same_replicates=8"),
         "max_replicates: must be at least same_replicates, which is 8. Received: 6"),
        (("replicates=auto", "budget.runs=4", "seed=unset,fixed,random"),
         "budget.runs: must be at least 7, which the first round of this sweep takes."
         " Received: 4"),
    ],
)  # fmt: skip
def test_bad_settings_give_one_line(tmp_path, given, line):
    ended = run_cli(tmp_path, *NUMPY, *given, "-m", **TRUST)
    assert ended.status == 2
    assert ended.err.splitlines() == [line]
    assert not list(tmp_path.rglob(MANIFEST))


def test_a_dry_run_says_how_many_runs_there_can_be(tmp_path):
    ended = sweep(tmp_path, *AUTO, "seed=unset,random", "dry_run=true")
    assert "2 to 30" in ended.out
    assert "3 to 31" in ended.out
    assert "5 to 61 runs" in ended.out
