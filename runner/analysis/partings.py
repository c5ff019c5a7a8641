"""Finds where runs that were ended early had parted from others with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runner.analysis.divergence import Divergence, merge_divergences
from runner.analysis.variance import Comparison
from runner.numeric.verdicts import State
from runner.record.reader import StoredRun, seed_key
from runner.record.stages import RESULTS, kind_of


@dataclass(frozen=True)
class Parting:
    """Where an ended run had parted from a whole one with the same seeds."""

    stage: str
    place: tuple[int, int]
    """Number of the build, and of the stage among those of the build, by which partings are
    ordered."""

    @property
    def divergence(self) -> Divergence:
        """What it says of the sources of randomness.

        What comes of a source, such as the weights after a step, names none: the order of the rows
        of an epoch, for one, is only known at its end.
        """
        kind = kind_of(self.stage)
        return Divergence(self.stage, () if kind in RESULTS else (kind,))


def find_partings(group: Sequence[StoredRun]) -> list[Parting]:
    """Return where ended runs parted, the first of them first, by the fingerprints themselves.

    An ended run of which no whole run shows that it parted, for example because its reference was
    made again, is left out.

    Args:
        group: all runs of a configuration.
    """
    whole: dict[str | None, list[StoredRun]] = {}
    for each in group:
        if each.arrays is not None and each.record.seeds:
            whole.setdefault(seed_key(each.record.seeds), []).append(each)
    found = []
    for each in group:
        if each.record.status == "ended":
            others = whole.get(seed_key(each.record.seeds), [])
            found += [parting for other in others if (parting := _find_parting(each, other))][:1]
    return sorted(found, key=lambda each: each.place)


def _find_parting(ended: StoredRun, whole: StoredRun) -> Parting | None:
    pairs = zip(ended.record.fingerprints, whole.record.fingerprints, strict=False)
    for number, (build, other) in enumerate(pairs):
        for place, (stage, digest) in enumerate(build.items()):
            if other.get(stage, digest) != digest:
                return Parting(stage, (number, place))
    return None


def count_ended(
    comparison: Comparison, group: Sequence[StoredRun], partings: Sequence[Parting]
) -> Comparison:
    """Correct a comparison for runs that were ended: whether these are the same is not known."""
    ended = [each.record for each in group if each.record.status == "ended"]
    if not ended:
        return comparison
    replicates = any(each.replay_of is None for each in ended)
    state = comparison.across_runs
    if state is State.SAME or (state is State.ROUNDING and replicates):
        state = State.UNMEASURED
    bare = replace(comparison, across_runs=state, p_differ_upper=None)
    if any(each.replay_of is not None for each in ended) and bare.replay is not State.DIFFERS:
        bare = replace(bare, replay=State.UNMEASURED)
    if replicates and bare.equal_seeds is not State.DIFFERS:
        bare = replace(bare, equal_seeds=State.UNMEASURED)
    return replace(bare, ended=len(ended), parted=len(partings))


def add_partings(divergence: Divergence, partings: Sequence[Parting]) -> Divergence:
    """Return where runs part, with what ended runs show of it."""
    if not partings:
        return divergence
    first = partings[0].divergence
    known = divergence if divergence.first is not None else None
    named = known or replace(divergence, first=first.first, sources=first.sources)
    return replace(named, ended=first.first)


def merge_partings(divergence: Divergence, partings: Sequence[Parting]) -> Divergence:
    """Return where runs part from others with equal seeds, with what ended runs show of it."""
    if not partings:
        return divergence
    first = partings[0].divergence
    return first if divergence.first is None else merge_divergences([divergence, first])
