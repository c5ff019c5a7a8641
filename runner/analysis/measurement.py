"""From the runs of one configuration to everything that was measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.analysis.divergence import Divergence, find_divergence
from runner.analysis.outputs import Outputs, stack
from runner.analysis.variance import Comparison, measure_variance
from runner.analysis.verdict import judge
from runner.numeric.bitwise import Array, Tolerance
from runner.numeric.verdicts import State, Verdict
from runner.record.reader import StoredRun, seed_key
from runner.record.record import NAMES, ConfigurationRecord


@dataclass(frozen=True)
class ConfigurationResult:
    """What the runs of one configuration gave. Replays are in `outputs` only."""

    configuration: ConfigurationRecord
    """What all runs share: overrides, strategy, claims, predictions."""
    runs: tuple[StoredRun, ...]
    """The successful ones, in the order of the run axis of `outputs`."""
    outputs: Outputs
    """With no run on its first axis where none succeeded."""
    targets: npt.NDArray[np.generic] | None
    """(input,): class labels of the probe; None where they are none, or not those of all runs."""
    tolerance: Tolerance
    confidence: float
    comparison: Comparison
    verdict: Verdict
    divergence: Divergence

    @property
    def overrides(self) -> dict[str, str]:
        """What the command line said of the configuration, key to value."""
        return self.configuration.overrides

    @property
    def retried(self) -> int:
        """How many runs were tried again, whatever came of it."""
        return sum(bool(each.record.retried) for each in self.runs)

    @property
    def hash_seeds(self) -> int | None:
        """How many different ones the runs had; None when not known."""
        found = {each.record.hash_seed for each in self.runs}
        return None if None in found else len(found)

    def metric(self, name: str) -> list[float]:
        """Of each successful run that has it, in the order of `runs`; of its first build."""
        return [each.first_metrics[name] for each in self.runs if name in each.first_metrics]


def measure(group: Sequence[StoredRun]) -> ConfigurationResult:
    """Compare the runs of one configuration and judge them.

    Args:
        group: all of its runs, replays and failed ones included; at least one.
    """
    configuration = group[0].configuration
    settings = configuration.compare
    tolerance = Tolerance(settings.rtol, settings.atol)
    runs = tuple(s for s in group if s.arrays is not None and s.record.replay_of is None)
    outputs = stack_outputs(group)
    comparison = measure_variance(outputs, tolerance, settings.confidence)
    comparison = _count_in(_count_names(comparison, runs), group)
    if not _same_probe(runs):
        # As when the split varies; these two speak of the same inputs.
        comparison = replace(comparison, max_abs_diff=None, churn=None)
    if comparison.replay is State.SAME and not _replays_agree(group):
        comparison = replace(comparison, replay=State.DIFFERS)
    return ConfigurationResult(
        configuration=configuration,
        runs=_share_outputs(runs, outputs),
        outputs=outputs,
        targets=_shared_targets(runs),
        tolerance=tolerance,
        confidence=settings.confidence,
        comparison=comparison,
        verdict=judge(comparison),
        divergence=find_divergence([s.record.fingerprints for s in runs], comparison.across_calls),
    )


def names_of(stored: StoredRun) -> tuple[str | None, ...]:
    """(build,): the digest of the names of what stands side by side in the outputs; None: none."""
    return tuple(build.get(NAMES) for build in stored.record.fingerprints)


def stack_outputs(group: Sequence[StoredRun]) -> Outputs:
    """Stack the outputs of a configuration's successful runs."""
    runs = [s for s in group if s.arrays is not None and s.record.replay_of is None]
    index: dict[tuple[Path, int | None], int] = {
        (s.sweep, s.record.job): i for i, s in enumerate(runs)
    }
    replays = [s for s in group if s.arrays is not None and (s.sweep, s.record.replay_of) in index]
    failed = sum(s.record.status == "failed" for s in group)
    if not runs:
        return _no_outputs(failed)
    values, present, again, again_present = stack(_arrays(runs), _arrays(replays))
    return Outputs(
        values=values,
        present=present,
        replays=again,
        replays_present=again_present,
        replay_of=tuple(index[s.sweep, s.record.replay_of] for s in replays),
        seeds=tuple(seed_key(s.record.seeds) for s in runs),
        inputs=_input_ids([s.arrays.inputs for s in runs if s.arrays is not None]),
        failed=failed,
    )


