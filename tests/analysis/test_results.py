"""From records on disk to the two frames: columns, types, what is missing, what is damaged."""

from __future__ import annotations

import json
import math
import random
import shutil

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from synthetic import fingerprints, outputs, write

import runner
from runner.analysis.results import collate
from runner.errors import RunnerError
from runner.record.record import CONFIGURATIONS, OUTPUTS, RECORD

NUMBERS = [
    "max_abs_diff", "churn",
    "loss_mean", "loss_sd", "loss_ci_low", "loss_ci_high",
    "accuracy_mean", "accuracy_sd", "accuracy_ci_low", "accuracy_ci_high",
    "p_differ_upper", "wall_s",
]  # fmt: skip


@pytest.fixture
def sweep(tmp_path):
    """Four configurations: the same, seed-driven with replay, all failed, some failed."""
    for job in range(3):
        write(tmp_path, job, outputs())
    driven = {
        "configuration": "b" * 12,
        "overrides": {"seed": "random", "shuffle": "on"},
        "strategy": "random",
    }
    for job, repeated in ((3, None), (4, None), (9, 3)):
        seed = repeated or job
        write(
            tmp_path,
            job,
            outputs(seed),
            **driven,
            replicate=seed - 3,
            replay_of=repeated,
            seeds={"value": seed},
            metrics=[{"loss": 0.1 * seed, "accuracy": 0.25 * (seed - 2)}],
            fingerprints=fingerprints(**{"init/a": str(seed), "outputs": str(seed)}),
        )
    for job in (5, 6):
        write(tmp_path, job, configuration="c" * 12, overrides={"seed": "unset", "shuffle": "on"})
    some = {"configuration": "d" * 12, "overrides": {"seed": "unset", "shuffle": "off"}}
    write(tmp_path, 7, outputs(), **some, seeds={}, strategy="unset")
    write(tmp_path, 8, **some, seeds={}, strategy="unset")
    return tmp_path


# --- columns


def test_the_table_has_the_columns_of_the_design_in_order(sweep):
    assert list(collate(sweep).table.columns) == [
        "seed", "shuffle", "configuration", "verdict", "runs", "failed",
        "across_inputs", "across_calls", "across_builds", "across_runs", "replay",
        "first_divergence", "varies_with", "first_divergence_builds", "first_divergence_calls",
        "max_abs_diff", "churn", "labels",
        "loss_mean", "loss_sd", "loss_ci_low", "loss_ci_high",
        "accuracy_mean", "accuracy_sd", "accuracy_ci_low", "accuracy_ci_high",
        "p_differ_upper", "claims", "predicted", "surprise", "reason", "retried", "wall_s",
    ]  # fmt: skip


def test_the_runs_have_the_columns_of_the_design_in_order(sweep):
    assert list(collate(sweep).runs.columns) == [
        "seed", "shuffle", "configuration", "replicate", "replay_of", "status", "error",
        "seeds", "digest", "loss", "accuracy", "wall_s", "peak_rss_bytes", "hash_seed", "dir",
    ]  # fmt: skip


def test_numbers_have_types_of_their_own(sweep):
    results = collate(sweep)
    assert (results.table[NUMBERS].dtypes == "float64").all()
    assert (results.table[["runs", "failed"]].dtypes == "int64").all()
    whole = ["replicate", "replay_of", "peak_rss_bytes", "hash_seed"]
    assert (results.runs[whole].dtypes == "Int64").all()
    assert (results.runs[["loss", "accuracy", "wall_s"]].dtypes == "float64").all()


def test_numbers_keep_their_types_where_all_are_missing(tmp_path):
    write(tmp_path, 0, peak_rss_bytes=None, hash_seed=None)
    results = collate(tmp_path)
    floats = ["max_abs_diff", "churn", "p_differ_upper", "wall_s"]
    assert (results.table[floats].dtypes == "float64").all()
    assert (results.runs[["replay_of", "peak_rss_bytes"]].dtypes == "Int64").all()


def test_overridden_keys_of_any_run_are_columns(tmp_path):
    write(tmp_path, 0, outputs(), overrides={"seed": "fixed"})
    write(tmp_path, 1, outputs(), overrides={"seed": "fixed", "train.epochs": "3"})
    results = collate(tmp_path)
    assert results.overrides == ("seed", "train.epochs")
    for frame in (results.table, results.runs):
        assert list(frame.columns[:2]) == ["seed", "train.epochs"]
        assert pd.isna(frame["train.epochs"][0])
        assert frame["train.epochs"][1] == "3"


