"""Finds which swept keys change the outputs, all else and the seeds being equal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.analysis.measurement import ConfigurationResult, names_of
from runner.numeric.bitwise import compare_arrays, worst_of
from runner.numeric.intervals import mean_interval, mean_of, welch_interval
from runner.numeric.verdicts import State
from runner.record.reader import StoredRun, group_by_seeds, seed_key
from runner.record.record import RunArrays

DEFAULT = "(default)"
"""The level of a configuration whose command line does not name the key."""

COLUMNS = (
    "factor", "levels", "level", "against",
    "pairs", "same", "rounding", "differs", "unmeasured", "state", "note",
)  # fmt: skip
"""The columns of the frame that come before those of the metrics."""

STATISTICS = ("diff", "diff_low", "diff_high")
"""The statistics of each metric; their columns are `<metric>_<statistic>`."""

MACHINE = (
    "python", "tensorflow", "keras", "numpy", "scikit-learn", "runner",
    "platform", "processor", "cpus",
)  # fmt: skip
"""The keys of a record's environment that can change an output's bits and that no config sets."""

MOST_LEVELS = 100
"""How many levels of a factor are listed: each of its rows lists them, so that the length of all
rows would grow with their square."""

Pair = tuple[ConfigurationResult, ConfigurationResult]
"""Two configurations that differ in one key only: one has its first level, one another level."""

# The reasons why a pair says nothing about its factor.
FAILED = "no run succeeded"
UNSEEDED = "nothing is seeded"
OTHER_SEEDS = "no runs have equal seeds"
UNCONTROLLED = "runs with equal seeds differ anyway"
UNREPEATED = "nothing shows that equal seeds repeat a run"
OTHER_MACHINE = "made on another machine, or with other versions"
OTHER_INPUTS = "recorded on other probe inputs"
AMBIGUOUS = "several configurations have the same overrides"
NO_OUTPUTS = "there are no outputs"
ALONE = "no two configurations differ in it alone"


def compare_factors(measurements: Sequence[ConfigurationResult]) -> pd.DataFrame:
    """Compare configurations that differ in one key and agree in all other overrides.

    Runs are compared with runs that recorded equal seeds. As between runs of one configuration,
    `same`, `rounding` and `differs` speak of outputs on the probe. A difference counts only if
    equal seeds are known to repeat a run in both configurations; otherwise the difference could
    come from the key or from chance.

    Returns:
        One row for each level of each swept key except the key's first level, in the order of
        `measurements`, with these columns:

        - `factor`: the key; `levels`: its values, the first MOST_LEVELS of them; `level`: the
          level that is compared with the first, which is `against`. A configuration whose command
          line does not name the key has the level `(default)`.
        - `pairs`: the number of pairs of configurations; `same`, `rounding`, `differs` and
          `unmeasured`: how many pairs have that state; `state`: the worst that was measured;
          `note`: why pairs are unmeasured, missing if none is.
        - `<metric>_diff`: the mean of `level` minus the mean of `against`, in the metric's units,
          over all pairs of runs; `<metric>_diff_low` and `<metric>_diff_high`: its two-sided
          Student t interval at the confidence of the configurations. If runs have equal seeds, the
          interval is that of paired differences, one for each distinct seed, which are first
          averaged over the other factors, because equal seeds in several replicates or
          configurations are not independent. Otherwise it is Welch's (1947) for two samples of
          independent runs, averaged over the other factors run by run. Standard deviations have
          ddof=1. The difference is NaN if a value is missing, NaN or infinite, and so is the
          interval, also for fewer than two distinct seeds or runs.
    """
    keys = list(dict.fromkeys(key for each in measurements for key in each.overrides))
    values = [tuple(m.overrides.get(key, DEFAULT) for key in keys) for m in measurements]
    names = dict.fromkeys(name for m in measurements for s in m.runs for name in s.first_metrics)
    metrics = list(names)
    rows = [
        row
        for place in range(len(keys))
        for row in _factor_rows(keys[place], place, values, measurements, metrics)
    ]
    differences = [f"{metric}_{name}" for metric in metrics for name in STATISTICS]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *differences])
    counts = ("pairs", *map(str, State))
    return frame.astype(dict.fromkeys(differences, "float64") | dict.fromkeys(counts, "int64"))


def _factor_rows(
    key: str,
    place: int,
    values: Sequence[tuple[str, ...]],
    measurements: Sequence[ConfigurationResult],
    metrics: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one key, which stands at `place` of each of `values`."""
    first, *others = levels = list(dict.fromkeys(each[place] for each in values))
    if not others:
        return
    groups: dict[tuple[str, ...], dict[str, list[ConfigurationResult]]] = {}
    for each, measured in zip(values, measurements, strict=True):
        group = groups.setdefault((*each[:place], *each[place + 1 :]), {})
        group.setdefault(each[place], []).append(measured)
    further = len(levels) - MOST_LEVELS
    listed = ", ".join(levels[:MOST_LEVELS]) + (f", and {further} more" if further > 0 else "")
    for level in others:
        both = [g for g in groups.values() if first in g and level in g]
        pairs = [(g[first][0], g[level][0]) for g in both if len(g[first] + g[level]) == 2]
        found = [_compare_pair(pair) for pair in pairs]
        found += [(State.UNMEASURED, AMBIGUOUS)] * (len(both) - len(pairs))
        states = [state for state, _ in found]
        notes = dict.fromkeys(note for _, note in found if note)
        row: dict[str, Any] = {
            "factor": key,
            "levels": listed,
            "level": level,
            "against": first,
            "pairs": len(both),
            **{str(state): states.count(state) for state in State},
            "state": str(worst_of(states)),
            "note": "; ".join(notes) or (None if both else ALONE),
        }
        for metric in metrics:
            difference = _difference(pairs, metric)
            row |= {
                f"{metric}_{name}": each for name, each in zip(STATISTICS, difference, strict=True)
            }
        yield row


