"""How far apart the outputs of two runs are: how many elements, where, by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runner.numeric.bitwise import Array, Tolerance, compare_arrays, widest
from runner.numeric.labels import find_labels
from runner.numeric.verdicts import State
from runner.record.record import RunArrays


@dataclass(frozen=True)
class ElementDifference:
    """How far apart the elements are that two arrays have in common."""

    compared: int
    differing: int
    """Elements of other bits: also -0.0 against 0.0, and NaNs with other bits."""
    unsized: int
    """Of `differing` those where either is NaN or infinite: their difference has no size."""
    max_abs: float | int | None
    """Largest |a-b| among `differing`, in the units of the outputs, exact for integers; infinite
    only where float64 cannot hold it. None: no differing element has a size."""
    max_rel: float | None
    """Largest |a-b| / max(|a|, |b|) among them, in [0, 2]; 0 for -0.0 and 0.0. None as above."""
    place: tuple[int, ...] | None
    """(build, call, input, unit) of `max_abs`, or of the first differing element where none has a
    size; None: none differs."""
    values: tuple[float | int, float | int] | None
    """Of a and b, at `place`."""


@dataclass(frozen=True)
class OutputsDifference:
    """The outputs that two runs kept."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    """(build, call, input, unit) of a and b."""
    types: tuple[str, str]
    state: State
    """By the tolerance; arrays of different shapes or types differ."""
    tolerance: Tolerance
    elements: ElementDifference | None
    """Over the builds, calls and inputs that both have. None where no elements correspond: numbers
    of units or kinds of types differ."""
    probes_differing: int
    """Probe inputs that are not the same, of those that both have. Outputs of different inputs say
    nothing of the model."""
    labels: int | None
    """Inputs whose predicted label was compared, in the first call of the first build: the first
    unit with the largest output, as for churn. None where there is no label."""
    labels_differing: int | None


def diff_outputs(a: RunArrays, b: RunArrays, tolerance: Tolerance) -> OutputsDifference:
    """Compare the outputs that two runs kept, and measure how far apart they are."""
    x, y = a.outputs, b.outputs
    alike = x.dtype == y.dtype
    inputs = min(x.shape[2], y.shape[2])
    labels = _find_labels(x)[:inputs], _find_labels(y)[:inputs]
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
        x: booleans, integers or floats of at most 64 bits.
        y: likewise.
    """
    unequal = _bits(x) != _bits(y)
    measured = unequal & np.isfinite(x) & np.isfinite(y)
    # Infinities and what float64 cannot hold warn, and are not measured or are infinite.
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
    )


def _diff_common(x: Array, y: Array) -> ElementDifference | None:
    """Of the part of two outputs arrays that both have."""
    # Widened to a type of another kind, different integers could become the same.
    wide = widest([x.dtype, y.dtype]) if x.dtype != y.dtype else x.dtype
    if x.shape[3] != y.shape[3] or not x.dtype.kind == y.dtype.kind == wide.kind:
        return None
    part = tuple(slice(min(pair)) for pair in zip(x.shape, y.shape, strict=True))
    # Widening a signalling NaN warns, and leaves it a NaN.
    with np.errstate(invalid="ignore"):
        return diff_elements(x[part].astype(wide), y[part].astype(wide))


def _bits(array: Array) -> Array:
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def _gaps(x: Array, y: Array) -> tuple[Array, Array]:
    """|x-y| and |x-y| / max(|x|, |y|), element by element; 0 / 0 is 0."""
    wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
    if x.dtype.kind == "f":
        gaps = np.abs(wide_x - wide_y)
    else:
        # Neighbouring 64-bit integers are one float64; modulo 2**64 their difference is exact.
        i, j = x.astype(np.uint64), y.astype(np.uint64)
        gaps = np.where(x > y, i - j, j - i)
    scale = np.maximum(np.abs(wide_x), np.abs(wide_y))
    relative = np.divide(gaps, scale, out=np.zeros(x.shape), where=scale > 0)
    # Opposite numbers may be further apart than float64 holds.
    return gaps, np.where(np.isinf(gaps), np.abs(wide_x / scale - wide_y / scale), relative)


def _find_labels(outputs: Array) -> Array:
    """(input,): predicted label, -1 for a row with a NaN; empty with fewer than two units."""
    if outputs.size == 0 or outputs.shape[-1] < 2:
        return np.zeros(0, np.intp)
    return find_labels(outputs[0, 0])
