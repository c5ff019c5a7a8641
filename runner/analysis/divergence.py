"""Finds where runs part, and which sources of randomness drive them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.numeric.verdicts import State
from runner.record.stages import (
    FILES,
    IMPLEMENTATION,
    KINDS,
    RESULTS,
    STEP,
    STOPPED,
    TRACED,
    Fingerprints,
    is_of_epoch,
    is_traced,
    kind_of,
    order_stages,
)


@dataclass(frozen=True)
class Divergence:
    """Where runs part, and where the builds of a run and the calls of a build part."""

    first: str | None
    """The first stage that is not the same in all runs; None if all stages are."""
    sources: tuple[str, ...]
    """Every source of randomness that is not the same in all runs, in causal order."""
    builds: str | None = None
    """The first stage that is not the same in all builds of some run; None if there is no such
    stage, or if no run has two builds."""
    calls: str | None = None
    """`outputs`, the only stage of a call, if calls of one build gave different bits; None if they
    did not, or if they were not compared."""
    ended: str | None = None
    """The first stage at which a run had parted from one with the same seeds, and was ended; None:
    no run was ended there."""


def find_divergence(
    runs: Sequence[Sequence[Fingerprints]], across_calls: State = State.UNMEASURED
) -> Divergence:
    """Compare the stages of all runs, build by build, and those of the builds of each run.

    A stage that only some builds have, such as a further epoch, counts as different, but runs that
    were not traced by steps say nothing about steps. The order of the runs does not matter.

    Args:
        runs: the fingerprints of each build of each successful run.
        across_calls: how the outputs of calls compare, as in Comparison.
    """
    ordered = order_stages([build for run in runs for build in run])
    most = max((len(run) for run in runs), default=0)
    differing = set[str]()
    for b in range(most):
        reached = [run for run in runs if b < len(run)]
        differing |= find_differing([run[b] for run in reached]) - _find_continued(reached, b)
    within = set().union(*map(find_differing, runs))
    found = [stage for stage in ordered if stage in differing]
    named = tuple(dict.fromkeys(k for k in map(kind_of, found) if k not in RESULTS))
    # If code names fewer stages than this, nobody knows what else it drew.
    if found and not named and set(map(kind_of, ordered)).issuperset(TRACED):
        named = (IMPLEMENTATION,)
    return Divergence(
        first=found[0] if found else None,
        sources=named,
        builds=next((stage for stage in ordered if stage in within), None),
        calls="outputs" if across_calls in (State.ROUNDING, State.DIFFERS) else None,
    )


def merge_divergences(found: Sequence[Divergence]) -> Divergence:
    """Join where several groups of runs part.

    The first stage is that of the group that parts earliest, by the causal order of the sources.
    """
    parted = [each for each in found if each.first is not None]
    earliest = min(parted, key=lambda each: _rank(kind_of(each.first or "")), default=None)
    named = {source for each in found for source in each.sources}
    return Divergence(
        first=earliest.first if earliest else None, sources=tuple(sorted(named, key=_rank))
    )


def _rank(source: str) -> int:
    """Return the place of a kind of stages in the causal order; other names come last."""
    return KINDS.index(source) if source in KINDS else len(KINDS)


def _find_continued(runs: Sequence[Sequence[Fingerprints]], build: int) -> set[str]:
    """Return the initial weights of a build that are the final ones of the build before it.

    They differ because what came before did, and are no source of their own.
    """
    if build == 0:
        return set()
    return {
        stage
        for stage in runs[0][build]
        if kind_of(stage) == "init"
        and all(run[build].get(stage) == run[build - 1].get(_final(stage)) for run in runs)
    }


def _final(stage: str) -> str:
    """Return the stage of the final value of a weight, given that of its initial value."""
    return f"weights/{stage.partition('/')[2]}"


def find_differing(builds: Sequence[Fingerprints]) -> set[str]:
    """Return the stages that are not the same in all of several builds, or that some lack.

    A step is compared only among builds that were traced by steps, and an epoch only among those
    whose training did not end before it: that they ended differs by itself.
    """
    stages = {stage for build in builds for stage in build}
    traced = [build for build in builds if is_traced(build)]
    differing = set()
    for stage in stages:
        compared = traced if kind_of(stage) == STEP else builds
        if is_of_epoch(stage):
            compared = [each for each in builds if stage in each or STOPPED not in each]
        elif kind_of(stage) == FILES:
            # A file whose name tells the time or a random number has another one in each run.
            compared = [each for each in builds if stage in each]
        if len({build.get(stage) for build in compared}) > 1:
            differing.add(stage)
    return differing
