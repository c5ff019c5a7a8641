"""Measures one configuration from its runs: comparison, verdict and divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.analysis.divergence import Divergence, find_divergence, merge_divergences
from runner.analysis.outputs import Outputs, stack
from runner.analysis.partings import (
    add_partings,
    count_ended,
    find_partings,
    merge_partings,
)
from runner.analysis.resumes import Resume, compare_resumes
from runner.analysis.variance import Comparison, measure_variance
from runner.analysis.verdict import judge
from runner.numeric.bitwise import Array, Tolerance
from runner.numeric.verdicts import State, Verdict
from runner.record.reader import StoredRun, group_by_seeds, seed_key
from runner.record.record import NAMES, ConfigurationRecord, OutputPart, RunRecord
from runner.record.stages import LOGS, kind_of
from runner.record.timeline import PREDICTIONS


@dataclass(frozen=True)
class ConfigurationResult:
    """The results of one configuration's runs; replays are only in `outputs`."""

    configuration: ConfigurationRecord
    """What all runs share: overrides, strategy, claims and predictions."""
    runs: tuple[StoredRun, ...]
    """The successful runs without replays, in the order of the run axis of `outputs`."""
    outputs: Outputs
    """The stacked outputs; the run axis is empty if no run succeeded."""
    targets: npt.NDArray[np.generic] | None
    """Class labels of the probe (input,); None if targets are no labels or differ between runs."""
    tolerance: Tolerance
    confidence: float
    comparison: Comparison
    verdict: Verdict
    divergence: Divergence
    unexplained: Divergence
    """Where runs part from others with equal recorded seeds, replays included."""
    resumes: tuple[Resume, ...] = ()
    """The resumed runs, each against the run that it repeats; they count nowhere else."""
    worst: tuple[str, ...] = ()
    """Of several outputs, those that have the configuration's verdict, by their names; empty if all
    have it, or if there is one output."""

    @property
    def overrides(self) -> dict[str, str]:
        """The overrides of the configuration's command line, key to value."""
        return self.configuration.overrides

    @property
    def retried(self) -> int:
        """The number of runs that succeeded only when they were tried again."""
        return sum(bool(each.record.retried) for each in self.runs)

    @property
    def hash_seeds(self) -> int | None:
        """The number of distinct hash seeds among the runs; None if a run did not record one."""
        found = {each.record.hash_seed for each in self.runs}
        return None if None in found else len(found)

    @property
    def machines(self) -> int | None:
        """The number of machines among the runs; None if a run did not record its own.

        It is rather too small than too large: neither containers on one machine count as several,
        nor a machine that was started anew, nor machines that share a host name.
        """
        hosts = {each.record.host for each in self.runs}
        boots = {each.record.boot for each in self.runs}
        if None in hosts:
            return None
        return len(hosts) if None in boots else min(len(hosts), len(boots))

    def let_go(self) -> ConfigurationResult:
        """Return the results without arrays in memory: runs read theirs again when asked."""
        runs = tuple(each.let_go() for each in self.runs)
        return replace(self, runs=runs, outputs=self.outputs.without_values())

    def metric(self, name: str) -> list[float]:
        """Return a metric of the first build of each run that has it, in the order of `runs`."""
        return [each.first_metrics[name] for each in self.runs if name in each.first_metrics]


def measure(group: Sequence[StoredRun]) -> ConfigurationResult:
    """Compare the runs of one configuration and judge them.

    Args:
        group: all runs of the configuration, replays, resumed and failed ones included; at least
            one.

    Raises:
        RecordError: no type holds the outputs of all runs exactly.
    """
    configuration = group[0].configuration
    everything = group = [each.hold() for each in group]
    group = [each for each in group if each.record.resume_of is None]
    settings = configuration.compare
    tolerance = Tolerance(settings.rtol, settings.atol)
    runs = tuple(s for s in group if s.arrays is not None and s.record.replay_of is None)
    outputs = stack_outputs(group)
    comparison = measure_variance(outputs, tolerance, settings.confidence)
    comparison = _count_in(_count_names(comparison, runs), group)
    if not _same_probe(runs):
        # These two compare outputs for the same inputs, which runs do not have if the split varies.
        comparison = replace(comparison, max_abs_diff=None, churn=None)
    if any(t.outputs != PREDICTIONS for each in runs for t in each.record.timelines):
        # Weights and printed numbers predict no labels.
        comparison = replace(comparison, churn=None, labels=None)
    if comparison.replay is State.SAME and not _replays_agree(group):
        comparison = replace(comparison, replay=State.DIFFERS)
    partings = find_partings(group)
    comparison = count_ended(comparison, group, partings)
    divergence = find_divergence([s.record.fingerprints for s in runs], comparison.across_calls)
    return ConfigurationResult(
        configuration=configuration,
        runs=_share_outputs(runs, outputs),
        outputs=outputs,
        targets=_shared_targets(runs),
        tolerance=tolerance,
        confidence=settings.confidence,
        comparison=comparison,
        verdict=judge(comparison),
        divergence=add_partings(divergence, partings),
        unexplained=merge_partings(_find_unexplained(group), partings),
        resumes=compare_resumes(everything, runs, tolerance),
        worst=_find_worst_parts(outputs, judge(comparison), tolerance),
    )


