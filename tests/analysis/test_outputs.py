"""Stacking keeps every recorded value exactly, and says what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runner.analysis.outputs import EXACT_INTEGERS, stack
from runner.errors import RecordError
from runner.numeric.bitwise import widest

quick = settings(max_examples=150, deadline=None)

DTYPES = ["bool", "int32", "int64", "float16", "float32", "float64"]
shapes = st.tuples(*(st.integers(1, 3) for _ in range(4)))


def elements(dtype):
    """Any value of a type; NaNs of one kind, as converting may change which."""
    return hnp.from_dtype(np.dtype(dtype), allow_nan=np.dtype(dtype).kind == "f")


@st.composite
def some_runs(draw):
    dtypes = draw(st.lists(st.sampled_from(DTYPES), min_size=1, max_size=4))
    return [draw(hnp.arrays(each, draw(shapes), elements=elements(each))) for each in dtypes]


def cut(stacked, index, shape):
    """The part of a stack that one run filled."""
    return stacked[(index, *(slice(length) for length in shape))]


def same_values(a, b):
    """Equal as numbers, with NaN equal to NaN and -0.0 not to 0.0; no float stands between."""
    if b.dtype.kind != "f":
        return [int(x) for x in a.ravel()] == [int(x) for x in b.ravel()]
    back = a.astype(b.dtype)
    return bool(
        np.array_equal(back, b, equal_nan=True) and (np.signbit(back) == np.signbit(b)).all()
    )


def too_large(runs):
    """Whether some integer has no float64."""
    return any(
        abs(int(value)) > EXACT_INTEGERS
        for run in runs
        if run.dtype.kind in "iu"
        for value in run.ravel()
    )


# --- values


@quick
@given(some_runs(), st.integers(0, 3))
def test_every_value_is_held_exactly_or_refused(both, split):
    runs, replays = both[: max(1, split)], both[max(1, split) :]
    try:
        values, present, again, again_present = stack(runs, replays)
    except RecordError:
        assert len({run.dtype for run in both}) > 1
        assert too_large(both)
        return
    assert values.dtype == again.dtype
    assert len(values) == len(present) == len(runs)
    assert len(again) == len(again_present) == len(replays)
    for index, run in enumerate(runs):
        assert same_values(cut(values, index, run.shape), run)
    for index, run in enumerate(replays):
        assert same_values(cut(again, index, run.shape), run)


@quick
@given(st.lists(shapes, min_size=1, max_size=5))
def test_present_is_where_a_run_has_values_and_the_rest_is_zero(sizes):
    runs = [np.full(size, index + 1, np.float32) for index, size in enumerate(sizes)]
    values, present, _, _ = stack(runs, [])
    largest = tuple(max(run.shape[axis] for run in runs) for axis in range(4))
    assert values.shape == present.shape == (len(runs), *largest)
    for index, run in enumerate(runs):
        assert cut(present, index, run.shape).all()
        assert (values[index][present[index]] == index + 1).all()
        assert present[index].sum() == run.size
    assert (values[~present] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_runs_of_one_type_and_shape_are_stacked_bit_by_bit(dtype):
    bits = np.random.default_rng(0).integers(0, 2, (3, 2, 2, 4, 3, np.dtype(dtype).itemsize))
    runs = bits.astype(np.uint8).view(dtype).reshape(3, 2, 2, 4, 3)
    values, present, again, again_present = stack(list(runs), [])
    assert values.dtype == (np.float32 if dtype == "float16" else runs.dtype)
    assert values.astype(dtype).tobytes() == runs.tobytes()
    assert present.all()
    assert again.shape == again_present.shape == (0, 2, 2, 4, 3)


def test_the_bits_of_nans_stay_where_nothing_is_converted():
    bits = np.array([0x7FC00001, 0x7F800001, 0xFFC12345], dtype=np.uint32)
    run = bits.view(np.float32).reshape(1, 1, 3, 1)
    values, *_ = stack([run, run], [])
    assert values[0].tobytes() == values[1].tobytes() == bits.tobytes()


def test_a_signalling_nan_is_widened_to_a_nan_without_a_warning():
    run = np.array([0x7F800001], np.uint32).view(np.float32).reshape(1, 1, 1, 1)
    values, *_ = stack([run, np.ones((1, 1, 1, 1))], [])
    assert np.isnan(values[0]).all()


def test_a_replay_wider_than_all_runs_makes_room():
    run, replay = np.ones((1, 1, 2, 1), np.float32), np.ones((2, 1, 3, 1), np.float64)
    values, present, again, again_present = stack([run], [replay])
    assert values.shape == (1, 2, 1, 3, 1)
    assert values.dtype == again.dtype == np.float64
    assert present.sum() == 2
    assert again_present.all()


@pytest.mark.parametrize("large", [2**53 + 1, -(2**53) - 1, -(2**63)])
def test_integers_that_a_float_would_round_are_refused(large):
    whole = np.full((1, 1, 1, 1), large, np.int64)
    for other in (np.float32, np.float64, np.uint64):
        with pytest.raises(RecordError, match=f"int64 cannot be compared .* Received: {large}"):
            stack([whole, np.ones((1, 1, 1, 1), other)], [])
    alone, *_ = stack([whole, whole], [])
    assert alone.dtype == np.int64
    assert int(alone[0, 0, 0, 0, 0]) == large


@pytest.mark.parametrize("large", [2**53, -(2**53), 7])
def test_integers_that_a_float_holds_are_not(large):
    values, *_ = stack([np.full((1, 1, 1, 1), large), np.ones((1, 1, 1, 1), np.float32)], [])
    assert values.dtype == np.float64
    assert int(values[0, 0, 0, 0, 0]) == large


def test_the_arrays_given_are_not_changed():
    run = np.ones((1, 1, 2, 2), np.float32)
    values, *_ = stack([run], [])
    values[:] = 5
    assert (run == 1).all()


# --- types


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (["float16"], "float32"),
        (["float32"], "float32"),
        (["float64"], "float64"),
        (["int32"], "int32"),
        (["int64"], "int64"),
        (["bool"], "bool"),
        (["bool", "float16"], "float32"),
        (["bool", "int32"], "int32"),
        (["float16", "float32"], "float32"),
        (["float32", "float64", "float16"], "float64"),
        (["int32", "float32"], "float64"),
        (["int32", "int64"], "int64"),
        ([">f4"], "float32"),
    ],
)
def test_widest(dtypes, expected):
    found = widest([np.dtype(each) for each in dtypes])
    assert found == np.dtype(expected)
    assert found == widest([np.dtype(each) for each in reversed(dtypes)])


def test_nothing_has_no_type():
    with pytest.raises(ValueError, match="at least one"):
        widest([])