def _compare_pair(pair: Pair) -> tuple[State, str | None]:
    """Return how two configurations' outputs compare, and the reason if that is unmeasured."""
    settings, _ = a, b = pair
    if not a.runs or not b.runs:
        return State.UNMEASURED, FAILED
    if not a.comparison.seeded or not b.comparison.seeded:
        return State.UNMEASURED, UNSEEDED
    runs = _pair_runs(pair)
    if not runs:
        return State.UNMEASURED, OTHER_SEEDS
    repeats = [(m.comparison.equal_seeds, m.comparison.replay) for m in (a, b)]
    if any(state not in (State.SAME, State.UNMEASURED) for both in repeats for state in both):
        return State.UNMEASURED, UNCONTROLLED
    if len({_machine(stored) for both in runs for stored in both}) > 1:
        return State.UNMEASURED, OTHER_MACHINE
    worst = State.UNMEASURED
    for one, other in runs:
        x, y = one.arrays, other.arrays
        assert x is not None
        assert y is not None
        if not np.array_equal(x.inputs, y.inputs):
            return State.UNMEASURED, OTHER_INPUTS
        if any(a != b for a, b in zip(names_of(one), names_of(other), strict=False)):
            worst = State.DIFFERS  # numbers under other names, even if they are equal
        if worst is not State.DIFFERS:
            worst = worst_of((worst, _compare_runs(x, y, settings)))
    if worst is State.UNMEASURED:
        return worst, NO_OUTPUTS
    if worst is not State.SAME and not all(State.SAME in both for both in repeats):
        return State.UNMEASURED, UNREPEATED
    return worst, None


def _pair_runs(pair: Pair) -> list[tuple[StoredRun, StoredRun]]:
    """Pair each run of the second configuration with a run of the first that has equal seeds.

    The first such run is taken; a run without one, or without recorded seeds, is left out.
    """
    groups = group_by_seeds(pair[0].runs)
    keys = ((seed_key(stored.record.seeds), stored) for stored in pair[1].runs)
    return [(groups[key][0], stored) for key, stored in keys if key is not None and key in groups]


def _machine(stored: StoredRun) -> tuple[Any, ...]:
    return tuple(stored.record.environment.get(name) for name in MACHINE)


def _compare_runs(one: RunArrays, other: RunArrays, settings: ConfigurationResult) -> State:
    """Compare the builds and calls that both runs have; other shapes or kinds of type differ."""
    builds, calls = np.minimum(one.outputs.shape[:2], other.outputs.shape[:2])
    a, b = (each.outputs[:builds, :calls] for each in (one, other))
    if a.dtype != b.dtype:
        if a.dtype.kind != b.dtype.kind or a.dtype.kind not in "iuf":
            return State.DIFFERS
        wider = np.result_type(a.dtype, b.dtype)
        # NumPy warns when it widens a signalling NaN, which stays a NaN.
        with np.errstate(invalid="ignore"):
            a, b = a.astype(wider), b.astype(wider)
    if a.size and a.shape == b.shape and a.tobytes() == b.tobytes():
        return State.SAME  # most are the same; the full comparison takes ten times as long
    return compare_arrays(a, b, settings.tolerance)


def _difference(pairs: Sequence[Pair], metric: str) -> tuple[float | None, ...]:
    """Return the mean difference of a metric and its interval, as `compare_factors` has them."""
    sides = [(_by_seed(a, metric), _by_seed(b, metric)) for a, b in pairs]
    confidence = pairs[0][0].confidence if pairs else 0.95
    paired: dict[str, list[float]] = {}
    for a, b in sides:
        for seed in a:
            if isinstance(seed, str) and seed in b:
                paired.setdefault(seed, []).append(b[seed] - a[seed])
    if paired:
        found = mean_interval([mean_of(each) for each in paired.values()], confidence)
        return found.mean, found.low, found.high
    measured = [(a, b) for a, b in sides if a and b]
    one = [mean_of(each) for each in zip(*(a.values() for a, _ in measured), strict=False)]
    other = [mean_of(each) for each in zip(*(b.values() for _, b in measured), strict=False)]
    return welch_interval(one, other, confidence)


def _by_seed(measured: ConfigurationResult, metric: str) -> dict[str | int, float]:
    """Return for all recorded seeds the mean of a metric over the runs that had them.

    A run without recorded seeds has a number of its own in place of the seeds.
    """
    found: dict[str | int, list[float]] = {}
    for number, stored in enumerate(measured.runs):
        if metric in stored.first_metrics:
            seed = seed_key(stored.record.seeds)
            key = number if seed is None else seed
            found.setdefault(key, []).append(stored.first_metrics[metric])
    return {seed: mean_of(each) for seed, each in found.items()}