def test_a_metric_may_have_the_name_of_a_column(tmp_path):
    write(tmp_path, 0, outputs(), metrics=[{"error": 0.5, "seed": 2.0, "loss": 1.0}])
    write(tmp_path, 1)
    results = collate(tmp_path)
    assert results.runs.columns.is_unique
    assert results.table.columns.is_unique
    assert results.runs["metric_error"][0] == 0.5
    assert results.runs["error"][1] == "ValueError: no"
    assert results.runs["seed"].tolist() == ["fixed", "fixed"]
    assert results.table["error_mean"][0] == 0.5


# --- rows


def test_each_configuration_has_a_row_that_says_what_it_did(sweep):
    table = collate(sweep).table.set_index("configuration")
    assert list(table.index) == ["a" * 12, "b" * 12, "c" * 12, "d" * 12]
    assert list(table["verdict"]) == ["deterministic", "seed-driven", "failed", "insufficient"]
    assert list(table["runs"]) == [3, 2, 0, 1]
    assert list(table["failed"]) == [0, 0, 2, 1]
    assert list(table["across_runs"]) == ["same", "differs", "unmeasured", "unmeasured"]
    assert list(table["across_inputs"]) == ["differs", "differs", "unmeasured", "differs"]
    assert list(table["across_builds"]) == ["same", "same", "unmeasured", "same"]
    assert list(table["replay"]) == ["unmeasured", "same", "unmeasured", "unmeasured"]
    assert table["first_divergence"]["b" * 12] == "init/a"
    assert table["varies_with"]["b" * 12] == "init"
    assert pd.isna(table["first_divergence_builds"]["b" * 12])


def test_a_row_says_where_builds_and_calls_of_a_run_part(tmp_path):
    values = outputs()
    values[1] += 1
    values[:, 1, 0, 0] += 1
    for job in range(2):
        other = fingerprints(**{"order/0": "another", "outputs": "another"})
        write(tmp_path, job, values, fingerprints=[*fingerprints(), *other])
    results = collate(tmp_path)
    (row,) = results.table.to_dict("records")
    assert row["verdict"] == "repeatable"
    assert pd.isna(row["first_divergence"])
    assert row["first_divergence_builds"] == "order/0"
    assert row["first_divergence_calls"] == "outputs"
    said = ", builds inside a run differ, first at order/0, calls inside a run differ."
    assert said in results.sentences[0]


def test_numbers_are_of_the_first_builds_and_without_replays(sweep):
    table = collate(sweep).table.set_index("configuration")
    same, driven = table.loc["a" * 12], table.loc["b" * 12]
    assert (same["loss_mean"], same["loss_sd"]) == (0.5, 0)
    assert (same["loss_ci_low"], same["loss_ci_high"]) == (0.5, 0.5)
    assert same["wall_s"] == 3
    assert same["max_abs_diff"] == same["churn"] == 0
    assert same["p_differ_upper"] == pytest.approx(1 - 0.05**0.5)
    # Student's t for one degree of freedom and 95 % is 12.706.
    assert driven["accuracy_mean"] == 0.375
    assert driven["accuracy_sd"] == pytest.approx(0.25 / math.sqrt(2))
    half = 12.7062 * 0.25 / 2
    assert driven["accuracy_ci_low"] == pytest.approx(0.375 - half, rel=1e-4)
    assert driven["accuracy_ci_high"] == pytest.approx(0.375 + half, rel=1e-4)
    expected = np.abs(outputs(3) - outputs(4)).max()
    assert driven["max_abs_diff"] == pytest.approx(expected, rel=1e-6)


def test_what_is_missing_is_missing_and_never_zero(sweep):
    table = collate(sweep).table.set_index("configuration")
    failed, single = table.loc["c" * 12], table.loc["d" * 12]
    missing = [
        *NUMBERS, "first_divergence", "varies_with",
        "first_divergence_builds", "first_divergence_calls", "claims",
    ]  # fmt: skip
    assert failed[missing].isna().all()
    one = ["max_abs_diff", "churn", "loss_sd", "loss_ci_low", "loss_ci_high", "p_differ_upper"]
    assert single[one].isna().all()
    assert single["loss_mean"] == 0.5
    assert pd.isna(table["p_differ_upper"]["b" * 12])


