"""`report` and what a person reads, from records written without running anything."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pandas as pd
import pytest
from conftest import run_cli
from synthetic import fingerprints, outputs, write

import runner
from runner.plan.manifest import Manifest, write_manifest
from runner.plan.schedule import Run
from runner.record.directories import CLAIM, claim_directory, lock_directory

VERDICTS = {"fixed": "deterministic", "unset": "uncontrolled"}


@pytest.fixture
def sweep(tmp_path):
    """Two configurations: one that is the same in both runs, one that is not."""
    directory = tmp_path / "sweep"
    for job in (0, 1):
        write(directory, job, outputs())
        changed = {"overrides": {"seed": "unset", "shuffle": "on"}, "strategy": "unset"}
        write(
            directory,
            job + 2,
            outputs(job),
            configuration="b" * 12,
            seeds={},
            fingerprints=fingerprints(**{"init/a": str(job)}),
            **changed,
        )
    return directory


@pytest.mark.parametrize("columns", [60, 80, 100, 160])
def test_the_table_fits_the_width(sweep, tmp_path, columns):
    shown = run_cli(tmp_path, "report", str(sweep), COLUMNS=str(columns))
    assert shown.status == 0, shown.err
    lines = shown.out.splitlines()
    for number, (seed, verdict) in enumerate(VERDICTS.items(), start=1):
        assert lines[number].split()[0] == seed
        assert verdict in lines[number]
    text = [line for line in lines if not line.startswith("Files: ")]
    assert max(len(line.rstrip()) for line in text) <= columns
    assert ("accuracy" in lines[0]) is (columns >= 100)
    assert "\x1b" not in shown.out


def test_an_unfinished_sweep_is_said_to_be(sweep, tmp_path):
    blank = {
        each.name: {} if "dict[" in each.type[:5] else []
        for each in fields(Manifest)
        if each.default is MISSING
    }
    plan = Manifest(
        **{**blank, "started_in": "", "runs": [Run(job, 0, job, None, None, 0) for job in range(6)]}
    )
    write_manifest(sweep, plan)
    (sweep / CLAIM).touch()
    shown = run_cli(tmp_path, "report", str(sweep))
    assert (shown.status, shown.err) == (1, "2 of 6 runs left no record\n")
    assert "Ended early: 4 of 6 runs were made.\n" in shown.out
    assert f"To finish it: python -m runner resume {sweep}\n" in shown.out
    with lock_directory(sweep):
        shown = run_cli(tmp_path, "report", str(sweep))
    assert (shown.status, shown.err) == (0, "")
    assert "Still running: 4 of 6 runs were made.\n" in shown.out


def test_each_reason_of_failures_names_a_run_that_has_it(sweep, tmp_path):
    for job, error in enumerate(("ValueError: ab", "ValueError: a", "killed by SIGKILL"), start=4):
        signal = "SIGKILL" if "killed" in error else None
        write(sweep, job, outputs(), status="failed", error=error, signal=signal)
    shown = run_cli(tmp_path, "report", str(sweep))
    assert shown.status == 1
    printed = " ".join(shown.out.split())  # in a narrow terminal lines are broken
    assert f"1 failed: ValueError: a (see {sweep}/5/run.log)" in printed
    why = "killed by SIGKILL; perhaps the system ran out of memory"
    assert f"1 failed: {why} (see {sweep}/6/run.log)" in printed


def test_files_are_written_only_when_asked_for(sweep, tmp_path):
    shown = run_cli(tmp_path, "report", str(sweep))
    assert "table.csv" not in shown.out
    assert not (sweep / "table.csv").exists()
    assert "table.csv" in run_cli(tmp_path, "report", "--save", str(sweep)).out
    saved = pd.read_csv(sweep / "table.csv")
    assert saved["verdict"].tolist() == list(VERDICTS.values())
    frame = pd.read_parquet(sweep / "table.parquet")
    assert frame["verdict"].tolist() == saved["verdict"].tolist()
    assert (sweep / "table.md").read_text().count("\n") == 4
    assert len(pd.read_csv(sweep / "runs.csv")) == 4


def test_a_failed_run_gives_exit_status_1(sweep, tmp_path):
    write(sweep, 4)
    shown = run_cli(tmp_path, "report", str(sweep))
    assert shown.status == 1
    assert "ValueError: no" in shown.out
    assert shown.err == "1 of 5 runs failed\n"


def test_a_directory_that_holds_anything_is_not_taken(tmp_path):
    wanted = tmp_path / "x"
    wanted.mkdir()
    assert claim_directory(str(wanted), "hydra.sweep.dir") == wanted
    other = tmp_path / "y"
    write(other, 0, outputs())
    assert claim_directory(str(other), "hydra.sweep.dir") == tmp_path / "y_1"


@pytest.mark.slow
def test_overrides_in_another_order_are_one_configuration(cli, tmp_path):
    typed = ("task=function", "task.function=own_training.with_numpy")
    keys = ("seed=fixed,random", "builds=1")
    for name, order in (("a", (*typed, *keys)), ("b", (*keys[::-1], *typed[::-1]))):
        directory = f"hydra.sweep.dir={tmp_path / 'both' / name}"
        made = cli(*order, directory, "replicates=2", "replays=0", "-m")
        assert made.status == 0, made.err
    both = tmp_path / "both"
    shown = run_cli(tmp_path, "report", str(both))
    assert shown.status == 0, shown.err
    results = runner.load(both)
    assert results.table[["seed", "runs"]].to_numpy().tolist() == [["fixed", 4], ["random", 4]]
    assert len(results.sentences) == 2
    assert "several configurations" not in shown.out
    compared = run_cli(tmp_path, "compare", str(both), str(both))
    assert compared.status == 0, compared.err
    assert "only" not in compared.out
