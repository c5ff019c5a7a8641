"""Arrays in, numbers out: how the outputs of one configuration vary along each axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from runner.bounds import bound_differing
from runner.outputs import Outputs

Array: TypeAlias = npt.NDArray[Any]

_CHUNK_ELEMENTS = 1 << 19
"""Elements compared at once: a float64 temporary of a chunk is 4 MiB for any number of runs."""


class State(StrEnum):
    """How two arrays, or the worst of many pairs of arrays, compare."""

    SAME = "same"
    """Bitwise equal."""
    ROUNDING = "rounding"
    """Not bitwise equal, but every element is within the tolerance: also -0.0 against 0.0, and NaNs
    with different bits. Never said of integers."""
    DIFFERS = "differs"
    """At least one element is outside the tolerance, or present on one side only."""
    UNMEASURED = "unmeasured"
    """There were not two things to compare. It is no claim of any kind."""


# Comparisons run on positions in this tuple: the worst of many is their maximum.
_STATES = (State.UNMEASURED, State.SAME, State.ROUNDING, State.DIFFERS)
_UNMEASURED, _SAME, _ROUNDING, _DIFFERS = (np.uint8(code) for code in range(4))


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


@dataclass(frozen=True)
class Comparison:
    """What was measured on the outputs of one configuration; see `compare`."""

    runs: int
    """Runs that succeeded, without replays."""
    failed: int
    """Further runs, replays included, that failed; nothing else here speaks of them."""
    builds: int
    """Builds a run (the most that any run has)."""
    calls: int
    """Calls a build (the most that any build has)."""
    inputs: int
    """Probe inputs a call, duplicates included."""
    across_inputs: State
    """Inputs of a call against its first, over the inputs that are not bitwise copies of the first.
    The *least* differing state over all runs, builds and calls: same or rounding means that the
    output ignored the input at least once. Unmeasured without two different inputs."""
    across_calls: State
    """Calls of a build against its first; the worst over all runs and builds."""
    across_builds: State
    """Builds of a run against its first, call by call; the worst over all runs."""
    across_runs: State
    """Build b of run r against build b of run 0, call by call; the worst over all runs."""
    replay: State
    """Replays against the run they repeat, over all builds and calls; the worst."""
    equal_seeds: State
    """Runs with equal recorded seeds against the first of them; the worst. Unmeasured when no two
    runs have equal seeds; runs that recorded none are left out."""
    replays: int
    """Replays that succeeded."""
    collapsed_runs: int
    """Runs with at least one call whose outputs are same or rounding across inputs."""
    nonfinite_runs: int
    """Runs with at least one output that is NaN or infinite."""
    max_abs_diff: float | None
    """Largest |a-b| between any two runs at the same build, call, input and unit; in the units of
    the outputs. Over elements present and finite in all runs; None with fewer than two runs or
    without such an element. Infinite only where float64 cannot hold the difference."""
    churn: float | None
    """In [0, 1]: mean over pairs of runs of the share of inputs whose predicted label differs. The
    label is the first unit with the largest output in the first call of the first build; a row with
    a NaN has a label of its own, equal only to that of other such rows. An input that is not wholly
    present in both runs of a pair is left out of it, and every pair of rows that remains weighs the
    same. None without such a pair, or with fewer than two units."""
    labels: int | None
    """Distinct predicted labels over all runs and inputs, defined as for churn; rows with a NaN do
    not count. None with fewer than two units or without any label."""
    p_differ_upper: float | None
    """Upper confidence bound, in (0, 1), on the chance that a further run differs from the first,
    when none of the R-1 others did: see runner.bounds. None unless across_runs is same."""
    seeded: bool = False
    """Whether any run recorded a seed."""


class MeanInterval(NamedTuple):
    """A sample's mean, spread and the interval of its mean, in the units of the values."""

    mean: float | None
    sd: float | None
    """With ddof=1."""
    low: float | None
    high: float | None


_NO_INTERVAL = MeanInterval(None, None, None, None)


class _Masked(NamedTuple):
    """Values, and where they are present; of one shape."""

    values: Array
    present: npt.NDArray[np.bool_]

    def take(self, index: Any) -> _Masked:
        return _Masked(self.values[index], self.present[index])


def worst_of(states: Iterable[State]) -> State:
    """The most differing state; unmeasured ones are ignored unless there is nothing else."""
    return max(states, key=_STATES.index, default=State.UNMEASURED)


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
    pair = _Masked(a, present).take(np.newaxis), _Masked(b, present).take(np.newaxis)
    return _find_worst([pair], tolerance)