def _share_outputs(runs: Sequence[StoredRun], outputs: Outputs) -> tuple[StoredRun, ...]:
    """Let runs look at the stacked outputs, so that these are in memory once.

    Outputs that were widened stay as they were recorded: their type is part of what was measured.
    """
    shared = []
    for run, values in zip(runs, outputs.values, strict=True):
        assert run.arrays is not None
        own = run.arrays.outputs
        if own.dtype == values.dtype:
            view = values[tuple(map(slice, own.shape))]
            run = replace(run, arrays=replace(run.arrays, outputs=view))
        shared.append(run)
    return tuple(shared)


def _input_ids(runs: Sequence[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    """(input,) for all runs together.

    Runs that split their data differently have different probes. An input says something about
    ignoring the input only where it differs from the first one in every run.
    """
    ids = max(runs, key=len).copy()
    for each in runs:
        ids[np.flatnonzero(each == each[:1])] = ids[:1]
    return ids


def _replays_agree(group: Sequence[StoredRun]) -> bool:
    """Whether each replay has the fingerprints and metrics of the run it repeats.

    The probe sees a part of the data only: equal outputs on it do not make a replay, where data
    or metrics differ.
    """
    runs = {(s.sweep, s.record.job): s.record for s in group if s.record.replay_of is None}
    pairs = [
        (s.record, runs.get((s.sweep, s.record.replay_of or 0)))
        for s in group
        if s.record.replay_of is not None and s.arrays is not None
    ]
    return all(
        run is None
        or (run.fingerprints == replay.fingerprints and repr(run.metrics) == repr(replay.metrics))
        for replay, run in pairs
    )


def _count_in(comparison: Comparison, group: Sequence[StoredRun]) -> Comparison:
    """Count in what stacked outputs do not show, where all runs seem to be the same.

    A replay is one more run: if its outputs are others, runs are not the same. And equal numbers of
    different types are equal up to rounding, not bit for bit.
    """
    if comparison.across_runs is not State.SAME:
        return comparison
    if comparison.replay in (State.ROUNDING, State.DIFFERS):
        state = comparison.replay
    elif len({s.arrays.outputs.dtype for s in group if s.arrays is not None}) > 1:
        state = State.ROUNDING
    else:
        return comparison
    return replace(comparison, across_runs=state, p_differ_upper=None)


def _count_names(comparison: Comparison, runs: Sequence[StoredRun]) -> Comparison:
    """Count in what units are called: equal numbers under other names are another output."""
    named = [names_of(each) for each in runs]
    if len({name for names in named for name in names}) < 2:
        return comparison
    seeds = [seed_key(s.record.seeds) for s in runs]
    seeded = {pair for pair in zip(seeds, named, strict=True) if pair[0] is not None}
    found = {
        "across_runs": len(set(named)) > 1,
        "across_builds": any(len(set(names)) > 1 for names in named),
        "equal_seeds": len(seeded) > len({text for text, _ in seeded}),
    }
    changed: dict[str, Any] = {name: State.DIFFERS for name, differs in found.items() if differs}
    if found["across_runs"]:
        changed["p_differ_upper"] = None
    return replace(comparison, **changed)


def _same_probe(runs: Sequence[StoredRun]) -> bool:
    """Whether all runs have the same probe inputs, as far as the shortest goes."""
    found = [s.arrays.inputs for s in runs if s.arrays is not None]
    shortest = min(map(len, found), default=0)
    return len({each[:shortest].tobytes() for each in found}) <= 1


def _shared_targets(runs: Sequence[StoredRun]) -> npt.NDArray[np.generic] | None:
    found: list[Any] = [s.arrays.targets for s in runs if s.arrays is not None]
    if not found or any(each is None for each in found):
        return None
    first: npt.NDArray[np.generic] = found[0]
    return first if all(np.array_equal(first, each) for each in found) else None


def _arrays(stored: Sequence[StoredRun]) -> list[Array]:
    return [s.arrays.outputs for s in stored if s.arrays is not None]


def _no_outputs(failed: int) -> Outputs:
    empty = np.zeros((0, 0, 0, 0, 0), np.float32)
    mask = np.zeros(empty.shape, np.bool_)
    return Outputs(empty, mask, empty, mask, (), (), np.zeros(0, np.uint64), failed)