def _find_worst_parts(outputs: Outputs, verdict: Verdict, tolerance: Tolerance) -> tuple[str, ...]:
    """Return the names of the outputs that have the verdict of all together, unless all have it."""
    alone = {
        each.name: judge(measure_variance(outputs.of(each.name), tolerance))
        for each in outputs.parts
    }
    worst = tuple(name for name, each in alone.items() if each is verdict)
    return worst if len(worst) < len(alone) else ()


def _find_unexplained(group: Sequence[StoredRun]) -> Divergence:
    """Return where runs part from others with equal seeds, which seeds cannot explain."""
    seeded = group_by_seeds(s for s in group if s.arrays is not None and s.record.seeds)
    several = [runs for runs in seeded.values() if len(runs) > 1]
    return merge_divergences(
        [find_divergence([s.record.fingerprints for s in runs]) for runs in several]
    )


def names_of(stored: StoredRun) -> tuple[str | None, ...]:
    """Return each build's digest of the names of its outputs' units; None for a build without."""
    return tuple(build.get(NAMES) for build in stored.record.fingerprints)


def stack_outputs(group: Sequence[StoredRun]) -> Outputs:
    """Stack the outputs of a configuration's successful runs and of their replays.

    Args:
        group: all runs of the configuration, replays and failed ones included.

    Raises:
        RecordError: no type holds the outputs of all runs exactly.
    """
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
        inputs=_input_ids([s.arrays.inputs for s in runs if s.arrays is not None], values.shape[3]),
        parts=_shared_parts(runs),
        failed=failed,
    )


def _shared_parts(runs: Sequence[StoredRun]) -> tuple[OutputPart, ...]:
    """Return the outputs of a model that has several; empty if runs differ in them."""
    first, *others = (tuple(each.record.output_parts) for each in runs)
    return first if all(each == first for each in others) else ()


def _share_outputs(runs: Sequence[StoredRun], outputs: Outputs) -> tuple[StoredRun, ...]:
    """Make the arrays of runs views of the stacked outputs, so that memory holds them once.

    Outputs that were widened stay as they were recorded, because their type was measured too.
    """
    shared = []
    for run, values in zip(runs, outputs.values, strict=True):
        assert run.arrays is not None
        own = run.arrays.outputs
        if own.dtype == values.dtype:
            view = values[tuple(map(slice, own.shape))]
            run = replace(run, kept=replace(run.arrays, outputs=view))
        shared.append(run)
    return tuple(shared)


def _input_ids(runs: Sequence[npt.NDArray[np.uint64]], size: int) -> npt.NDArray[np.uint64]:
    """Return ids of probe inputs (input,) that hold for all runs together.

    Runs that split their data differently have different probes. Whether a model ignores its input
    only shows in an input that differs from the first in every run; any other gets the id of the
    first, also one that only replays have.

    Args:
        runs: the ids of the inputs of each run.
        size: how many inputs the stacked outputs have, those of replays included.
    """
    longest = max(runs, key=len)
    ids = np.full(size, longest[0] if len(longest) else 0, np.uint64)
    ids[: len(longest)] = longest
    for each in runs:
        ids[np.flatnonzero(each == each[:1])] = ids[:1]
    return ids


def _replays_agree(group: Sequence[StoredRun]) -> bool:
    """Return whether each replay has the fingerprints and metrics of the run that it repeats.

    The probe is only a part of the data, so that a replay whose data or metrics differ does not
    repeat its run even if the outputs on the probe are equal. What was logged may hold the time,
    and counts only through what it leads to.
    """
    runs = {(s.sweep, s.record.job): s.record for s in group if s.record.replay_of is None}
    pairs = [
        (s.record, runs.get((s.sweep, s.record.replay_of or 0)))
        for s in group
        if s.record.replay_of is not None and s.arrays is not None
    ]
    return all(
        run is None
        or (
            _without_logs(run) == _without_logs(replay)
            and repr(run.metrics) == repr(replay.metrics)
        )
        for replay, run in pairs
    )


def _without_logs(record: RunRecord) -> list[dict[str, str]]:
    """Return the fingerprints of each build without those of what Keras logged."""
    return [
        {stage: each for stage, each in build.items() if kind_of(stage) != LOGS}
        for build in record.fingerprints
    ]


def _count_in(comparison: Comparison, group: Sequence[StoredRun]) -> Comparison:
    """Correct a comparison in which all runs are the same for what stacked outputs do not show.

    A replay is one more run, so runs are not the same if its outputs differ. Equal numbers of
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
    """Correct a comparison for units' names: equal numbers under other names are another output."""
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
    """Return whether all runs have the same probe inputs, up to the shortest probe's length."""
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
    return Outputs(empty, mask, empty, mask, (), (), np.zeros(0, np.uint64), failed=failed)
