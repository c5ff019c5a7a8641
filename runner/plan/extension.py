"""Adds a round of runs to those that a sweep has made; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from runner.config import seeds
from runner.plan.schedule import Run


@dataclass(frozen=True)
class Further:
    """The further runs of a configuration."""

    replicates: int
    """Number of further runs, not counting replays."""
    replays: int = 0
    """Number of runs, over all rounds, that are repeated with their recorded seeds."""
    draws: bool = False
    """True if each replicate gets a seed from the operating system."""
    most: int = 0
    """Number of runs that there can be in the end; a replay with a seed of its own has an index
    from there on."""


def extend_runs(
    runs: Sequence[Run],
    wanted: Sequence[Further],
    parents: int,
    draw: Callable[[int, Collection[int]], list[int]] = seeds.draw,
) -> list[Run]:
    """Return the runs of the next round, in the order in which they run.

    Numbers of jobs and indices of replicates go on where they ended. As in the first round,
    replicates are interleaved and replays come last; consecutive replicates of a configuration
    never share a warm parent, nor do a replay and the run that it repeats.

    Args:
        runs: all runs so far.
        wanted: one item per configuration.
        parents: number of warm parents, at least MIN_PARENTS.
        draw: function from a count, and the seeds that are taken, to that many distinct others.
    """
    taken = {run.seed for run in runs if run.seed is not None}
    drawn = iter(draw(sum(each.replicates for each in wanted if each.draws), taken))
    first_job = max((run.job for run in runs), default=-1) + 1
    added: list[Run] = []
    last = {run.configuration: run for run in runs if _is_original(run)}
    for turn in range(max((each.replicates for each in wanted), default=0)):
        for index, each in enumerate(wanted):
            if turn < each.replicates:
                seed = next(drawn) if each.draws else None
                before = last[index]
                parent = (before.parent + 1) % parents
                run = Run(first_job + len(added), index, before.replicate + 1, seed, None, parent)
                last[index] = run
                added.append(run)
    for original in [*runs, *added]:
        each = wanted[original.configuration]
        if _is_owed(original, each, [*runs, *added]):
            # A run that has its own seed shows code that follows the index instead.
            further = each.most if original.seed is not None else 0
            replay = replace(
                original,
                job=first_job + len(added),
                replicate=original.replicate + further,
                replay_of=original.job,
                parent=(original.parent + 1) % parents,
            )
            added.append(replay)
    return added


def _is_original(run: Run) -> bool:
    return run.replay_of is None and run.resume_of is None


def _is_owed(run: Run, wanted: Further, runs: Sequence[Run]) -> bool:
    """Return whether a run is to be repeated in this round."""
    first = _is_original(run) and wanted.replicates > 0 and run.replicate < wanted.replays
    return first and not any(each.replay_of == run.job for each in runs)