def test_runs_are_in_the_order_of_their_jobs_with_what_was_recorded(sweep):
    runs = collate(sweep).runs
    assert list(runs["dir"]) == [str(job) for job in range(10)]
    assert list(runs["replicate"][:3]) == [0, 1, 2]
    assert list(runs["replay_of"].dropna()) == [3]
    assert list(runs["status"]).count("failed") == 3
    assert runs["error"][5] == "ValueError: no"
    assert json.loads(runs["seeds"][4]) == {"value": 4}
    assert json.loads(runs["seeds"][7]) == {}
    assert runs["peak_rss_bytes"][0] == 2**53 + 1
    assert runs["accuracy"][4] == 0.5
    assert list(runs["hash_seed"]) == [0] * 10
    failed = runs[runs["status"] == "failed"]
    columns = ["digest", "loss", "accuracy", "wall_s", "peak_rss_bytes", "replay_of"]
    assert failed[columns].isna().all(axis=None)


def test_sentences_and_outputs_go_with_the_rows(sweep):
    results = collate(sweep)
    assert len(results.sentences) == len(results.table)
    assert results.sentences[1].startswith("2 runs differ, first at init/a; 1 replay with")
    assert list(results.outputs) == ["a" * 12, "b" * 12, "d" * 12]
    stacked = results.outputs["b" * 12]
    assert stacked.present.shape == (2, 2, 2, 4, 3)
    assert stacked.replay_of == (0,)
    assert stacked.seeds == ('{"value": 3}', '{"value": 4}')
    assert results.environments == [{"python": "3.11"}]
    assert results.failed == 3
    assert results.problems == []


def test_the_tolerance_and_confidence_are_those_of_the_records(tmp_path):
    loose = {"rtol": 0, "atol": 10.0, "confidence": 0.5}
    for job in range(2):
        write(tmp_path, job, 100 * outputs() + np.float32(job), compare=loose)
    for job in range(2, 4):
        write(tmp_path, job, 100 * outputs(), compare=loose, configuration="b" * 12)
    results = collate(tmp_path)
    assert list(results.table["verdict"]) == ["rounding", "deterministic"]
    assert results.table["p_differ_upper"][1] == 0.5
    assert "with 50% confidence, at most 50%" in results.sentences[1]


def test_records_that_ask_for_no_comparison_get_the_default(tmp_path):
    for job in range(2):
        write(tmp_path, job, outputs() * np.float32(1 + job * 1e-6), compare={})
    assert collate(tmp_path).table["verdict"][0] == "rounding"


