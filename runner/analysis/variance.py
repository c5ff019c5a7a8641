"""How the outputs of one configuration vary along each axis."""

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
from runner.numeric.labels import find_labels
from runner.numeric.verdicts import State


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


def measure_variance(
    outputs: Outputs, tolerance: Tolerance, confidence: float = 0.95
) -> Comparison:
    """Measure the variance of a configuration's outputs along each axis.

    An element present on one side of a comparison and absent on the other differs; absent on both
    sides it is ignored. Time and memory are linear in the number of runs, and the memory beyond the
    outputs themselves is a few boolean arrays of their shape.

    Raises ValueError when the parts of `outputs` do not fit each other or confidence is not in
    (0, 1), and TypeError as `compare_arrays` does.
    """
    alpha_of(confidence)
    _check_shapes(outputs)
    runs = Masked(outputs.values, outputs.present)
    replays = Masked(outputs.replays, outputs.replays_present)
    count, builds, calls, inputs, _ = outputs.values.shape

    across_runs = _compare_pairs(runs, runs, [(run, 0) for run in range(1, count)], tolerance)
    input_codes = _compare_inputs(runs, outputs.inputs, tolerance)
    measured = input_codes[input_codes != UNMEASURED]
    collapsed = (input_codes == SAME) | (input_codes == ROUNDING)
    nonfinite = outputs.present & ~np.isfinite(outputs.values)
    churn, labels = _compare_labels(runs)
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


def _chunk_runs(runs: Masked) -> Iterator[Masked]:
    count, *shape = runs.values.shape
    return (runs.take(part) for part in chunk_slices(count, math.prod(shape)))


def _compare_pairs(
    a: Masked, b: Masked, pairs: Sequence[tuple[int, int]], tolerance: Tolerance
) -> State:
    """The worst of run i of `a` against run j of `b` over all pairs (i, j)."""
    index = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    parts = chunk_slices(len(index), math.prod(a.values.shape[1:]))
    chunks = ((a.take(index[part, 0]), b.take(index[part, 1])) for part in parts)
    return find_worst(chunks, tolerance)


def _compare_within_runs(runs: Masked, axis: int, tolerance: Tolerance) -> State:
    """The worst of what stands along `axis` against the first there, over all runs."""
    before = (slice(None),) * axis
    further, first = (*before, slice(1, None)), (*before, slice(0, 1))
    pairs = ((part.take(further), part.take(first)) for part in _chunk_runs(runs))
    return find_worst(pairs, tolerance)


def _compare_inputs(
    runs: Masked, inputs: npt.NDArray[np.uint64], tolerance: Tolerance
) -> npt.NDArray[np.uint8]:
    """(run, build, call): position of the state of the inputs against the first input."""
    # Equal inputs give equal outputs in any model: they say nothing about ignoring the input.
    counted = np.flatnonzero(inputs != inputs[:1])
    found = [np.empty((0, *runs.values.shape[1:3]), dtype=np.uint8)]
    for part in _chunk_runs(runs):
        further, first = part.take(np.s_[:, :, :, counted]), part.take(np.s_[:, :, :, :1])
        codes = element_codes(further, first, tolerance)
        found.append(codes.max(axis=(3, 4), initial=UNMEASURED))
    return np.concatenate(found)


def _pair_equal_seeds(seeds: Sequence[str | None]) -> list[tuple[int, int]]:
    """Pairs of a run and the first run with the same recorded seeds."""
    first: dict[str, int] = {}
    return [
        (run, first[seed])
        for run, seed in enumerate(seeds)
        if seed is not None and first.setdefault(seed, run) != run
    ]


def _find_max_abs_diff(runs: Masked) -> float | None:
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


def _compare_labels(runs: Masked) -> tuple[float | None, int | None]:
    """Churn and the number of distinct labels: see Comparison.

    A pair of runs agrees on an input when both are among the n runs that gave it one label, so
    n*(n-1)/2 pairs do: counting labels is linear in runs, where pairs are quadratic. Summed over
    inputs; where every input is present this is the mean over pairs of the share of inputs.
    """
    if runs.values.size == 0 or runs.values.shape[-1] < 2:
        return None, None
    rows = runs.values[:, 0, 0]
    whole = runs.present[:, 0, 0].all(axis=-1)
    label = find_labels(rows)[whole]
    distinct = np.unique(label[label >= 0]).size or None
    _, on_input = np.nonzero(whole)
    # Labels are -1 to units-1, so each (input, label) has a number of its own.
    _, by_label = np.unique(on_input * (rows.shape[-1] + 1) + label, return_counts=True)
    pairs, agreeing = _count_pairs(whole.sum(axis=0)), _count_pairs(by_label)
    return ((pairs - agreeing) / pairs if pairs else None), distinct


def _count_pairs(counts: Array) -> int:
    return int((counts * (counts - 1) // 2).sum())
