"""Runs without equal seeds: their metrics as two samples, and what is no evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from synthetic import outputs, write
from synthetic_sweeps import BASE, MOVED, OTHER, RANDOM, UNSET, compared, only, seeded, sweep

from runner.compare.metrics import compare_paired, compare_samples
from runner.compare.snapshot import read_snapshot
from runner.numeric.bitwise import Tolerance
from runner.numeric.intervals import share_confidence
from runner.numeric.verdicts import State
from runner.record.record import ConfigurationRecord, RunRecord


def accuracies(*values):
    return [
        {"values": outputs(10 + i), "seeds": {"value": i}, "metrics": [{"accuracy": each}]}
        for i, each in enumerate(values)
    ]


def others(*values):
    return [{**run, "seeds": {"value": 100 + i}} for i, run in enumerate(accuracies(*values))]


LOW, HIGH = (0.70, 0.71, 0.72, 0.73, 0.74), (0.90, 0.91, 0.92, 0.93, 0.94)


def test_runs_without_equal_seeds_are_compared_as_samples(tmp_path):
    a = sweep(tmp_path / "a", *accuracies(*LOW), **RANDOM)
    found = compared(a, sweep(tmp_path / "b", *others(*HIGH), **RANDOM))
    assert only(found).state is State.UNMEASURED
    assert only(found).pairing.reason == "no runs have equal seeds"
    (metric,) = only(found).metrics
    assert metric.difference == pytest.approx(0.2)
    assert metric.low < 0.2 < metric.high
    assert (metric.state, metric.largest) == (State.DIFFERS, None)
    (change,) = only(found).changes()
    assert change.startswith("metrics differ: accuracy by 0.2 (0.1")
    assert not found.is_same()


def test_samples_that_overlap_are_not_called_the_same(tmp_path):
    a = sweep(tmp_path / "a", *accuracies(0.7, 0.8, 0.9), **RANDOM)
    found = compared(a, sweep(tmp_path / "b", *others(0.71, 0.79, 0.92), **RANDOM))
    assert only(found).metrics[0].state is State.UNMEASURED
    assert found.is_same()


def test_what_nobody_seeded_is_not_compared_bit_for_bit(tmp_path):
    a = sweep(tmp_path / "a", BASE, OTHER, **UNSET)
    found = only(compared(a, sweep(tmp_path / "b", MOVED, BASE, **UNSET)))
    assert found.state is State.UNMEASURED
    assert found.pairing.reason == "nothing was seeded in A and B"
    assert found.changes() == ()


def test_what_repeats_without_seeds_is(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE, **UNSET), sweep(tmp_path / "b", MOVED, MOVED, **UNSET)
    assert only(compared(a, a)).state is State.SAME
    assert only(compared(a, b)).state is State.DIFFERS
    single = sweep(tmp_path / "c", MOVED, **UNSET)
    assert only(compared(a, single)).state is State.UNMEASURED


def test_copies_are_one_observation(tmp_path):
    copies = [seeded(BASE, i, metrics=[{"accuracy": 0.5}]) for i in range(5)]
    a = sweep(tmp_path / "a", *copies, **RANDOM)
    assert read_snapshot(a).configurations[0].metrics == {"accuracy": (0.5,)}
    found = only(compared(a, sweep(tmp_path / "b", *others(*HIGH), **RANDOM)))
    assert (found.metrics[0].low, found.metrics[0].state) == (None, State.UNMEASURED)


@pytest.mark.parametrize(("count", "state"), [(2, State.UNMEASURED), (5, State.DIFFERS)])
def test_samples_that_do_not_vary_need_enough_runs_to_differ(count, state):
    (found,) = compare_samples({"m": [0.5] * count}, {"m": [0.75] * count}, 0.95)
    assert (found.difference, found.low, found.state) == (0.25, 0.25, state)


def test_missing_and_infinite_metrics_stay_missing():
    found = compare_samples({"a": [math.nan, 1.0], "b": [1.0, 2.0]}, {"a": [1.0, 2.0]}, 0.95)
    a, b = found
    assert (a.a, a.b, a.difference, a.state) == (None, 1.5, None, State.UNMEASURED)
    assert (b.a, b.b, b.difference, b.only) == (1.5, None, None, "A")
    assert compare_samples({"a": [1.0, 2.0]}, {}, 0.95)[0].state is State.UNMEASURED


def test_paired_metrics_by_known_numbers():
    def run(*losses):
        return replace(RECORD, metrics=[{"loss": loss} for loss in losses])

    pairs = [(run(1.0, 5.0), run(1.5, 5.0)), (run(2.0, 5.0), run(2.0, 8.0))]
    (found,) = compare_paired(pairs, Tolerance())
    assert (found.a, found.b, found.difference, found.largest) == (1.5, 1.75, 0.25, 3.0)
    assert found.state is State.DIFFERS
    (found,) = compare_paired([(run(math.nan), run(math.nan))], Tolerance())
    assert (found.a, found.largest, found.state) == (None, None, State.SAME)
    (found,) = compare_paired([(run(math.nan), run(1.0))], Tolerance())
    assert found.state is State.DIFFERS


RECORD = RunRecord(ConfigurationRecord("a"), 0, 0, None, "ok")


def test_a_metric_of_one_side_is_a_change(tmp_path):
    a = sweep(tmp_path / "a", BASE, BASE)
    found = only(compared(a, sweep(tmp_path / "b", BASE, BASE, metrics=[{"loss": 0.5}])))
    assert found.changes() == ("metrics differ: accuracy is in A only",)


def test_many_intervals_share_the_confidence():
    assert share_confidence(0.95, 0) == share_confidence(0.95, 1) == 0.95
    assert share_confidence(0.95, 10) == pytest.approx(0.995)


def test_intervals_of_several_configurations_are_wider(tmp_path):
    def width(path, *configurations):
        for i, name in enumerate(configurations):
            for side, runs in (("a", accuracies(*LOW)), ("b", others(*HIGH))):
                own = {"overrides": {"model": name}, "configuration": name, "strategy": "random"}
                for job, run in enumerate(runs):
                    write(path / side, 10 * i + job, digest=f"{side}{i}{job}", **{**own, **run})
        metric = compared(path / "a", path / "b").configurations[0].metrics[0]
        return metric.high - metric.low

    assert width(tmp_path / "two", "x", "y") > width(tmp_path / "one", "x")
