"""Decides which runs a sweep makes, in which order and under which warm parent; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from runner.config import seeds
from runner.config.schema import Config, Strategy, first_replicates, is_auto, most_replicates
from runner.errors import ConfigError

MIN_PARENTS = 2
"""Smallest number of warm parents of a sweep, even with one worker.

Runs of one parent share its hash seed and address layout, which can make them equal although
outputs vary. Only runs of different parents reveal that.
"""


@dataclass(frozen=True)
class Repetition:
    """Numbers of runs and replays of a configuration, and whether its seeds must be drawn."""

    replicates: int
    """Number of runs, not counting replays."""
    replays: int = 0
    """Number of runs that are repeated with their recorded seeds."""
    draws: bool = False
    """True if each replicate gets a seed from the operating system."""
    seeds: tuple[int, ...] = ()
    """Known seeds of the replicates, in order, if none is drawn; empty for the config's seeds."""
    resumes: tuple[int, ...] = ()
    """Epochs with which the first run goes on after an interruption, once each."""
    most: int = 0
    """Number of runs that there can be once further rounds have followed, not counting replays;
    0: no round follows."""

    @property
    def runs(self) -> int:
        """Return the number of all runs."""
        return self.replicates + min(self.replays, self.replicates) + len(self.resumes)


@dataclass(frozen=True)
class Run:
    """One execution of a configuration in a fresh process."""

    job: int
    """Number of the run in the sweep, from 0, which is also the name of its directory."""
    configuration: int
    """Index into the sweep's configurations."""
    replicate: int
    """Index of the repetition, from 0."""
    seed: int | None
    """Seed that was drawn or is known for this run; None to use the config's seeds."""
    replay_of: int | None
    """Number of the run that this one repeats; None if it is no replay."""
    parent: int
    """Index of the warm parent under which it runs."""
    resume_of: int | None = None
    """Number of the run that this one repeats with an interruption; None if it is not resumed."""
    resume_at: int | None = None
    """Epoch with which it goes on after the interruption."""
    parent_before: int | None = None
    """Index of the warm parent under which it runs before the interruption."""

    def values(self) -> dict[str, int]:
        """Return the values that the run sets in its configuration, as config key to value."""
        values = {"replicate": self.replicate}
        if self.seed is not None:
            values["seed.value"] = self.seed
        if self.replay_of is not None:
            values["replay_of"] = self.replay_of
        if self.resume_of is not None and self.resume_at is not None:
            values |= {"resume_of": self.resume_of, "resume_at": self.resume_at}
        return values


def repetition(cfg: Config) -> Repetition:
    """Return how a config asks for its configuration to be repeated.

    Only `random` and `derived` seeds that vary are replayed: with unset seeds there is nothing to
    replay, and with fixed ones each replicate is a replay already.

    Raises:
        ConfigError: the config fixes the seed of several replicates that should draw their own.
    """
    strategy = cfg.seed.strategy
    count, most = first_replicates(cfg), most_replicates(cfg)
    if strategy is Strategy.random and cfg.seed.value is not None and most > 1:
        raise ConfigError(
            "seed.value",
            "is drawn for each run by seed=random",
            cfg.seed.value,
            "To repeat one seed use seed=fixed",
        )
    return Repetition(
        replicates=count,
        replays=min(most_replays(cfg), count),
        draws=strategy is Strategy.random and cfg.seed.value is None,
        # Without seeds the interrupted training is another one already before it is interrupted.
        resumes=() if strategy is Strategy.unset else tuple(dict.fromkeys(cfg.resumes)),
        most=most if is_auto(cfg) else 0,
    )


def most_replays(cfg: Config) -> int:
    """Return how many runs of a configuration are repeated with their seeds in the end."""
    strategy = cfg.seed.strategy
    varies = strategy is Strategy.derived and len(cfg.seed.vary) > 0
    replayed = strategy is Strategy.random or varies
    return min(cfg.replays, most_replicates(cfg)) if replayed else 0


