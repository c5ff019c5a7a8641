"""Each verdict once, each threshold on both sides, and their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.analysis.variance import Comparison
from runner.analysis.verdict import (
    MIN_COLLAPSED_RUNS,
    MIN_NONFINITE_RUNS,
    MIN_RUNS,
    judge,
)
from runner.numeric.verdicts import State, Verdict

SAME, ROUNDING, DIFFERS, UNMEASURED = State

DETERMINISTIC = Comparison(
    runs=3,
    failed=0,
    builds=2,
    calls=2,
    inputs=4,
    across_inputs=DIFFERS,
    across_calls=SAME,
    across_builds=SAME,
    across_runs=SAME,
    replay=UNMEASURED,
    equal_seeds=UNMEASURED,
    replays=0,
    collapsed_runs=0,
    nonfinite_runs=0,
    max_abs_diff=0.0,
    churn=0.0,
    labels=3,
    p_differ_upper=0.776,
)
DIFFERENT = replace(DETERMINISTIC, across_runs=DIFFERS, max_abs_diff=1.0, p_differ_upper=None)


def with_(base=DETERMINISTIC, **changes):
    return replace(base, **changes)


def test_the_words_are_exactly_these_in_this_order():
    assert [str(verdict) for verdict in Verdict] == [
        "failed",
        "non-finite",
        "collapsed",
        "insufficient",
        "deterministic",
        "repeatable",
        "rounding",
        "seed-driven",
        "uncontrolled",
    ]


@pytest.mark.parametrize(
    ("comparison", "verdict"),
    [
        (with_(runs=0, failed=3, across_runs=UNMEASURED), Verdict.FAILED),
        (with_(nonfinite_runs=1), Verdict.NON_FINITE),
        (with_(across_inputs=SAME, collapsed_runs=1), Verdict.COLLAPSED),
        (with_(runs=1, across_runs=UNMEASURED), Verdict.INSUFFICIENT),
        (with_(), Verdict.DETERMINISTIC),
        (with_(across_calls=DIFFERS), Verdict.REPEATABLE),
        (with_(across_runs=ROUNDING), Verdict.ROUNDING),
        (with_(DIFFERENT, replay=SAME, replays=1), Verdict.SEED_DRIVEN),
        (with_(DIFFERENT), Verdict.UNCONTROLLED),
    ],
)
def test_each_verdict(comparison, verdict):
    assert judge(comparison) is verdict


def test_thresholds_on_both_sides():
    assert (MIN_RUNS, MIN_NONFINITE_RUNS, MIN_COLLAPSED_RUNS) == (2, 1, 1)
    assert judge(with_(runs=MIN_RUNS)) is Verdict.DETERMINISTIC
    assert judge(with_(runs=MIN_RUNS - 1)) is Verdict.INSUFFICIENT
    assert judge(with_(nonfinite_runs=MIN_NONFINITE_RUNS)) is Verdict.NON_FINITE
    assert judge(with_(nonfinite_runs=MIN_NONFINITE_RUNS - 1)) is Verdict.DETERMINISTIC
    assert judge(with_(collapsed_runs=MIN_COLLAPSED_RUNS)) is Verdict.COLLAPSED
    assert judge(with_(collapsed_runs=MIN_COLLAPSED_RUNS - 1)) is Verdict.DETERMINISTIC


def test_the_first_that_applies():
    everything = with_(DIFFERENT, runs=1, nonfinite_runs=1, across_inputs=SAME, collapsed_runs=1)
    assert judge(with_(everything, runs=0)) is Verdict.FAILED
    assert judge(everything) is Verdict.NON_FINITE
    assert judge(with_(everything, nonfinite_runs=0)) is Verdict.COLLAPSED
    finite = with_(everything, nonfinite_runs=0, across_inputs=DIFFERS, collapsed_runs=0)
    assert judge(finite) is Verdict.INSUFFICIENT


def test_some_failed_runs_do_not_decide():
    assert judge(with_(failed=5)) is Verdict.DETERMINISTIC


def test_runs_that_returned_nothing_are_insufficient():
    assert judge(with_(runs=5, across_runs=UNMEASURED)) is Verdict.INSUFFICIENT


def test_inputs_that_were_not_measured_are_not_collapsed():
    assert judge(with_(across_inputs=UNMEASURED)) is Verdict.DETERMINISTIC


@pytest.mark.parametrize("axis", ["across_builds", "across_calls"])
@pytest.mark.parametrize("state", [ROUNDING, DIFFERS, UNMEASURED])
def test_deterministic_needs_every_axis_to_be_same(axis, state):
    assert judge(with_(**{axis: state})) is Verdict.REPEATABLE


@pytest.mark.parametrize("state", list(State))
def test_rounding_does_not_depend_on_builds_calls_or_replays(state):
    found = with_(across_runs=ROUNDING, across_builds=state, across_calls=state, replay=state)
    assert judge(found) is Verdict.ROUNDING


@pytest.mark.parametrize("replay", list(State))
@pytest.mark.parametrize("equal_seeds", list(State))
def test_seed_driven_needs_same_replays_and_no_contradicting_seed(replay, equal_seeds):
    explained = replay is SAME and equal_seeds in (SAME, UNMEASURED)
    expected = Verdict.SEED_DRIVEN if explained else Verdict.UNCONTROLLED
    assert judge(with_(DIFFERENT, replay=replay, equal_seeds=equal_seeds)) is expected