def compare(outputs: Outputs, tolerance: Tolerance, confidence: float = 0.95) -> Comparison:
    """Measure the variance of a configuration's outputs along each axis.

    An element present on one side of a comparison and absent on the other differs; absent on both
    sides it is ignored. Time and memory are linear in the number of runs, and the memory beyond the
    outputs themselves is a few boolean arrays of their shape.

    Raises ValueError when the parts of `outputs` do not fit each other or confidence is not in
    (0, 1), and TypeError as `compare_arrays` does.
    """
    _find_alpha(confidence)
    _check_shapes(outputs)
    runs = _Masked(outputs.values, outputs.present)
    replays = _Masked(outputs.replays, outputs.replays_present)
    count, builds, calls, inputs, _ = outputs.values.shape

    across_runs = _compare_pairs(runs, runs, [(run, 0) for run in range(1, count)], tolerance)
    input_codes = _compare_inputs(runs, outputs.inputs, tolerance)
    measured = input_codes[input_codes != _UNMEASURED]
    collapsed = (input_codes == _SAME) | (input_codes == _ROUNDING)
    nonfinite = outputs.present & ~np.isfinite(outputs.values)
    churn, labels = _compare_labels(runs)
    return Comparison(
        runs=count,
        failed=outputs.failed,
        builds=builds,
        calls=calls,
        inputs=inputs,
        across_inputs=_STATES[int(measured.min())] if measured.size else State.UNMEASURED,
        across_calls=_compare_within_runs(runs, 2, tolerance),
        across_builds=_compare_within_runs(runs, 1, tolerance),
        across_runs=across_runs,
        replay=_compare_pairs(replays, runs, list(enumerate(outputs.replay_of)), tolerance),
        equal_seeds=_compare_pairs(runs, runs, _pair_equal_seeds(outputs.seeds), tolerance),
        replays=len(outputs.replay_of),
        collapsed_runs=int(collapsed.any(axis=(1, 2)).sum()),
        nonfinite_runs=int(nonfinite.any(axis=(1, 2, 3, 4)).sum()),
        max_abs_diff=_find_max_abs_diff(runs),
        churn=churn,
        labels=labels,
        p_differ_upper=(
            bound_differing(count - 1, confidence) if across_runs is State.SAME else None
        ),
        seeded=any(text is not None for text in outputs.seeds),
    )


def mean_interval(values: Sequence[float] | Array, confidence: float = 0.95) -> MeanInterval:
    """Mean, SD and the two-sided Student t interval of the mean, of independent values.

    All None without values, with one that is NaN or infinite (leave out what is missing before), or
    where float64 overflows; for one value there is a mean and no SD or interval. Equal values have
    SD 0 and the interval [mean, mean], which says only that none of them differed.

    Raises ValueError when confidence is not in (0, 1).
    """
    alpha = _find_alpha(confidence)
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0 or not np.isfinite(sample).all():
        return _NO_INTERVAL
    mean = float(sample[0])
    if sample.size == 1:
        return MeanInterval(mean, None, None, None)
    # The mean of equal values can round to a neighbour, which would give them a spread.
    if sample.min() == sample.max():
        return MeanInterval(mean, 0.0, mean, mean)

    # Importing scipy.special takes 0.3 s (scipy.stats 0.6 s), which a lint or --help need not pay.
    from scipy.special import stdtrit

    with np.errstate(over="ignore", invalid="ignore"):
        mean, sd = float(sample.mean()), float(sample.std(ddof=1))
        half = float(stdtrit(sample.size - 1, 1 - alpha / 2)) * sd / math.sqrt(sample.size)
    found = (mean, sd, mean - half, mean + half)
    return MeanInterval(*found) if np.isfinite(found).all() else _NO_INTERVAL


def _find_alpha(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1). Received: confidence={confidence}")
    return 1 - confidence


def _check_shapes(outputs: Outputs) -> None:
    """Refuse what NumPy would broadcast, wrap or cut short into a wrong number."""
    shape, replays, replay_of = outputs.values.shape, outputs.replays.shape, outputs.replay_of
    runs = len(outputs.seeds)
    none_replayed = not replay_of and replays[:1] == (0,)
    rules = (
        ("values must be (run, build, call, input, unit)", len(shape) == 5),
        ("present must have the shape of values", outputs.present.shape == shape),
        ("seeds must be one a run", shape[:1] == (runs,)),
        ("inputs must be one an input", shape[3:4] == outputs.inputs.shape),
        ("replays must be one for each of replay_of", replays[:1] == (len(replay_of),)),
        ("replays must have the axes of values", none_replayed or replays[1:] == shape[1:]),
        (
            "replays_present must have the shape of replays",
            outputs.replays_present.shape == replays,
        ),
        ("replay_of must index runs", all(0 <= run < runs for run in replay_of)),
    )
    for rule, holds in rules:
        if not holds:
            raise ValueError(
                f"{rule}. Received: values.shape={shape}, replays.shape={replays}, "
                f"replay_of={replay_of}, len(seeds)={runs}, inputs.shape={outputs.inputs.shape}"
            )


def _element_codes(a: _Masked, b: _Masked, tolerance: Tolerance) -> npt.NDArray[np.uint8]:
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
    codes = np.where(unequal, _DIFFERS, _SAME)
    if dtype.kind == "f":
        codes[unequal] = np.where(
            _are_close(x[unequal], y[unequal], tolerance), _ROUNDING, _DIFFERS
        )
    codes[x_present != y_present] = _DIFFERS
    codes[~(x_present | y_present)] = _UNMEASURED
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