def plan_runs(
    repetitions: Sequence[Repetition],
    parents: int,
    draw: Callable[[int], list[int]] = seeds.draw,
    *,
    nodes: int = 1,
) -> list[Run]:
    """Lay out the runs of a sweep, in the order in which they run.

    Replicates are interleaved: the first of every configuration, then the second of every one, so
    that a slow drift of the machine affects all configurations alike. Replays come last.

    Consecutive replicates of a configuration never share a warm parent, nor do a replay and the
    run it repeats. The numbers of runs of any two parents differ by at most one.

    A replay of a run that has its own seed gets a new replicate index. If the replay gives the
    same output, the seed alone explains it.

    With several nodes, neither do they share a node; the numbers of runs of two parents may then
    differ by more.

    The first run of a configuration is the one that is resumed. Its copy is interrupted under the
    warm parent of that run, and goes on under another one.

    Args:
        repetitions: one item per configuration; `replays` is at most `replicates`.
        parents: number of warm parents, at least MIN_PARENTS.
        draw: function from a count to that many distinct seeds; by default the operating system
            supplies them.
        nodes: number of nodes, to which the parents belong in turn; it divides their number.

    Raises:
        ValueError: there are fewer than MIN_PARENTS parents, or not equally many on each node.
    """
    if parents < MIN_PARENTS:
        raise ValueError(f"parents must be at least {MIN_PARENTS}. Received: {parents}")
    if parents % nodes:
        raise ValueError(f"parents must be equally many on each of {nodes}. Received: {parents}")
    drawn = iter(draw(sum(r.replicates for r in repetitions if r.draws)))
    turns = _first_turns(repetitions, parents)
    cycle = parents if nodes == 1 else nodes
    runs: list[Run] = []
    for replicate in range(max((r.replicates for r in repetitions), default=0)):
        for index, wanted in enumerate(repetitions):
            if replicate < wanted.replicates:
                known = wanted.seeds[replicate] if wanted.seeds else None
                seed = next(drawn) if wanted.draws else known
                # Replicates that fill whole cycles start one parent later; otherwise each replay
                # would get the parent, or the node, of the run it repeats.
                late = wanted.replicates % cycle == 0
                parent = (turns[index] + late + replicate) % parents
                runs.append(Run(len(runs), index, replicate, seed, None, parent))
    for run in list(runs):
        wanted = repetitions[run.configuration]
        if run.replicate < wanted.replays:
            parent = (turns[run.configuration] + wanted.replicates + run.replicate) % parents
            # If the run has its own seed, a new index reveals code that follows the index instead.
            has_seed = run.seed is not None
            further = max(wanted.most, wanted.replicates)
            replicate = run.replicate + (further if has_seed else 0)
            runs.append(Run(len(runs), run.configuration, replicate, run.seed, run.job, parent))
    for run in [each for each in runs if each.replicate == 0 and each.replay_of is None]:
        for index, epoch in enumerate(repetitions[run.configuration].resumes):
            parent = (run.parent + 1 + index % (parents - 1)) % parents
            resumed = replace(run, job=len(runs), parent=parent, parent_before=run.parent)
            runs.append(replace(resumed, resume_of=run.job, resume_at=epoch))
    return runs


def _first_turns(repetitions: Sequence[Repetition], parents: int) -> list[int]:
    """Return for each configuration the index of the parent that gets its first run.

    The replicates and then the replays of a configuration take the parents in turn, and the next
    configuration continues after them. This single cycle over the parents stays balanced for any
    shape of the grid. Two simpler rules do not work: by job number, an even grid would give all
    replicates of a configuration the same parent; by the sum of configuration and replicate,
    4 by 4 runs would give 8 parents between 0 and 4 runs each.
    """
    firsts, turn = [], 0
    for index, wanted in enumerate(repetitions):
        total = wanted.replicates + min(wanted.replays, wanted.replicates)
        # Full cycles are balanced from any parent; starting each at another one also spreads the
        # runs of one round of replicates over the parents.
        firsts.append(turn if total % parents else index)
        turn += total
    return firsts
