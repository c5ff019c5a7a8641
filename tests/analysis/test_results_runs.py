"""Which runs of a configuration are compared with which: shapes, probes, replays, sweeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from synthetic import outputs, write

from runner.analysis.results import collate

# --- shapes


def test_ragged_runs_are_compared_where_they_can_be(tmp_path):
    small, large = outputs(), outputs(shape=(2, 2, 6, 3))
    large[:, :, :4] = small
    write(tmp_path, 0, small)
    write(tmp_path, 1, large)
    results = collate(tmp_path)
    stacked = results.outputs["a" * 12]
    assert stacked.values.shape == (2, 2, 2, 6, 3)
    assert stacked.present[0].sum() == small.size
    assert stacked.inputs.shape == (6,)
    assert results.table["across_runs"][0] == "differs"
    assert results.table["max_abs_diff"][0] == 0


@pytest.mark.parametrize("first", [0, 1])
def test_more_builds_calls_or_units_in_one_run_are_no_error(tmp_path, first):
    shapes = [(1, 2, 4, 3), (2, 1, 4, 5)]
    write(tmp_path, 0, outputs(shape=shapes[first]))
    write(tmp_path, 1, outputs(shape=shapes[1 - first]))
    assert collate(tmp_path).outputs["a" * 12].values.shape == (2, 2, 2, 4, 5)


def test_an_input_counts_where_it_differs_from_the_first_in_every_run(tmp_path):
    # The second input of run 1 is a copy of its first, so equal outputs say nothing there.
    values = outputs(shape=(1, 1, 3, 2))
    values[:, :, 1] = values[:, :, 0]
    write(tmp_path, 0, outputs(shape=(1, 1, 3, 2)), inputs=[7, 8, 9])
    write(tmp_path, 1, values, inputs=[5, 5, 6])
    results = collate(tmp_path)
    ids = results.outputs["a" * 12].inputs
    assert ids[1] == ids[0] != ids[2]
    assert results.table["across_inputs"][0] == "differs"
    assert results.table["verdict"][0] != "collapsed"


def test_a_run_of_another_type_is_compared_in_a_wider_one(tmp_path):
    write(tmp_path, 0, outputs())
    write(tmp_path, 1, outputs().astype(np.float64))
    results = collate(tmp_path)
    assert results.outputs["a" * 12].values.dtype == np.float64
    # Equal numbers, but not bit for bit.
    assert results.table["across_runs"][0] == "rounding"
    assert results.table["verdict"][0] == "rounding"


# --- replays


def test_a_replay_that_differs_is_one_more_run(tmp_path):
    for job in range(3):
        write(tmp_path, job, outputs(), strategy="random", seeds={"value": job})
    write(tmp_path, 3, outputs(9), replay_of=0, strategy="random", seeds={"value": 0})
    results = collate(tmp_path)
    (row,) = results.table.to_dict("records")
    assert (row["across_runs"], row["replay"], row["verdict"]) == ("differs",) * 2 + (
        "uncontrolled",
    )
    assert math.isnan(row["p_differ_upper"])
    assert results.sentences[0].startswith(
        "3 runs gave the same output, but a replay with the recorded seeds did not repeat its run."
    )


def test_a_replay_of_a_failed_run_is_a_run_but_no_evidence(tmp_path):
    write(tmp_path, 0)
    write(tmp_path, 1, outputs())
    write(tmp_path, 2, outputs(), replay_of=0)
    results = collate(tmp_path)
    assert results.outputs["a" * 12].replay_of == ()
    assert results.table["replay"][0] == "unmeasured"
    assert len(results.runs) == 3


def test_a_replay_that_failed_counts_as_failed(tmp_path):
    write(tmp_path, 0, outputs())
    write(tmp_path, 1, replay_of=0)
    assert collate(tmp_path).table["failed"][0] == 1


def test_a_configuration_of_which_only_a_replay_is_left_has_a_row(tmp_path):
    write(tmp_path, 1, outputs(), replay_of=0)
    results = collate(tmp_path)
    assert results.table["verdict"][0] == "failed"
    assert results.sentences == ["No run succeeded, 0 failed."]


def test_a_replay_may_log_another_time(tmp_path):
    """What a callback logs may hold the clock; weights and metrics decide."""
    stages = [{"data": "00", "logs/0": "01", "weights/w": "02"}]
    other = [{**stages[0], "logs/0": "03"}]
    for job, seed in enumerate((1, 2)):
        write(
            tmp_path, job, outputs(seed), seeds={"value": seed}, strategy="random",
            fingerprints=stages,
        )  # fmt: skip
    write(
        tmp_path, 2, outputs(1), seeds={"value": 1}, strategy="random", replay_of=0,
        fingerprints=other,
    )  # fmt: skip
    (row,) = collate(tmp_path).table.itertuples()
    assert (row.verdict, row.replay) == ("seed-driven", "same")


def test_a_replay_with_other_weights_does_not_repeat_its_run(tmp_path):
    stages = [{"data": "00", "logs/0": "01", "weights/w": "02"}]
    other = [{**stages[0], "weights/w": "03"}]
    for job, each in enumerate((stages, stages, other)):
        write(
            tmp_path, job, outputs(job % 2), seeds={"value": job % 2}, strategy="random",
            fingerprints=each, replay_of=0 if job == 2 else None,
        )  # fmt: skip
    assert collate(tmp_path).table["replay"][0] == "differs"


def test_replays_belong_to_the_runs_of_their_own_sweep(tmp_path):
    for name, seed in (("one", 1), ("two", 2)):
        place = tmp_path / name
        write(place, 0, outputs(seed), seeds={"value": seed})
        write(place, 1, outputs(seed), seeds={"value": seed}, replay_of=0)
        (place / "multirun.yaml").write_text("")
    results = collate(tmp_path)
    (row,) = results.table.itertuples()
    assert (row.runs, row.across_runs, row.replay) == (2, "differs", "same")
    assert results.outputs["a" * 12].replay_of == (0, 1)
    assert list(results.runs["dir"]) == ["one/0", "one/1", "two/0", "two/1"]


def test_the_directories_of_jobs_may_have_any_name_and_depth(tmp_path):
    (tmp_path / "multirun.yaml").write_text("")
    write(tmp_path, 0, outputs(), subdirectory="seed=random/replicate=0")
    write(tmp_path, 1, outputs(), subdirectory="seed=random,replay_of=0/x", replay_of=0)
    results = collate(tmp_path)
    assert results.table["replay"][0] == "same"
    assert results.runs["dir"][0] == "seed=random/replicate=0"


@pytest.mark.parametrize("sizes", [(4, 4, 6), (4, 6, 4), (6, 4, 4)], ids=str)
def test_a_replay_with_more_inputs_than_its_run_is_no_error(tmp_path, sizes):
    for job, size in enumerate(sizes):
        again = {"replay_of": 0, "replicate": 0} if job == 2 else {}
        write(tmp_path, job, outputs(shape=(2, 2, size, 3)), digest=f"{size:016x}", **again)
    row = collate(tmp_path).table.iloc[0]
    assert row["replay"] == ("same" if sizes[0] == sizes[2] else "differs")
    assert row["verdict"] == "uncontrolled"
