"""Known answers of `runner.compare.compare`, with variance in one axis at a time."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from runner.analysis.outputs import Outputs
from runner.analysis.variance import measure_variance
from runner.numeric import bitwise
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State

SAME, ROUNDING, DIFFERS, UNMEASURED = State
DEFAULT = Tolerance()
SHAPE = (3, 2, 2, 4, 3)
AXES = ("run", "build", "call")


def stack(
    values, present=None, replays=(), replays_present=None, replay_of=(), seeds=None, ids=None
):
    """Outputs of `values` (run, build, call, input, unit), complete and unseeded unless said."""
    replays = replays if len(replays) else values[:0]
    return Outputs(
        values=values,
        present=np.ones(values.shape, dtype=bool) if present is None else present,
        replays=replays,
        replays_present=(
            np.ones(replays.shape, dtype=bool) if replays_present is None else replays_present
        ),
        replay_of=tuple(replay_of),
        seeds=(None,) * len(values) if seeds is None else tuple(seeds),
        inputs=np.asarray(np.arange(values.shape[3]) if ids is None else ids, dtype=np.uint64),
    )


def vary(*axes, shape=SHAPE, scale=1.0, dtype=np.float64):
    """Values that depend on the input and unit, and by `scale` a step on each of `axes`."""
    steps = dict(zip((*AXES, "input", "unit"), np.indices(shape), strict=True))
    values = 10 + 4 * steps["input"] + (steps["input"] * steps["unit"]) % 3
    return (values + scale * sum(steps[axis] for axis in axes)).astype(dtype)


def read_axes(found):
    return {"run": found.across_runs, "build": found.across_builds, "call": found.across_calls}


def read_numbers(found):
    return (found.max_abs_diff, found.churn, found.labels, found.p_differ_upper)


# --- axes


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("axes", [(), ("run",), ("build",), ("call",), ("run", "call")])
def test_variance_in_one_axis_at_a_time(axes, dtype):
    found = measure_variance(stack(vary(*axes, dtype=dtype)), DEFAULT)
    assert read_axes(found) == {axis: DIFFERS if axis in axes else SAME for axis in AXES}
    assert found.across_inputs is DIFFERS
    assert (found.runs, found.builds, found.calls, found.inputs) == SHAPE[:4]
    assert (found.collapsed_runs, found.nonfinite_runs, found.failed) == (0, 0, 0)
    assert (found.replay, found.replays, found.equal_seeds) == (UNMEASURED, 0, UNMEASURED)
    assert found.max_abs_diff == (2 if "run" in axes else 0)
    assert found.p_differ_upper == (None if "run" in axes else 1 - (1 - 0.95) ** (1 / 2))


@pytest.mark.parametrize("axis", AXES)
def test_rounding_in_one_axis_at_a_time(axis):
    found = measure_variance(stack(vary(axis, scale=1e-6)), DEFAULT)
    assert read_axes(found) == {name: ROUNDING if name == axis else SAME for name in AXES}
    assert (found.p_differ_upper is None) == (axis == "run")


@pytest.mark.parametrize("axis", AXES)
def test_a_drift_is_measured_from_the_first_not_step_by_step(axis):
    values = vary(axis, shape=(4, 4, 4, 2, 2), scale=0.4)
    step, whole = Tolerance(rtol=0, atol=1), Tolerance(rtol=0, atol=1.25)
    assert read_axes(measure_variance(stack(values), step))[axis] is DIFFERS
    assert read_axes(measure_variance(stack(values), whole))[axis] is ROUNDING


def test_one_element_of_one_run_is_enough():
    values = vary()
    values[2, 1, 1, 3, 2] += 1
    found = measure_variance(stack(values), DEFAULT)
    assert set(read_axes(found).values()) == {DIFFERS}
    assert found.max_abs_diff == 1


def test_one_of_everything_is_unmeasured():
    found = measure_variance(replace(stack(vary(shape=(1, 1, 1, 1, 1))), failed=4), DEFAULT)
    assert (found.runs, found.failed) == (1, 4)
    assert {found.across_inputs, *read_axes(found).values()} == {UNMEASURED}
    assert read_numbers(found) == (None, None, None, None)


@pytest.mark.parametrize("axis", range(5))
def test_empty_outputs(axis):
    shape = tuple(0 if k == axis else n for k, n in enumerate(SHAPE))
    found = measure_variance(stack(np.zeros(shape)), DEFAULT)
    assert (found.runs, found.builds, found.calls, found.inputs) == shape[:4]
    assert {found.across_inputs, *read_axes(found).values()} == {UNMEASURED}
    assert read_numbers(found) == (None, None, None, None)
    assert (found.collapsed_runs, found.nonfinite_runs) == (0, 0)


def test_one_run_measures_what_is_within_it():
    found = measure_variance(stack(vary("call", shape=(1, 2, 2, 4, 3))), DEFAULT)
    assert (found.across_calls, found.across_builds) == (DIFFERS, SAME)
    assert (found.across_runs, found.max_abs_diff, found.churn) == (UNMEASURED, None, None)
    assert found.labels is not None


# --- inputs


def test_inputs_ignored_by_all_runs():
    values = np.broadcast_to(vary("run")[:, :, :, :1], SHAPE)
    found = measure_variance(stack(values), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (SAME, 3)


def test_input_ignored_in_one_call_of_one_run_is_what_is_reported():
    values = vary()
    values[1, 0, 1] = values[1, 0, 1, :1]
    found = measure_variance(stack(values), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (SAME, 1)
    values[1, 0, 1, 2] *= 1 + 1e-6
    found = measure_variance(stack(values), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (ROUNDING, 1)
    values[2] = values[2, :, :, :1]
    found = measure_variance(stack(values), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (SAME, 2)


def test_one_input_that_matters_is_not_collapsed():
    values = np.array([1.0, 1, 1, 2]).reshape(1, 1, 1, 4, 1)
    assert measure_variance(stack(values), DEFAULT).across_inputs is DIFFERS


def test_duplicates_of_the_first_input_say_nothing():
    values = vary(shape=(2, 1, 1, 4, 3))
    values[:, :, :, 2] = values[:, :, :, 0]
    # Inputs 0 and 2 are copies; a model that tells 1 and 3 from them is not collapsed.
    assert measure_variance(stack(values, ids=[5, 6, 5, 7]), DEFAULT).across_inputs is DIFFERS
    # Even if the copies differ from each other, only 1 and 3 count.
    values[:, :, :, [1, 3]] = values[:, :, :, :1]
    values[:, :, :, 2] += 1
    found = measure_variance(stack(values, ids=[5, 6, 5, 7]), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (SAME, 2)
    found = measure_variance(stack(values, ids=[5, 5, 5, 5]), DEFAULT)
    assert (found.across_inputs, found.collapsed_runs) == (UNMEASURED, 0)


# --- replays and seeds


def test_replay_is_compared_with_the_run_it_repeats():
    values = vary("run")
    found = measure_variance(stack(values, replays=values[[2, 0]], replay_of=(2, 0)), DEFAULT)
    assert (found.replay, found.replays, found.across_runs) == (SAME, 2, DIFFERS)
    found = measure_variance(stack(values, replays=values[[2, 1]], replay_of=(2, 0)), DEFAULT)
    assert (found.replay, found.replays) == (DIFFERS, 2)


def test_replay_of_another_build_and_call_counts():
    values = vary("run")
    replays = values[[1]]
    replays[0, 1, 1, 0, 0] *= 1 + 1e-6
    assert (
        measure_variance(stack(values, replays=replays, replay_of=(1,)), DEFAULT).replay is ROUNDING
    )


def test_replay_that_lacks_an_element_differs():
    values = vary()
    present = np.ones((1, *SHAPE[1:]), bool)
    present[0, 0, 1] = False
    outputs = stack(values, replays=values[[1]], replays_present=present, replay_of=(1,))
    assert measure_variance(outputs, DEFAULT).replay is DIFFERS


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ((None, None, None, None), UNMEASURED),
        (("a", "b", "c", None), UNMEASURED),
        (("a", "b", "b", "a"), DIFFERS),
        ((None, "b", "b", None), SAME),
        (("a", "a", "b", "b"), DIFFERS),
    ],
)
def test_equal_seeds(seeds, expected):
    values = vary(shape=(4, 1, 1, 4, 3))
    values[0] += 1
    assert measure_variance(stack(values, seeds=seeds), DEFAULT).equal_seeds is expected


# --- presence


def test_absent_on_one_side_differs_and_on_both_is_ignored():
    values = vary()
    present = np.ones(SHAPE, bool)
    present[:, :, 1, 2:] = False
    values[1, :, 1, 2:] = 99
    found = measure_variance(stack(values, present), DEFAULT)
    assert (found.across_runs, found.across_builds) == (SAME, SAME)
    assert found.across_calls is DIFFERS
    present[2, 1, 0, 0, 0] = False
    found = measure_variance(stack(values, present), DEFAULT)
    assert set(read_axes(found).values()) == {DIFFERS}


def test_nothing_present_is_unmeasured():
    values = np.full(SHAPE, np.nan, np.float32)
    found = measure_variance(stack(values, np.zeros(SHAPE, bool)), DEFAULT)
    assert {found.across_inputs, *read_axes(found).values()} == {UNMEASURED}
    assert (found.nonfinite_runs, found.collapsed_runs) == (0, 0)
    assert read_numbers(found) == (None, None, None, None)


def test_absent_elements_are_left_out_of_differences_and_churn():
    values = np.zeros((3, 1, 1, 2, 2), np.float32)
    values[..., 0] = 1
    values[1, 0, 0, 1] = (0, 5)
    assert measure_variance(stack(values), DEFAULT).max_abs_diff == 5
    # One of three runs differs on one of two inputs: 2 of 3 pairs, half of the inputs.
    assert measure_variance(stack(values), DEFAULT).churn == pytest.approx(1 / 3)
    present = np.ones(values.shape, bool)
    present[1, 0, 0, 1, 0] = False
    found = measure_variance(stack(values, present), DEFAULT)
    assert (found.max_abs_diff, found.churn, found.labels) == (5, 0, 1)
    present[1, 0, 0, 1, 1] = False
    assert measure_variance(stack(values, present), DEFAULT).max_abs_diff == 0


# --- numbers


def test_nonfinite_runs_counts_runs():
    values = vary()
    values[0, 1, 1, 0, 0] = np.nan
    values[0, 1, 1, 1, 0] = np.inf
    values[2, 0, 0, 0, 0] = -np.inf
    assert measure_variance(stack(values), DEFAULT).nonfinite_runs == 2


def test_max_abs_diff_is_between_any_two_runs_not_only_the_first():
    values = np.zeros((3, 1, 1, 1, 1), np.float32)
    values[1], values[2] = -3, 4
    assert measure_variance(stack(values), DEFAULT).max_abs_diff == 7


def test_max_abs_diff_leaves_out_what_is_not_finite_everywhere():
    values = vary("run")
    values[0, 0, 0, 0, 0] = np.nan
    values[1, 0, 0, 0, 1] = np.inf
    assert measure_variance(stack(values), DEFAULT).max_abs_diff == 2
    assert measure_variance(stack(np.full(SHAPE, np.nan)), DEFAULT).max_abs_diff is None


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        (np.int64, 2**62, 2**62 + 1, 1.0),
        (np.int64, -(2**63), 2**63 - 1, float(2**64 - 1)),
        (np.uint64, 0, 2**64 - 1, float(2**64 - 1)),
        (np.int8, -128, 127, 255.0),
        (bool, False, True, 1.0),
        (np.float32, -3e38, 3e38, 2 * float(np.float32(3e38))),
        (np.float64, -1e308, 1e308, np.inf),
    ],
)
def test_max_abs_diff_of_extremes(dtype, low, high, expected):
    values = np.array([low, high], dtype).reshape(2, 1, 1, 1, 1)
    assert measure_variance(stack(values), DEFAULT).max_abs_diff == expected


def test_labels_and_churn_are_of_first_builds_and_calls():
    values = np.zeros((2, 2, 2, 3, 4), np.float32)
    values[..., 1] = 1
    values[1, 1, :, :, 3] = 2
    values[1, :, 1, :, 3] = 2
    found = measure_variance(stack(values), DEFAULT)
    assert (found.churn, found.labels) == (0, 1)
    values[1, 0, 0, 2, 3] = 2
    found = measure_variance(stack(values), DEFAULT)
    assert (found.churn, found.labels) == (pytest.approx(1 / 3), 2)


def test_rows_with_nan_have_a_label_of_their_own_that_is_not_counted():
    values = np.zeros((3, 1, 1, 1, 2), np.float32)
    values[1:, ..., 0] = np.nan
    found = measure_variance(stack(values), DEFAULT)
    assert (found.churn, found.labels) == (pytest.approx(2 / 3), 1)
    found = measure_variance(stack(np.full_like(values, np.nan)), DEFAULT)
    assert (found.churn, found.labels) == (0, None)


def test_nan_label_of_one_input_is_not_a_label_of_its_neighbour():
    values = np.zeros((2, 1, 1, 2, 2), np.float32)
    values[..., 0, 1] = 1
    values[..., 1, 0] = np.nan
    assert measure_variance(stack(values), DEFAULT).churn == 0


def test_labels_of_one_unit_and_of_integers():
    found = measure_variance(stack(vary("run", shape=(3, 1, 1, 4, 1))), DEFAULT)
    assert (found.churn, found.labels) == (None, None)
    found = measure_variance(stack(np.eye(3, dtype=np.int64).reshape(3, 1, 1, 1, 3)), DEFAULT)
    assert (found.churn, found.labels) == (1, 3)


@pytest.mark.parametrize(
    ("runs", "confidence", "expected"),
    [(2, 0.95, 0.95), (3, 0.75, 0.5), (11, 0.95, 0.2588656), (60, 0.95, 0.0495076)],
)
def test_p_differ_upper(runs, confidence, expected):
    outputs = stack(vary(shape=(runs, 1, 1, 2, 2)))
    assert measure_variance(outputs, DEFAULT, confidence).p_differ_upper == pytest.approx(
        expected, rel=1e-6
    )


def test_p_differ_upper_is_the_exact_binomial_bound():
    from scipy.stats import beta

    found = measure_variance(stack(vary(shape=(8, 1, 1, 2, 2))), DEFAULT, 0.9)
    assert found.p_differ_upper == pytest.approx(beta.ppf(0.9, 1, 7))


# --- many runs


def test_chunks_do_not_change_the_answer(monkeypatch):
    values = vary("run", shape=(9, *SHAPE[1:]))
    values[7, 1, 0] = values[7, 1, 0, :1]
    values[8, 0, 1, 3, 2] = np.nan
    parts = {"replays": values[[3, 8]], "replay_of": (3, 8), "seeds": "aab" * 3}
    whole = measure_variance(stack(values, **parts), DEFAULT)
    assert (whole.across_inputs, whole.replay, whole.equal_seeds) == (SAME, SAME, DIFFERS)
    for elements in (1, 100, 4 * values[0].size):
        monkeypatch.setattr(bitwise, "_CHUNK_ELEMENTS", elements)
        assert measure_variance(stack(values, **parts), DEFAULT) == whole


@pytest.mark.parametrize("run", range(1, 9))
def test_no_run_is_lost_between_chunks(run, monkeypatch):
    values = vary(shape=(9, 1, 2, 2, 2))
    values[run, 0, 1] += 1
    monkeypatch.setattr(bitwise, "_CHUNK_ELEMENTS", 4 * values[0].size)
    found = measure_variance(stack(values), DEFAULT)
    assert (found.across_runs, found.across_calls) == (DIFFERS, DIFFERS)


def test_thousands_of_runs_need_little_memory():
    shape = (10_000, 1, 2, 16, 10)
    values = np.broadcast_to(vary(shape=(1, *shape[1:])), shape).copy()
    outputs = stack(values)
    tracemalloc.start()
    assert measure_variance(outputs, DEFAULT).across_runs is SAME
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 64 * 2**20


# --- what does not fit

ONE_REPLAY = {"replays": vary()[:1], "replays_present": np.ones((1, *SHAPE[1:]), bool)}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("values must be", {"values": np.zeros((2, 3))}),
        ("values must be", {"values": np.zeros(())}),
        ("present must have", {"present": np.ones((1, *SHAPE[1:]), bool)}),
        ("seeds must be one a run", {"seeds": (None,)}),
        ("inputs must be one an input", {"inputs": np.zeros(3, np.uint64)}),
        ("replays must be one for each", {"replay_of": (0,)}),
        ("replays must be one for each", ONE_REPLAY),
        ("replays must have the axes", {"replays": vary()[:1, :1], "replay_of": (0,)}),
        ("replays_present must have", {"replays": vary()[:1], "replay_of": (0,)}),
        ("replay_of must index", {**ONE_REPLAY, "replay_of": (-1,)}),
        ("replay_of must index", {**ONE_REPLAY, "replay_of": (3,)}),
    ],
)
def test_parts_that_do_not_fit(rule, change):
    with pytest.raises(ValueError, match=rf"{rule}.* Received: values.shape="):
        measure_variance(replace(stack(vary()), **change), DEFAULT)


@pytest.mark.parametrize("confidence", [0, 1, -1, 95, np.nan])
def test_impossible_confidence(confidence):
    with pytest.raises(ValueError, match=r"confidence must be in \(0, 1\)"):
        measure_variance(stack(vary()), DEFAULT, confidence)
