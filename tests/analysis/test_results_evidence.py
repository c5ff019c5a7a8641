"""What counts as evidence: replays that agree in everything, and runs that are no copies."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from synthetic import fingerprints, outputs, write

from runner.analysis.results import collate
from runner.record.record import NAMES

METRICS = [{"loss": 0.5}]


def write_replayed(sweep, **of_the_replay):
    """Two runs with seeds of their own, and a replay of the first."""
    settings = {"strategy": "random", "fingerprints": fingerprints(), "metrics": METRICS}
    for job in (0, 1):
        write(sweep, job, outputs(job), **{**settings, "seeds": {"value": job}})
    replay = {**settings, "seeds": {"value": 0}, "replicate": 0, "replay_of": 0}
    write(sweep, 2, outputs(0), **{**replay, **of_the_replay})


def test_a_replay_that_agrees_in_all_explains_the_runs(tmp_path):
    write_replayed(tmp_path)
    (row,) = collate(tmp_path).table.to_dict("records")
    assert (row["verdict"], row["replay"]) == ("seed-driven", "same")


@pytest.mark.parametrize(
    "differing", [{"fingerprints": fingerprints(data="other")}, {"metrics": [{"loss": 0.6}]}]
)
def test_equal_outputs_on_the_probe_alone_make_no_replay(tmp_path, differing):
    write_replayed(tmp_path, **differing)
    (row,) = collate(tmp_path).table.to_dict("records")
    assert (row["verdict"], row["replay"]) == ("uncontrolled", "differs")


def test_a_metric_that_is_nan_in_both_agrees(tmp_path):
    nan = [{"loss": float("nan")}]
    settings = {"strategy": "random", "fingerprints": fingerprints(), "metrics": nan}
    write(tmp_path, 0, outputs(0), seeds={"value": 0}, **settings)
    write(tmp_path, 1, outputs(1), seeds={"value": 1}, **settings)
    write(tmp_path, 2, outputs(0), seeds={"value": 0}, replicate=0, replay_of=0, **settings)
    assert collate(tmp_path).table["replay"].tolist() == ["same"]


def test_runs_that_differ_without_a_replay_are_not_called_uncontrolled(tmp_path):
    for job in (0, 1):
        write(tmp_path, job, outputs(job), strategy="random", seeds={"value": job})
    results = collate(tmp_path)
    assert results.table["verdict"].tolist() == ["insufficient"]
    assert "no replay says whether the seeds explain it" in results.sentences[0]


def test_runs_that_differ_unseeded_are_uncontrolled(tmp_path):
    for job in (0, 1):
        write(tmp_path, job, outputs(job), strategy="unset", seeds={})
    assert collate(tmp_path).table["verdict"].tolist() == ["uncontrolled"]


def test_what_the_probe_does_not_show_is_said(tmp_path):
    for job in (0, 1):
        stages = fingerprints(data=str(job))
        write(tmp_path, job, outputs(0), fingerprints=stages, metrics=[{"loss": 0.1 * job}])
    results = collate(tmp_path)
    assert results.table["verdict"].tolist() == ["deterministic"]
    assert "Runs differ at data, which the outputs do not show." in results.sentences[0]
    assert results.sentences[0].endswith("Not the same in all runs: loss.")


def test_a_copy_of_a_run_is_no_second_run(tmp_path):
    write(tmp_path, 0, outputs(0))
    shutil.copytree(tmp_path / "0", tmp_path / "0copy")
    results = collate(tmp_path)
    assert results.table["runs"].tolist() == [1]
    assert len(results.problems) == 1
    assert "a copy of" in results.problems[0]


# --- names of what stands side by side in the outputs


@pytest.mark.parametrize(
    ("names", "strategy", "verdict", "state"),
    [
        (["n", "n", "n"], "fixed", "repeatable", "same"),
        (["n", "m", "n"], "fixed", "uncontrolled", "differs"),
        (["n", "n", "m"], "unset", "uncontrolled", "differs"),
        ([None, "n", "n"], "unset", "uncontrolled", "differs"),
    ],
)
def test_equal_numbers_under_other_names_are_not_the_same(
    tmp_path, names, strategy, verdict, state
):
    for job, name in enumerate(names):
        stages = fingerprints(**({} if name is None else {NAMES: name}))
        seeds = {"value": 42} if strategy == "fixed" else {}
        write(
            tmp_path, job, outputs(0, (1, 1, 4, 3)), strategy=strategy, seeds=seeds,
            fingerprints=stages, metrics=METRICS,
        )  # fmt: skip
    (row,) = collate(tmp_path).table.to_dict("records")
    assert (row["verdict"], row["across_runs"]) == (verdict, state)
    assert pd.isna(row["p_differ_upper"]) == (state == "differs")
    assert (row["first_divergence"] == NAMES) == (state == "differs")


def test_a_replay_with_luck_does_not_explain_other_names(tmp_path):
    write_replayed(tmp_path, fingerprints=fingerprints(**{NAMES: "n"}))
    (row,) = collate(tmp_path).table.to_dict("records")
    assert (row["verdict"], row["replay"]) == ("uncontrolled", "differs")


def test_builds_with_other_names_differ(tmp_path):
    stages = [*fingerprints(**{NAMES: "n"}), *fingerprints(**{NAMES: "m"})]
    for job in (0, 1):
        write(tmp_path, job, outputs(0), fingerprints=stages)
    (row,) = collate(tmp_path).table.to_dict("records")
    assert (row["across_runs"], row["across_builds"]) == ("same", "differs")
    assert row["verdict"] == "repeatable"
