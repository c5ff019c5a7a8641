"""Compares arrays bit for bit and within a tolerance, and finds the worst of many pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from runner.numeric.verdicts import MEASURED, State

Array: TypeAlias = npt.NDArray[Any]

_CHUNK_ELEMENTS = 1 << 15
"""How many elements are compared at once: a float64 temporary takes 256 KiB, which stays in the
processor's cache, and where outputs differ no more than these are looked at."""

STATES = (State.UNMEASURED, *MEASURED)
"""All states. Comparisons use positions in this tuple, so that the worst of many is the maximum."""
UNMEASURED, SAME, ROUNDING, DIFFERS = (np.uint8(code) for code in range(4))


@dataclass(frozen=True)
class Tolerance:
    """The tolerance: two elements are close if |a-b| <= atol + rtol*max(|a|,|b|), in float64.

    Raises:
        ValueError: one of the two is negative, infinite or NaN.
    """

    rtol: float = 1e-5
    """The relative tolerance, a factor of the larger of the two magnitudes."""
    atol: float = 1e-8
    """The absolute tolerance, in the units of the outputs."""

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be finite and at least 0. Received: {name}={value}")

    def stricter(self, other: Tolerance) -> Tolerance:
        """Return a tolerance with the smaller `rtol` and the smaller `atol` of the two."""
        return Tolerance(min(self.rtol, other.rtol), min(self.atol, other.atol))


class Masked(NamedTuple):
    """An array of values, and one of the same shape that says which of them are present."""

    values: Array
    present: npt.NDArray[np.bool_]

    def take(self, index: Any) -> Masked:
        """Return the part of both arrays at a NumPy index."""
        return Masked(self.values[index], self.present[index])


def row_bytes(values: Array) -> list[bytes]:
    """Return the bytes of each row of an array with a first axis (row,), as one call of NumPy.

    Objects have no bytes of their own, and those of a text depend on the longest one beside it;
    the representation of their values stands for them.
    """
    if values.dtype.kind in "OUS":
        return [repr(row).encode() for row in values.tolist()]
    size = math.prod(values.shape[1:]) * values.itemsize
    if size == 0 or not len(values):
        return [b""] * len(values)
    rows = np.ascontiguousarray(values).reshape(len(values), -1)
    return [bytes(row) for row in rows.view(np.dtype((np.void, size))).ravel().tolist()]


def worst_of(states: Iterable[State]) -> State:
    """Return the state that differs most; UNMEASURED only if there is no other."""
    return max(states, key=STATES.index, default=State.UNMEASURED)


def compare_arrays(a: npt.ArrayLike, b: npt.ArrayLike, tolerance: Tolerance) -> State:
    """Return how two arrays of one dtype compare, at worst over all elements.

    NaN equals NaN and an infinity equals itself; NaN or an infinity against anything else differs.
    Arrays of different shapes differ; empty arrays of one shape are unmeasured. Integers and
    booleans are compared exactly, so they are the same or differ.

    Raises:
        TypeError: the dtypes are not the same, or not a boolean, an integer or a float of at most
            64 bits. Converting would hide or invent differences.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return State.DIFFERS
    present = np.broadcast_to(np.True_, a.shape)
    # The new axis turns a scalar into an array, from which a mask can select.
    pair = Masked(a, present).take(np.newaxis), Masked(b, present).take(np.newaxis)
    return find_worst([pair], tolerance)


def element_codes(a: Masked, b: Masked, tolerance: Tolerance) -> npt.NDArray[np.uint8]:
    """Return how each element of `a` compares with that of `b`, both broadcast to one shape.

    Returns:
        Positions in STATES: UNMEASURED where neither element is present, DIFFERS where one is.

    Raises:
        TypeError: as for `compare_arrays`.
    """
    dtype = a.values.dtype
    if dtype != b.values.dtype or dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise TypeError(
            "arrays must share one dtype: a boolean, an integer or a float of at most 64 bits. "
            f"Received: {dtype} and {b.values.dtype}"
        )
    x, y, x_present, y_present = np.broadcast_arrays(a.values, b.values, a.present, b.present)
    bits = np.dtype(f"u{dtype.itemsize}")
    unequal = x.view(bits) != y.view(bits)
    codes = np.where(unequal, DIFFERS, SAME)
    if dtype.kind == "f":
        codes[unequal] = np.where(_are_close(x[unequal], y[unequal], tolerance), ROUNDING, DIFFERS)
    codes[x_present != y_present] = DIFFERS
    codes[~(x_present | y_present)] = UNMEASURED
    return codes


def _are_close(x: Array, y: Array, tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Return where floats are within the tolerance, or both NaN.

    The floats are bitwise unequal, so that two infinities are of opposite sign.
    """
    # NumPy warns of signalling NaNs, inf - inf and overflow; the last line decides these cases.
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = x.astype(np.float64), y.astype(np.float64)
        bound = tolerance.atol + tolerance.rtol * np.maximum(np.abs(x), np.abs(y))
        within: npt.NDArray[np.bool_] = np.abs(x - y) <= bound
    # An infinite element makes the bound infinite, so that everything would be within it.
    return (within & np.isfinite(x) & np.isfinite(y)) | (np.isnan(x) & np.isnan(y))


def chunk_slices(length: int, elements_each: int) -> Iterator[slice]:
    """Return consecutive slices that cover an axis.

    Args:
        length: of the axis.
        elements_each: the number of elements at each position; a slice has at least one position
            and, if it has more, at most _CHUNK_ELEMENTS elements.
    """
    step = max(1, _CHUNK_ELEMENTS // max(1, elements_each))
    return (slice(start, start + step) for start in range(0, length, step))


def find_worst(pairs: Iterable[tuple[Masked, Masked]], tolerance: Tolerance) -> State:
    """Return the worst state of any element in any pair; UNMEASURED if no element is present.

    Raises:
        TypeError: as for `compare_arrays`.
    """
    worst = int(UNMEASURED)
    for a, b in pairs:
        worst = max(worst, int(element_codes(a, b, tolerance).max(initial=UNMEASURED)))
        if worst == DIFFERS:
            break
    return STATES[worst]


def widest(dtypes: list[np.dtype[np.generic]]) -> np.dtype[np.generic]:
    """Return a type that holds the values of all of these types; at least float32 for floats.

    It holds them exactly, with one exception: 64-bit integers are rounded to float64 if they are
    mixed with floats, or if signed and unsigned ones are mixed.
    """
    found = np.result_type(*dtypes)
    return np.dtype(np.float32) if found == np.float16 else found
