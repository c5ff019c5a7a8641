"""Known answers and properties of `runner.compare` on two arrays, and of means."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runner.numeric.bitwise import Tolerance, compare_arrays, row_bytes, worst_of
from runner.numeric.intervals import mean_interval
from runner.numeric.verdicts import State

SAME, ROUNDING, DIFFERS, UNMEASURED = State
EXACT = Tolerance(rtol=0, atol=0)
DEFAULT = Tolerance()

quick = settings(max_examples=60, deadline=None)


def floats(*bits, width=32):
    """Floats of these bit patterns."""
    return np.array(bits, dtype=f"u{width // 8}").view(f"f{width // 8}")


# --- two arrays


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], SAME),
        ([1.0, 2.0], [1.0, 2.0000002], ROUNDING),
        ([1.0, 2.0], [1.0000001, 3.0], DIFFERS),
        ([0.0], [0.0], SAME),
        ([-0.0], [0.0], ROUNDING),
        ([np.inf], [np.inf], SAME),
        ([-np.inf], [-np.inf], SAME),
        ([np.inf], [-np.inf], DIFFERS),
        ([np.inf], [1.0], DIFFERS),
        ([1.0], [-np.inf], DIFFERS),
        ([np.inf], [np.nan], DIFFERS),
        ([np.nan], [np.nan], SAME),
        ([np.nan], [0.0], DIFFERS),
        ([0.0], [np.nan], DIFFERS),
        ([], [], UNMEASURED),
        (1.0, 1.0, SAME),
        (1.0, 2.0, DIFFERS),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_compare_arrays_known_answers(a, b, expected, dtype):
    tolerance = Tolerance(rtol=2e-3) if dtype is np.float16 else DEFAULT
    # 2.0000002 is 2 in float16.
    if dtype is np.float16 and b == [1.0, 2.0000002]:
        b = [1.0, 2.002]
    assert compare_arrays(np.array(a, dtype), np.array(b, dtype), tolerance) is expected


def test_minus_zero_is_rounding_without_any_tolerance():
    assert compare_arrays(np.array([-0.0]), np.array([0.0]), EXACT) is ROUNDING


@pytest.mark.parametrize("width", [32, 64])
def test_nan_payloads(width):
    quiet, payload, signalling, negative = {
        32: (0x7FC00000, 0x7FC00001, 0x7F800001, 0xFFC00000),
        64: (0x7FF8 << 48, (0x7FF8 << 48) + 1, (0x7FF0 << 48) + 1, 0xFFF8 << 48),
    }[width]
    first = floats(quiet, width=width)
    assert np.isnan(first).all()
    assert compare_arrays(first, floats(quiet, width=width), EXACT) is SAME
    for other in (payload, signalling, negative):
        assert compare_arrays(first, floats(other, width=width), EXACT) is ROUNDING
        assert compare_arrays(floats(other, width=width), first, EXACT) is ROUNDING


def test_different_shapes_differ_and_are_not_broadcast():
    assert compare_arrays(np.zeros((2, 1)), np.zeros((2, 2)), DEFAULT) is DIFFERS
    assert compare_arrays(np.zeros(0), np.zeros((0, 3)), DEFAULT) is DIFFERS
    assert compare_arrays(np.zeros(1), np.zeros(()), DEFAULT) is DIFFERS


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_integers_are_same_or_differ(dtype):
    wide = Tolerance(rtol=1, atol=100)
    assert compare_arrays(np.array([0, 1], dtype), np.array([0, 1], dtype), wide) is SAME
    assert compare_arrays(np.array([0, 1], dtype), np.array([0, 0], dtype), wide) is DIFFERS


def test_neighbouring_int64_that_are_one_float64_differ():
    a, b = np.array([2**62]), np.array([2**62 + 1])
    assert float(a[0]) == float(b[0])
    assert compare_arrays(a, b, DEFAULT) is DIFFERS


@pytest.mark.parametrize("dtype", [np.complex64, np.longdouble, "U3", object, "datetime64[s]"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(TypeError, match=r"must share one dtype.* Received"):
        compare_arrays(np.zeros(1, dtype), np.zeros(1, dtype), DEFAULT)


def test_two_dtypes_are_refused():
    with pytest.raises(TypeError, match="Received: float32 and float64"):
        compare_arrays(np.zeros(1, np.float32), np.zeros(1, np.float64), DEFAULT)


def test_threshold_of_atol_both_sides():
    limit = 0.25
    a, on, beyond = np.array([0.0]), np.array([limit]), np.array([np.nextafter(limit, 1)])
    assert compare_arrays(a, on, Tolerance(rtol=0, atol=limit)) is ROUNDING
    assert compare_arrays(a, beyond, Tolerance(rtol=0, atol=limit)) is DIFFERS


def test_threshold_of_rtol_both_sides_is_of_the_larger_magnitude():
    tolerance = Tolerance(rtol=0.25, atol=0)
    # 4 - 3 = 0.25 * 4 exactly; of the smaller magnitude the bound would be 0.75.
    for a, b in itertools.permutations((3.0, 4.0)):
        for sign in (1, -1):
            assert compare_arrays(np.array([sign * a]), np.array([sign * b]), tolerance) is ROUNDING
    assert compare_arrays(np.array([np.nextafter(3, 0)]), np.array([4.0]), tolerance) is DIFFERS
    assert compare_arrays(np.array([-3.0]), np.array([4.0]), tolerance) is DIFFERS


def test_threshold_of_both_added():
    tolerance = Tolerance(rtol=0.25, atol=0.5)
    assert compare_arrays(np.array([2.5]), np.array([4.0]), tolerance) is ROUNDING
    assert compare_arrays(np.array([np.nextafter(2.5, 0)]), np.array([4.0]), tolerance) is DIFFERS


def test_float32_is_compared_in_float64():
    big = np.array([3e38], np.float32)
    assert compare_arrays(big, -big, Tolerance(rtol=1.5)) is DIFFERS
    assert compare_arrays(big, -big, Tolerance(rtol=2)) is ROUNDING
    huge = np.array([1.7e308])
    assert compare_arrays(huge, -huge, DEFAULT) is DIFFERS


def test_views_and_byte_orders_compare_as_their_values():
    a = np.arange(24.0).reshape(4, 6)
    assert compare_arrays(a[::2, ::-1], a[::2, ::-1].copy(), EXACT) is SAME
    swapped = np.arange(1, 4).astype(">f4")
    close = (swapped * (1 + 1e-6)).astype(">f4")
    assert compare_arrays(swapped, swapped.copy(), EXACT) is SAME
    assert compare_arrays(swapped, close, DEFAULT) is ROUNDING


@quick
@given(
    hnp.arrays(np.float32, 4, elements=st.floats(width=32)),
    hnp.arrays(np.float32, 4, elements=st.floats(width=32)),
)
def test_compare_arrays_is_symmetric_and_reflexive(a, b):
    assert compare_arrays(a, b, DEFAULT) is compare_arrays(b, a, DEFAULT)
    assert compare_arrays(a, a.copy(), EXACT) is SAME


def _far_from_underflow(value: float) -> float:
    """Zero for numbers so small that halving them a few times would change their bits."""
    return value if abs(value) > 1e-200 else 0.0


@quick
@given(
    hnp.arrays(np.float64, 3, elements=st.floats(-1e3, 1e3).map(_far_from_underflow)),
    hnp.arrays(np.float64, 3, elements=st.floats(-1e-4, 1e-4).map(_far_from_underflow)),
    st.integers(-20, 20),
)
def test_scaling_by_a_power_of_two_keeps_the_state(a, change, exponent):
    tolerance, scale = Tolerance(rtol=1e-5, atol=1e-6), 2.0**exponent
    scaled = Tolerance(rtol=1e-5, atol=1e-6 * scale)
    b = a + change
    expected = compare_arrays(a, b, tolerance)
    assert compare_arrays(a * scale, b * scale, scaled) is expected


@pytest.mark.parametrize("bad", [{"rtol": -1}, {"atol": -1e-9}, {"rtol": np.nan}, {"atol": np.inf}])
def test_impossible_tolerances(bad):
    with pytest.raises(ValueError, match=r"must be finite and at least 0. Received: [ra]tol="):
        Tolerance(**bad)


def test_worst_of():
    assert worst_of([]) is UNMEASURED
    assert worst_of([UNMEASURED]) is UNMEASURED
    assert worst_of([UNMEASURED, SAME]) is SAME
    assert worst_of([ROUNDING, SAME]) is ROUNDING
    assert worst_of(iter([DIFFERS, ROUNDING, UNMEASURED])) is DIFFERS


# --- means


def test_mean_interval_known_answer():
    # t(0.975, 4) = 2.7764451051977987 (printed tables: 2.776); SD of 1..5 is sqrt(2.5).
    half = 2.7764451051977987 * np.sqrt(2.5) / np.sqrt(5)
    found = mean_interval([1, 2, 3, 4, 5], 0.95)
    assert found == pytest.approx((3, np.sqrt(2.5), 3 - half, 3 + half), rel=1e-12)
    assert (found.mean, found.sd) == (found[0], found[1])


def test_mean_interval_agrees_with_scipy():
    from scipy import stats

    values = np.random.default_rng(3).normal(size=17)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert mean_interval(values, 0.9)[2:] == pytest.approx(tuple(expected))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (None, None, None, None)),
        ([4.0], (4.0, None, None, None)),
        ([np.nan], (None, None, None, None)),
        ([1.0, np.nan], (None, None, None, None)),
        ([1.0, np.inf], (None, None, None, None)),
        ([1e308, -1e308, 1.7e308], (None, None, None, None)),
        ([2.0, 2.0], (2.0, 0.0, 2.0, 2.0)),
        ([0.1, 0.1, 0.1], (0.1, 0.0, 0.1, 0.1)),
    ],
)
def test_mean_interval_edges(values, expected):
    assert mean_interval(values) == expected
    assert mean_interval(np.array(values)) == expected


@pytest.mark.parametrize("confidence", [0, 1, -1, 95, np.nan])
def test_mean_interval_refuses_an_impossible_confidence(confidence):
    with pytest.raises(ValueError, match=r"confidence must be in \(0, 1\)"):
        mean_interval([1.0, 2.0], confidence)


@pytest.mark.process
def test_importing_needs_no_scipy():
    check = (
        "import sys; import runner.numeric.bitwise; print([m for m in sys.modules if 'scipy' in m])"
    )
    run = [sys.executable, "-c", check]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    "values",
    [
        np.arange(42, dtype=np.float32).reshape(7, 3, 2),
        np.arange(42, dtype=np.float64).reshape(7, 6)[:, 1:],
        np.arange(42).reshape(7, 6).T,
        np.array([True, False]),
        np.zeros((4, 0)),
        np.zeros((0, 3)),
        np.array([0.0, -0.0, np.nan]),
    ],
)
def test_rows_have_their_own_bytes(values):
    assert row_bytes(values) == [row.tobytes() for row in values]


@pytest.mark.parametrize("dtype", [str, bytes, object])
def test_texts_are_the_same_rows_whatever_stands_beside_them(dtype):
    short, long = (np.array(texts, dtype) for texts in (["a", "b"], ["a", "a long one"]))
    assert row_bytes(short)[0] == row_bytes(long)[0]
    assert row_bytes(short)[1] != row_bytes(long)[1]