def _chunk_slices(length: int, elements_each: int) -> Iterator[slice]:
    """Consecutive slices of an axis of `length`, of about _CHUNK_ELEMENTS elements."""
    step = max(1, _CHUNK_ELEMENTS // max(1, elements_each))
    return (slice(start, start + step) for start in range(0, length, step))


def _chunk_runs(runs: _Masked) -> Iterator[_Masked]:
    count, *shape = runs.values.shape
    return (runs.take(part) for part in _chunk_slices(count, math.prod(shape)))


def _find_worst(pairs: Iterable[tuple[_Masked, _Masked]], tolerance: Tolerance) -> State:
    worst = int(_UNMEASURED)
    for a, b in pairs:
        worst = max(worst, int(_element_codes(a, b, tolerance).max(initial=_UNMEASURED)))
        if worst == _DIFFERS:
            break
    return _STATES[worst]


def _compare_pairs(
    a: _Masked, b: _Masked, pairs: Sequence[tuple[int, int]], tolerance: Tolerance
) -> State:
    """The worst of run i of `a` against run j of `b` over all pairs (i, j)."""
    index = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    parts = _chunk_slices(len(index), math.prod(a.values.shape[1:]))
    chunks = ((a.take(index[part, 0]), b.take(index[part, 1])) for part in parts)
    return _find_worst(chunks, tolerance)


def _compare_within_runs(runs: _Masked, axis: int, tolerance: Tolerance) -> State:
    """The worst of what stands along `axis` against the first there, over all runs."""
    before = (slice(None),) * axis
    further, first = (*before, slice(1, None)), (*before, slice(0, 1))
    pairs = ((part.take(further), part.take(first)) for part in _chunk_runs(runs))
    return _find_worst(pairs, tolerance)


def _compare_inputs(
    runs: _Masked, inputs: npt.NDArray[np.uint64], tolerance: Tolerance
) -> npt.NDArray[np.uint8]:
    """(run, build, call): position of the state of the inputs against the first input."""
    # Equal inputs give equal outputs in any model: they say nothing about ignoring the input.
    counted = np.flatnonzero(inputs != inputs[:1])
    found = [np.empty((0, *runs.values.shape[1:3]), dtype=np.uint8)]
    for part in _chunk_runs(runs):
        further, first = part.take(np.s_[:, :, :, counted]), part.take(np.s_[:, :, :, :1])
        codes = _element_codes(further, first, tolerance)
        found.append(codes.max(axis=(3, 4), initial=_UNMEASURED))
    return np.concatenate(found)


def _pair_equal_seeds(seeds: Sequence[str | None]) -> list[tuple[int, int]]:
    """Pairs of a run and the first run with the same recorded seeds."""
    first: dict[str, int] = {}
    return [
        (run, first[seed])
        for run, seed in enumerate(seeds)
        if seed is not None and first.setdefault(seed, run) != run
    ]


def _find_max_abs_diff(runs: _Masked) -> float | None:
    """See Comparison.max_abs_diff; from the extremes of each element, not pair by pair."""
    if len(runs.values) < 2:
        return None
    usable = (runs.present & np.isfinite(runs.values)).all(axis=0)
    if not usable.any():
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        high, low = runs.values.max(axis=0)[usable], runs.values.min(axis=0)[usable]
        # Neighbouring 64-bit integers are one float64; modulo 2**64 their difference is exact.
        wide = np.float64 if runs.values.dtype.kind == "f" else np.uint64
        return float((high.astype(wide) - low.astype(wide)).max())


def _compare_labels(runs: _Masked) -> tuple[float | None, int | None]:
    """Churn and the number of distinct labels: see Comparison.

    A pair of runs agrees on an input when both are among the n runs that gave it one label, so
    n*(n-1)/2 pairs do: counting labels is linear in runs, where pairs are quadratic. Summed over
    inputs; where every input is present this is the mean over pairs of the share of inputs.
    """
    if runs.values.size == 0 or runs.values.shape[-1] < 2:
        return None, None
    rows = runs.values[:, 0, 0]
    whole = runs.present[:, 0, 0].all(axis=-1)
    label = np.where(np.isnan(rows).any(axis=-1), -1, rows.argmax(axis=-1))[whole]
    distinct = np.unique(label[label >= 0]).size or None
    _, on_input = np.nonzero(whole)
    # Labels are -1 to units-1, so each (input, label) has a number of its own.
    _, by_label = np.unique(on_input * (rows.shape[-1] + 1) + label, return_counts=True)
    pairs, agreeing = _count_pairs(whole.sum(axis=0)), _count_pairs(by_label)
    return ((pairs - agreeing) / pairs if pairs else None), distinct


def _count_pairs(counts: Array) -> int:
    return int((counts * (counts - 1) // 2).sum())