def test_runs_without_metrics_leave_them_missing(tmp_path):
    write(tmp_path, 0, outputs(), metrics=[])
    write(tmp_path, 1, outputs(), metrics=[{"loss": 2.0}])
    write(tmp_path, 2, outputs(), metrics=[{"loss": 4.0, "accuracy": 0.5}])
    results = collate(tmp_path)
    assert results.table["loss_mean"][0] == 3
    assert results.table["accuracy_mean"][0] == 0.5
    assert pd.isna(results.table["accuracy_sd"][0])
    assert results.runs["loss"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_metric_that_is_no_number_makes_no_mean(tmp_path, bad):
    write(tmp_path, 0, outputs(), metrics=[{"loss": bad, "accuracy": 0.5}])
    write(tmp_path, 1, outputs(), metrics=[{"loss": 1.0, "accuracy": 0.5}])
    table = collate(tmp_path).table
    assert table[["loss_mean", "loss_sd", "loss_ci_low"]].isna().all(axis=None)
    assert table["accuracy_mean"][0] == 0.5


# --- the directory is the record


def test_the_order_on_disk_does_not_matter(sweep, tmp_path_factory):
    other = tmp_path_factory.mktemp("copy")
    jobs = [str(job) for job in range(10)]
    random.Random(0).shuffle(jobs)
    for number, job in enumerate(jobs):
        # Names that sort otherwise than the jobs do.
        shutil.copytree(sweep / job, other / f"{number}{job}")
    shutil.copytree(sweep / CONFIGURATIONS, other / CONFIGURATIONS)
    one, two = collate(sweep), collate(other)
    assert_frame_equal(one.table, two.table)
    assert_frame_equal(one.runs.drop(columns="dir"), two.runs.drop(columns="dir"))
    assert one.sentences == two.sentences


def test_load_gives_what_the_sweep_gave(sweep):
    saved, loaded = collate(sweep), runner.load(str(sweep))
    assert_frame_equal(saved.table, loaded.table)
    assert_frame_equal(saved.runs, loaded.runs)
    assert saved.sentences == loaded.sentences


def test_files_of_other_programs_are_ignored(sweep):
    before = collate(sweep)
    (sweep / "0" / "notes.json").write_text("{}")
    (sweep / "table.parquet").write_bytes(b"")
    assert_frame_equal(before.table, collate(sweep).table)


@pytest.mark.parametrize("where", ["", "missing"])
def test_a_directory_without_records_is_an_error(tmp_path, where):
    with pytest.raises(RunnerError, match="no record of a run was found there"):
        collate(tmp_path / where)


# --- damage


def test_a_damaged_record_is_told_and_the_others_are_used(sweep):
    path = sweep / "1" / RECORD
    path.write_bytes(path.read_bytes()[:-40])
    damaged = sweep / "2" / OUTPUTS
    damaged.write_bytes(damaged.read_bytes()[:-1])
    results = collate(sweep)
    assert len(results.problems) == 2
    assert str(path) in results.problems[0]
    assert str(damaged) in results.problems[1]
    assert results.failed == 3 + 2
    assert results.table["runs"][0] == 1
    assert results.table["verdict"][0] == "insufficient"
    assert len(results.runs) == 8


def test_damaged_records_alone_leave_empty_frames_with_all_columns(tmp_path):
    write(tmp_path, 0, outputs())
    (tmp_path / "0" / RECORD).write_text("")
    results = collate(tmp_path)
    assert (len(results.table), len(results.runs)) == (0, 0)
    assert list(results.table.columns[:2]) == ["configuration", "verdict"]
    assert list(results.table.columns[-2:]) == ["retried", "wall_s"]
    assert results.failed == 1


@pytest.mark.parametrize(
    ("places", "machines"),
    [
        ([("a", "1"), ("b", "2"), ("b", "2")], 2),
        ([("a", None), ("b", None), ("a", None)], 2),  # macOS
        ([("a", "1"), ("b", "1"), ("c", "1")], None),  # containers
        ([("a", "1"), ("a", "2"), ("a", "3")], None),  # one that was started anew
        ([("a", "1"), ("b", "2"), (None, None)], None),
        ([("a", "1")] * 3, None),
        ([(None, None)] * 3, None),
    ],
)
def test_several_machines_are_counted_and_never_too_many(tmp_path, places, machines):
    for job, (host, boot) in enumerate(places):
        write(tmp_path, job, outputs(), host=host, boot=boot)
    results = collate(tmp_path)
    if machines is None:
        assert "machines" not in results.table
        assert " machines" not in results.sentences[0]
        return
    assert list(results.table["machines"]) == [machines]
    assert f" on {machines} machines gave bitwise the same output" in results.sentences[0]
    assert list(results.runs["host"]) == [host for host, _ in places]


def test_outputs_that_are_no_numbers_are_a_problem_not_a_crash(tmp_path):
    write(tmp_path, 0, np.full((1, 1, 2, 1), "a", dtype=object))
    write(tmp_path, 1, outputs())
    results = collate(tmp_path)
    assert len(results.problems) == 1
    assert results.table["runs"][0] == 1


# --- files


@pytest.mark.parametrize("frame", ["table", "runs"])
@pytest.mark.parametrize("case", ["full", "missing", "empty"])
def test_parquet_round_trip(sweep, tmp_path_factory, frame, case):
    if case == "missing":
        sweep = tmp_path_factory.mktemp("missing")
        nothing = {"overrides": {}, "seeds": {}, "error": None, "hash_seed": None}
        write(sweep, 0, **nothing)
    if case == "empty":
        for path in sweep.rglob(RECORD):
            path.write_text("")
    made = getattr(collate(sweep), frame)
    path = sweep / f"{frame}.parquet"
    made.to_parquet(path, index=False)
    back = pd.read_parquet(path)
    assert list(back.columns) == list(made.columns)
    assert_frame_equal(back, made)
    assert back.isna().equals(made.isna())
