"""Measures how the outputs of one configuration vary along each axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runner.analysis.outputs import Outputs
from runner.numeric.bitwise import (
    ROUNDING,
    SAME,
    STATES,
    UNMEASURED,
    Array,
    Masked,
    Tolerance,
    chunk_slices,
    element_codes,
    find_worst,
)
from runner.numeric.intervals import alpha_of, bound_differing
from runner.numeric.labels import find_labels, have_labels
from runner.numeric.verdicts import State


@dataclass(frozen=True)
class Comparison:
    """How the outputs of one configuration compare along each axis; see `measure_variance`."""

    runs: int
    """The number of runs that succeeded, without replays."""
    failed: int
    """The number of further runs, replays included, that failed; no other field counts them."""
    builds: int
    """The number of builds in a run; the largest if runs differ."""
    calls: int
    """The number of calls of a build; the largest if builds differ."""
    inputs: int
    """The number of probe inputs of a call, duplicates included; the largest if runs differ."""
    across_inputs: State
    """How the inputs of a call compare with its first, leaving out bitwise copies of the first. It
    is the *least* differing state over all runs, builds and calls, so that same or rounding means
    that the output ignored the input at least once. Unmeasured without two different inputs."""
    across_calls: State
    """How the calls of a build compare with its first, at worst over all runs and builds."""
    across_builds: State
    """How the builds of a run compare with its first, call by call, at worst over all runs."""
    across_runs: State
    """How the runs compare with run 0, build by build and call by call, at worst over all runs."""
    replay: State
    """How replays compare with the runs that they repeat, at worst over all builds and calls."""
    equal_seeds: State
    """How runs with equal recorded seeds compare with the first of them, at worst. Unmeasured if no
    two runs have equal seeds; runs that recorded none are left out."""
    replays: int
    """The number of replays that succeeded."""
    collapsed_runs: int
    """The number of runs with a call whose outputs are same or rounding across inputs."""
    nonfinite_runs: int
    """The number of runs with an output that is NaN or infinite."""
    max_abs_diff: float | None
    """The largest |a-b| between two runs at one build, call, input and unit, in the units of the
    outputs, over the elements that are present and finite in all runs. None with fewer than two
    runs or without such an element; infinite only if float64 cannot hold the difference."""
    churn: float | None
    """The mean over pairs of runs of the share of inputs whose predicted label differs, in [0, 1].
    The label is the first unit with the largest output in the first call of the first build; all
    rows with a NaN share one further label. An input that is not wholly present in both runs of a
    pair is left out, and all remaining pairs of rows have the same weight. Of several outputs, the
    labels of those with two units or more are taken together. None without such a pair, or with
    fewer than two units."""
    labels: int | None
    """The number of distinct predicted labels over all runs and inputs, as for churn, but without
    rows that have a NaN. None with fewer than two units or without any label."""
    p_differ_upper: float | None
    """The upper confidence bound, in (0, 1), on the chance that a further run differs from the
    first although none of the R-1 others did; see runner.numeric.intervals.bound_differing. None
    unless across_runs is same."""
    seeded: bool = False
    """Whether any run recorded a seed."""
    ended: int = 0
    """The number of further runs, replays included, that were ended before they had outputs."""
    parted: int = 0
    """The number of these that had parted from a run with the same seeds."""


def measure_variance(
    outputs: Outputs, tolerance: Tolerance, confidence: float = 0.95
) -> Comparison:
    """Measure the variance of a configuration's outputs along each axis.

    An element that only one side of a comparison has differs; one that neither side has is ignored.
    Time and memory are linear in the number of runs. Apart from the outputs themselves, a few
    boolean arrays of their shape are needed.

    Args:
        outputs: the outputs of all runs and replays.
        tolerance: a difference within it is `rounding`.
        confidence: of `p_differ_upper`, in (0, 1).

    Raises:
        ValueError: the parts of `outputs` do not fit each other, or the confidence is not in
            (0, 1).
        TypeError: as for `runner.numeric.bitwise.compare_arrays`.
    """
    alpha_of(confidence)
    _check_shapes(outputs)
    runs = Masked(outputs.values, outputs.present)
    replays = Masked(outputs.replays, outputs.replays_present)
    count, builds, calls, inputs, _ = outputs.values.shape

    across_runs = _compare_pairs(runs, runs, [(run, 0) for run in range(1, count)], tolerance)
    input_codes = _compare_inputs_of_parts(outputs, runs, tolerance)
    measured = input_codes[input_codes != UNMEASURED]
    collapsed = (input_codes == SAME) | (input_codes == ROUNDING)
    nonfinite = outputs.present & ~np.isfinite(outputs.values)
    churn, labels = _compare_labels(runs, outputs.sizes)
    return Comparison(
        runs=count,
        failed=outputs.failed,
        builds=builds,
        calls=calls,
        inputs=inputs,
        across_inputs=STATES[int(measured.min())] if measured.size else State.UNMEASURED,
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


def _check_shapes(outputs: Outputs) -> None:
    """Refuse shapes that NumPy would broadcast, wrap or cut short, giving a wrong number."""
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


def _chunk_runs(runs: Masked) -> Iterator[Masked]:
    """Return the runs in parts that are small enough to compare at once."""
    count, *shape = runs.values.shape
    return (runs.take(part) for part in chunk_slices(count, math.prod(shape)))


def _compare_pairs(
    a: Masked, b: Masked, pairs: Sequence[tuple[int, int]], tolerance: Tolerance
) -> State:
    """Compare run i of `a` with run j of `b` for each pair (i, j); return the worst state."""
    index = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    parts = chunk_slices(len(index), math.prod(a.values.shape[1:]))
    chunks = ((a.take(index[part, 0]), b.take(index[part, 1])) for part in parts)
    return find_worst(chunks, tolerance)


def _compare_within_runs(runs: Masked, axis: int, tolerance: Tolerance) -> State:
    """Compare all positions along `axis` with the first, in each run; return the worst state."""
    before = (slice(None),) * axis
    further, first = (*before, slice(1, None)), (*before, slice(0, 1))
    pairs = ((part.take(further), part.take(first)) for part in _chunk_runs(runs))
    return find_worst(pairs, tolerance)


def _compare_inputs_of_parts(
    outputs: Outputs, runs: Masked, tolerance: Tolerance
) -> npt.NDArray[np.uint8]:
    """Return the codes of `_compare_inputs`; of several outputs, those that differ least.

    One output that ignores its input must show, although another heeds it.
    """
    if not outputs.parts or sum(outputs.sizes) != outputs.values.shape[-1]:
        return _compare_inputs(runs, outputs.inputs, tolerance)
    ends = np.cumsum(outputs.sizes)
    units = (slice(end - size, end) for size, end in zip(outputs.sizes, ends, strict=True))
    codes = [
        _compare_inputs(runs.take(np.s_[..., each]), outputs.inputs, tolerance) for each in units
    ]
    # Without two different inputs all are UNMEASURED, which is the smallest code.
    least: npt.NDArray[np.uint8] = np.minimum.reduce(codes)
    return least


def _compare_inputs(
    runs: Masked, inputs: npt.NDArray[np.uint64], tolerance: Tolerance
) -> npt.NDArray[np.uint8]:
    """Compare the outputs for all inputs of a call with those for its first input.

    Returns:
        Positions in STATES of the worst state of each call (run, build, call); UNMEASURED without
        two different inputs.
    """
    # Equal inputs give equal outputs in any model, so they cannot show that it ignores its input.
    counted = np.flatnonzero(inputs != inputs[:1])
    found = [np.empty((0, *runs.values.shape[1:3]), dtype=np.uint8)]
    for part in _chunk_runs(runs):
        further, first = part.take(np.s_[:, :, :, counted]), part.take(np.s_[:, :, :, :1])
        codes = element_codes(further, first, tolerance)
        found.append(codes.max(axis=(3, 4), initial=UNMEASURED))
    return np.concatenate(found)


def _pair_equal_seeds(seeds: Sequence[str | None]) -> list[tuple[int, int]]:
    """Pair each run with the first run that has the same recorded seeds, if that is another one."""
    first: dict[str, int] = {}
    return [
        (run, first[seed])
        for run, seed in enumerate(seeds)
        if seed is not None and first.setdefault(seed, run) != run
    ]


def _find_max_abs_diff(runs: Masked) -> float | None:
    """Return Comparison.max_abs_diff, from the extremes of each element instead of all pairs."""
    if len(runs.values) < 2:
        return None
    usable = (runs.present & np.isfinite(runs.values)).all(axis=0)
    if not usable.any():
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        high, low = runs.values.max(axis=0)[usable], runs.values.min(axis=0)[usable]
        # Neighbouring 64-bit integers can round to one float64, but modulo 2**64 the gap is exact.
        wide = np.float64 if runs.values.dtype.kind == "f" else np.uint64
        return float((high.astype(wide) - low.astype(wide)).max())


def _compare_labels(runs: Masked, sizes: Sequence[int]) -> tuple[float | None, int | None]:
    """Return churn and the number of distinct labels, as Comparison has them.

    Two runs agree on an input if both are among the n runs that gave it the same label, which is
    true of n*(n-1)/2 pairs. Counting labels is therefore enough, and linear in the number of runs,
    whereas pairs are quadratic. The counts are summed over inputs; if every input is present in
    every run, the result is the mean over pairs of the share of inputs.
    """
    if runs.values.size == 0 or not have_labels(runs.values.shape[-1], sizes):
        return None, None
    rows = runs.values[:, 0, 0]
    whole = runs.present[:, 0, 0].all(axis=-1)
    label = find_labels(rows, sizes)[whole]
    distinct = np.unique(label[label >= 0]).size or None
    _, on_input = np.nonzero(whole)
    # Labels are -1 or more, so that each (input, label) gets a number of its own.
    width = int(label.max(initial=0)) + 2
    _, by_label = np.unique(on_input * width + label, return_counts=True)
    pairs, agreeing = _count_pairs(whole.sum(axis=0)), _count_pairs(by_label)
    return ((pairs - agreeing) / pairs if pairs else None), distinct


def _count_pairs(counts: Array) -> int:
    """Return how many pairs can be formed within groups of these sizes."""
    return int((counts * (counts - 1) // 2).sum())
