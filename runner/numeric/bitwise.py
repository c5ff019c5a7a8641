"""Arrays compared bit for bit: the tolerance, and the worst of many pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from runner.numeric.verdicts import MEASURED, State

Array: TypeAlias = npt.NDArray[Any]

_CHUNK_ELEMENTS = 1 << 19
"""Elements compared at once: a float64 temporary of a chunk is 4 MiB for any number of runs."""


# Comparisons run on positions in this tuple: the worst of many is their maximum.
STATES = (State.UNMEASURED, *MEASURED)
UNMEASURED, SAME, ROUNDING, DIFFERS = (np.uint8(code) for code in range(4))


@dataclass(frozen=True)
class Tolerance:
    """Two elements are close when |a-b| <= atol + rtol*max(|a|,|b|), in float64.

    Raises ValueError unless both are finite and at least 0.
    """

    rtol: float = 1e-5
    """Relative to the larger of the two magnitudes."""
    atol: float = 1e-8
    """In the units of the outputs."""

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be finite and at least 0. Received: {name}={value}")

    def stricter(self, other: Tolerance) -> Tolerance:
        """Return the tolerance within which both of two hold."""
        return Tolerance(min(self.rtol, other.rtol), min(self.atol, other.atol))


class Masked(NamedTuple):
    """Values, and where they are present; of one shape."""

    values: Array
    present: npt.NDArray[np.bool_]

    def take(self, index: Any) -> Masked:
        return Masked(self.values[index], self.present[index])


def worst_of(states: Iterable[State]) -> State:
    """The most differing state; unmeasured ones are ignored unless there is nothing else."""
    return max(states, key=STATES.index, default=State.UNMEASURED)


def compare_arrays(a: npt.ArrayLike, b: npt.ArrayLike, tolerance: Tolerance) -> State:
    """How two arrays of one dtype compare, element by element.

    NaN equals NaN and an infinity equals itself; NaN or an infinity against anything else differs.
    Arrays of different shapes differ; empty ones of one shape are unmeasured. Integers and booleans
    are compared exactly: same or differs.

    Raises TypeError for two dtypes, or one that is not a boolean, an integer or a float of at most
    64 bits: converting would hide or invent differences.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return State.DIFFERS
    present = np.broadcast_to(np.True_, a.shape)
    # The new axis makes a scalar an array, of which a mask can select.
    pair = Masked(a, present).take(np.newaxis), Masked(b, present).take(np.newaxis)
    return find_worst([pair], tolerance)


def element_codes(a: Masked, b: Masked, tolerance: Tolerance) -> npt.NDArray[np.uint8]:
    """For each element of `a` against `b`, broadcast together, the position of its state."""
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
    """Of floats that are not bitwise equal; so two infinities here are opposite ones."""
    # Signalling NaNs, inf - inf and differences beyond float64 warn, and are decided below.
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = x.astype(np.float64), y.astype(np.float64)
        bound = tolerance.atol + tolerance.rtol * np.maximum(np.abs(x), np.abs(y))
        within: npt.NDArray[np.bool_] = np.abs(x - y) <= bound
    # An infinite element has an infinite bound, within which is everything.
    return (within & np.isfinite(x) & np.isfinite(y)) | (np.isnan(x) & np.isnan(y))


def chunk_slices(length: int, elements_each: int) -> Iterator[slice]:
    """Consecutive slices of an axis of `length`, of about _CHUNK_ELEMENTS elements."""
    step = max(1, _CHUNK_ELEMENTS // max(1, elements_each))
    return (slice(start, start + step) for start in range(0, length, step))


def find_worst(pairs: Iterable[tuple[Masked, Masked]], tolerance: Tolerance) -> State:
    worst = int(UNMEASURED)
    for a, b in pairs:
        worst = max(worst, int(element_codes(a, b, tolerance).max(initial=UNMEASURED)))
        if worst == DIFFERS:
            break
    return STATES[worst]


def widest(dtypes: list[np.dtype[np.generic]]) -> np.dtype[np.generic]:
    """Return a type that holds the values of all of these; at least float32 for floats.

    It holds them exactly, but for 64-bit integers together with floats or with the other sign,
    which are held in float64.
    """
    found = np.result_type(*dtypes)
    return np.dtype(np.float32) if found == np.float16 else found
