"""Measures how far apart the outputs of two runs are: in how many elements, where, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.numeric.bitwise import Array, Tolerance, compare_arrays, widest
from runner.numeric.labels import find_labels, have_labels
from runner.numeric.verdicts import State
from runner.record.record import RunArrays


@dataclass(frozen=True)
class ElementDifference:
    """How far apart two arrays are in the elements that both have."""

    compared: int
    """The number of elements that both arrays have."""
    differing: int
    """The number of elements whose bits differ, as they do for -0.0 and 0.0, or for some NaNs."""
    unsized: int
    """How many of `differing` have no size, because one of the two is NaN or infinite."""
    max_abs: float | int | None
    """Largest |a-b| among `differing`, in the units of the outputs, exact for integers; infinite
    only if float64 cannot hold it. None if no differing element has a size."""
    max_rel: float | None
    """Largest |a-b| / max(|a|, |b|) among `differing`, in [0, 2]; 0 for -0.0 and 0.0. None if no
    differing element has a size."""
    place: tuple[int, ...] | None
    """Index (build, call, input, unit) of `max_abs`, or of the first differing element if none has
    a size; None if no element differs."""
    values: tuple[float | int, float | int] | None
    """The elements of a and of b at `place`; None if `place` is."""
    max_ulps: int | None = None
    """Largest number of steps from one float to the next that lead from a to b, in the type of the
    outputs; -0.0 and 0.0 are one step apart. None for other types, and if no differing element has
    a size."""


@dataclass(frozen=True)
class OutputsDifference:
    """How the outputs that two runs kept compare."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    """The shapes (build, call, input, unit) of a and of b."""
    types: tuple[str, str]
    """The NumPy types of a and of b, such as "float32"."""
    state: State
    """How all elements compare, given `tolerance`; different shapes or types always differ."""
    tolerance: Tolerance
    elements: ElementDifference | None
    """How far apart the elements are that both runs have, over builds, calls and inputs; None if
    no elements correspond, because numbers of units or kinds of types differ."""
    probes_differing: int
    """How many of the probe inputs that both runs have are not the same. Outputs for different
    inputs say nothing about the model."""
    labels: int | None
    """For how many inputs the predicted label was compared, in the first call of the first build;
    None if there is no label. The label is the first unit with the largest output, as for churn."""
    labels_differing: int | None
    """For how many of these inputs the labels differ; None if `labels` is."""


def diff_outputs(
    a: RunArrays, b: RunArrays, tolerance: Tolerance, sizes: Sequence[int] = ()
) -> OutputsDifference:
    """Compare the outputs that two runs kept, and measure how far apart they are.

    Args:
        a: the arrays of one run.
        b: those of the other.
        tolerance: a difference within it is `rounding`.
        sizes: numbers of units of several outputs that both have; empty for one.
    """
    x, y = a.outputs, b.outputs
    alike = x.dtype == y.dtype
    inputs = min(x.shape[2], y.shape[2])
    labels = _find_labels(x, sizes)[:inputs], _find_labels(y, sizes)[:inputs]
    labelled = min(map(len, labels)) > 0
    return OutputsDifference(
        shapes=(x.shape, y.shape),
        types=(str(x.dtype), str(y.dtype)),
        state=compare_arrays(x, y, tolerance) if alike else State.DIFFERS,
        tolerance=tolerance,
        elements=_diff_common(x, y),
        probes_differing=int((a.inputs[:inputs] != b.inputs[:inputs]).sum()),
        labels=inputs if labelled else None,
        labels_differing=int((labels[0] != labels[1]).sum()) if labelled else None,
    )


def diff_elements(x: Array, y: Array) -> ElementDifference:
    """Measure how far apart two arrays of one shape and type are.

    Args:
        x: an array of booleans, integers or floats of at most 64 bits.
        y: an array of the same shape and type.
    """
    unequal = _bits(x) != _bits(y)
    measured = unequal & np.isfinite(x) & np.isfinite(y)
    # NumPy warns of infinities, which are not measured, and of gaps that float64 cannot hold.
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        gaps, relative = _gaps(x, y)
    found = np.flatnonzero(measured)
    place = None
    if found.size:
        place = np.unravel_index(found[gaps.reshape(-1)[found].argmax()], x.shape)
    elif unequal.any():
        place = np.unravel_index(np.flatnonzero(unequal)[0], x.shape)
    return ElementDifference(
        compared=x.size,
        differing=int(unequal.sum()),
        unsized=int((unequal & ~measured).sum()),
        max_abs=gaps[place].item() if place is not None and found.size else None,
        max_rel=float(relative[measured].max()) if found.size else None,
        place=None if place is None else tuple(int(each) for each in place),
        values=None if place is None else (x[place].item(), y[place].item()),
        max_ulps=_count_steps(x[measured], y[measured]),
    )


def _diff_common(x: Array, y: Array) -> ElementDifference | None:
    """Measure the part that two arrays of outputs share; None if no elements correspond."""
    # In a type of another kind, different integers could become the same.
    wide = widest([x.dtype, y.dtype]) if x.dtype != y.dtype else x.dtype
    if x.shape[3] != y.shape[3] or not x.dtype.kind == y.dtype.kind == wide.kind:
        return None
    part = tuple(slice(min(pair)) for pair in zip(x.shape, y.shape, strict=True))
    # NumPy warns when it widens a signalling NaN, which stays a NaN.
    with np.errstate(invalid="ignore"):
        return diff_elements(x[part].astype(wide), y[part].astype(wide))


def _count_steps(x: Array, y: Array) -> int | None:
    """Return how many steps from float to float lead from x to y, at most; None without any."""
    if x.dtype.kind != "f" or not x.size:
        return None
    one, other = _order(x), _order(y)
    # Differences of unsigned integers wrap around, so the smaller is always taken off the larger.
    return int(np.where(one > other, one - other, other - one).max())


def _order(array: Array) -> Array:
    """Return (element,): unsigned integers in the order of floats, neighbours one apart."""
    bits = _bits(array)
    sign = bits.dtype.type(1 << (8 * array.dtype.itemsize - 1))
    ordered: Array = np.where(bits & sign, ~bits, bits | sign)
    return ordered


def _bits(array: Array) -> Array:
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def _gaps(x: Array, y: Array) -> tuple[Array, Array]:
    """Return |x-y| and |x-y| / max(|x|, |y|) for each element, where 0 / 0 is taken as 0."""
    wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
    if x.dtype.kind == "f":
        gaps = np.abs(wide_x - wide_y)
    else:
        # Neighbouring 64-bit integers can round to one float64, but modulo 2**64 the gap is exact.
        i, j = x.astype(np.uint64), y.astype(np.uint64)
        gaps = np.where(x > y, i - j, j - i)
    scale = np.maximum(np.abs(wide_x), np.abs(wide_y))
    relative = np.divide(gaps, scale, out=np.zeros(x.shape), where=scale > 0)
    # Opposite numbers may be further apart than float64 holds.
    return gaps, np.where(np.isinf(gaps), np.abs(wide_x / scale - wide_y / scale), relative)


def _find_labels(outputs: Array, sizes: Sequence[int]) -> Array:
    """Return the predicted labels (input,), -1 for a NaN; empty with fewer than two units."""
    if outputs.size == 0 or not have_labels(outputs.shape[-1], sizes):
        return np.zeros(0, np.intp)
    return find_labels(outputs[0, 0], sizes)
