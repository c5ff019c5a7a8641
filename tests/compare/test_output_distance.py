"""How far apart two outputs arrays are: known answers, and what has no size."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from synthetic import outputs

from runner.compare.output_distance import diff_elements, diff_outputs
from runner.numeric.bitwise import Tolerance, compare_arrays
from runner.numeric.verdicts import State
from runner.record.record import RunArrays


def arrays(values, inputs=None):
    """Kept outputs of (build, call, input, unit)."""
    ids = np.arange(values.shape[2]) if inputs is None else inputs
    return RunArrays(values, np.asarray(ids, np.uint64))


def elements(a, b, dtype=np.float64):
    """Of values along the axis of inputs, two units each."""
    x, y = (np.array(each, dtype).reshape(1, 1, -1, 2) for each in (a, b))
    return diff_elements(x, y)


def compared(x, y, tolerance=None):
    return diff_outputs(arrays(x), arrays(y), tolerance or Tolerance())


# --- elements


def test_equal_elements_have_no_distance():
    found = elements([1, math.nan, math.inf, -0.0], [1, math.nan, math.inf, -0.0])
    assert (found.compared, found.differing, found.unsized) == (4, 0, 0)
    assert (found.max_abs, found.max_rel, found.place, found.values) == (None,) * 4


def test_the_largest_distance_is_found_with_its_place_and_values():
    found = elements([1, 2, 3, 4], [1, 2.5, 3, -4])
    assert (found.differing, found.unsized) == (2, 0)
    assert (found.max_abs, found.max_rel) == (8, 2)
    assert (found.place, found.values) == ((0, 0, 1, 1), (4, -4))


def test_the_largest_relative_distance_may_be_elsewhere():
    found = elements([1000, 0, 1e-6, 0], [1001, 0, 2e-6, 0])
    assert (found.max_abs, found.place) == (1, (0, 0, 0, 0))
    assert found.max_rel == pytest.approx(0.5)


def test_zeros_of_both_signs_differ_by_nothing():
    found = elements([0.0, 1], [-0.0, 1])
    assert (found.differing, found.unsized, found.max_abs, found.max_rel) == (1, 0, 0, 0)
    assert found.place == (0, 0, 0, 0)
    assert [math.copysign(1, each) for each in found.values] == [1, -1]


@pytest.mark.parametrize(
    "pair", [(math.nan, 1.0), (1.0, math.inf), (math.inf, -math.inf), (math.nan, math.inf)]
)
def test_what_is_no_number_differs_and_has_no_size(pair):
    a, b = pair
    found = elements([1, a], [1, b])
    assert (found.differing, found.unsized) == (1, 1)
    assert (found.max_abs, found.max_rel) == (None, None)
    assert found.place == (0, 0, 0, 1)
    beside = elements([1, a, 2, 2], [1, b, 2, 3])
    assert (beside.differing, beside.unsized) == (2, 1)
    assert (beside.max_abs, beside.place) == (1, (0, 0, 1, 1))


def test_two_nans_of_other_bits_differ():
    other = np.array([0x7FC00001], np.uint32).view(np.float32)[0]
    found = elements([math.nan, 1], [other, 1], np.float32)
    assert (found.differing, found.unsized, found.max_abs) == (1, 1, None)


def test_large_integers_keep_their_difference():
    found = elements([2**62, 5], [2**62 + 1, 5], np.int64)
    assert (found.differing, found.max_abs, found.place) == (1, 1, (0, 0, 0, 0))
    assert found.values == (2**62, 2**62 + 1)
    widest = elements([-(2**63), 0], [2**63 - 1, 0], np.int64)
    assert widest.max_abs == 2**64 - 1
    assert elements([200, 1], [1, 200], np.uint8).max_abs == 199
    assert elements([-128, 1], [127, 1], np.int8).max_abs == 255
    assert elements([True, False], [False, False], np.bool_).max_abs == 1


def test_a_distance_beyond_float64_is_infinite_and_its_share_is_not():
    found = elements([1.7e308, 0], [-1.7e308, 0])
    assert (found.max_abs, found.max_rel) == (math.inf, 2)
    assert found.unsized == 0


numbers = st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.uint64, np.bool_])


@settings(max_examples=100, deadline=None)
@given(st.data(), numbers)
def test_swapping_two_arrays_swaps_the_values_only(data, dtype):
    shape = data.draw(hnp.array_shapes(min_dims=4, max_dims=4, max_side=3))
    x, y = (data.draw(hnp.arrays(dtype, shape)) for _ in range(2))
    found, swapped = diff_elements(x, y), diff_elements(y, x)
    assert repr(found.values) == repr(swapped.values and swapped.values[::-1])
    assert repr(replace(found, values=None)) == repr(replace(swapped, values=None))
    assert (found.differing == 0) == (compare_arrays(x, y, Tolerance()) is State.SAME)
    assert (found.place is None) == (found.differing == 0)
    if found.max_rel is not None:
        assert 0 <= found.max_rel <= 2
        assert found.max_abs >= 0


# --- outputs


@pytest.mark.parametrize(
    ("factor", "state"),
    [(1, State.SAME), (1 + 1e-6, State.ROUNDING), (1.1, State.DIFFERS)],
)
def test_the_state_is_that_of_the_tolerance(factor, state):
    x = outputs()
    found = compared(x, x * np.float32(factor))
    assert found.state is state
    assert found.elements.compared == 48
    assert (found.elements.differing == 0) == (state is State.SAME)


def test_labels_are_those_of_the_first_call_of_the_first_build():
    x = np.zeros((2, 2, 4, 3), np.float32)
    x[..., 0] = 1
    y = x.copy()
    y[0, 0, 1, 2] = y[0, 0, 3, 1] = 2
    y[1] = y[0, 1] = np.nan
    found = compared(x, y)
    assert (found.labels, found.labels_differing) == (4, 2)
    y[0, 0, 0, 0] = np.nan
    assert compared(x, y).labels_differing == 3
    assert compared(y, y).labels_differing == 0


def test_one_unit_or_no_input_has_no_label():
    for shape in ((1, 1, 4, 1), (1, 1, 0, 3), (0, 1, 4, 3)):
        found = compared(np.zeros(shape), np.zeros(shape))
        assert (found.labels, found.labels_differing) == (None, None)


@pytest.mark.parametrize("swap", [False, True])
def test_other_shapes_differ_and_are_compared_where_they_overlap(swap):
    x, y = outputs(shape=(2, 2, 4, 3)), outputs(shape=(1, 3, 4, 3))[:, :, :2]
    y[0, 1, 1, 2] += 8
    found = compared(*((y, x) if swap else (x, y)))
    assert found.state is State.DIFFERS
    assert found.elements.compared == 1 * 2 * 2 * 3
    assert (found.elements.differing, found.elements.place) == (1, (0, 1, 1, 2))
    assert found.elements.max_abs == pytest.approx(8)
    assert (found.labels, found.labels_differing) == (2, 0)


def test_other_numbers_of_units_have_no_elements_in_common():
    found = compared(outputs(), outputs(shape=(2, 2, 4, 5)))
    assert (found.state, found.elements) == (State.DIFFERS, None)


def test_other_types_differ_and_are_measured_where_one_holds_both():
    x = outputs()
    found = compared(x, x.astype(np.float64))
    assert (found.state, found.types) == (State.DIFFERS, ("float32", "float64"))
    assert (found.elements.differing, found.elements.max_abs) == (0, None)
    whole = np.full((1, 1, 2, 2), 2**60)
    assert compared(whole, whole.astype(np.float64)).elements is None
    assert compared(whole, whole.astype(np.uint64)).elements is None
    assert compared(whole, np.zeros((1, 1, 2, 2), np.int32)).elements.max_abs == 2**60


def test_outputs_of_other_inputs_are_counted():
    x = outputs()
    found = diff_outputs(arrays(x), arrays(x, [0, 1, 7, 8]), Tolerance())
    assert (found.probes_differing, found.state) == (2, State.SAME)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("start", "steps"), [(1.0, 1), (1.0, 1000), (-2.5, 3), (1e-45, 2), (-0.0, 1)]
)
def test_steps_from_float_to_float_are_counted(dtype, start, steps):
    a = np.full((1, 1, 1, 2), start, dtype)
    b = a.copy()
    bits = b[..., 1:].view(f"i{b.itemsize}")
    if start < 0:
        bits -= steps  # a smaller magnitude lies above
    elif start == 0:
        b[..., 1] = 0.0
    else:
        bits += steps
    assert diff_elements(a, b).max_ulps == steps
    assert diff_elements(b, a).max_ulps == steps


def test_steps_across_zero_and_over_the_whole_range_do_not_wrap():
    tiny = np.float32(1e-45)
    a, b = (np.array([[[[each]]]], np.float32) for each in (-tiny, tiny))
    assert diff_elements(a, b).max_ulps == 3  # -0.0 and 0.0 lie between
    top = np.finfo(np.float64).max
    a, b = (np.array([[[[each]]]], np.float64) for each in (-top, top))
    assert diff_elements(a, b).max_ulps == 2 * int(np.float64(top).view(np.uint64)) + 1


def test_without_a_sized_difference_of_floats_no_steps_are_counted():
    a = np.array([[[[np.nan, 1.0]]]], np.float32)
    b = np.array([[[[2.0, 1.0]]]], np.float32)
    assert diff_elements(a, b).max_ulps is None
    assert diff_elements(a, a).max_ulps is None
    whole = np.array([[[[1, 2]]]])
    assert diff_elements(whole, whole + 1).max_ulps is None
