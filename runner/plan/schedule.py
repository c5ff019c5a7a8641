"""Which runs a sweep makes, in which order, under which warm parent. Pure: no input or output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.config import seeds
from runner.config.schema import Config, Strategy
from runner.errors import ConfigError

MIN_PARENTS = 2
"""Runs of one warm parent share its hash seed and address layout, and so would look reproducible
where they are not. Two parents, even with one worker, are what shows it."""


@dataclass(frozen=True)
class Repetition:
    """How often a configuration is run, and whether its seeds must be drawn."""

    replicates: int
    replays: int = 0
    """How many of its runs are repeated with their recorded seeds."""
    draws: bool = False
    """Whether each replicate gets a seed from the operating system."""
    seeds: tuple[int, ...] = ()
    """Known seeds of the replicates, in order, where none is drawn; empty: as the config says."""


@dataclass(frozen=True)
class Run:
    """One execution of (configuration, replicate) in a fresh process."""

    job: int
    """Its number in the sweep, which is also the name of its directory."""
    configuration: int
    """Index into the sweep's configurations."""
    replicate: int
    seed: int | None
    """The drawn seed, or a known one in its place; None when the strategy draws none."""
    replay_of: int | None
    """The job that this run repeats, or None."""
    parent: int
    """The warm parent to run under."""

    def values(self) -> dict[str, int]:
        """What makes this run of its configuration: config key to value."""
        values = {"replicate": self.replicate}
        if self.seed is not None:
            values["seed.value"] = self.seed
        if self.replay_of is not None:
            values["replay_of"] = self.replay_of
        return values


def repetition(cfg: Config) -> Repetition:
    """Read off a config how its configuration is repeated.

    Unset seeds leave nothing to replay, and under fixed ones each replicate is a replay.
    """
    strategy = cfg.seed.strategy
    if strategy is Strategy.random and cfg.seed.value is not None and cfg.replicates > 1:
        raise ConfigError(
            "seed.value",
            "is drawn for each run by seed=random",
            cfg.seed.value,
            "To repeat one seed use seed=fixed",
        )
    replayed = strategy is Strategy.random or (
        strategy is Strategy.derived and len(cfg.seed.vary) > 0
    )
    return Repetition(
        replicates=cfg.replicates,
        replays=min(cfg.replays, cfg.replicates) if replayed else 0,
        draws=strategy is Strategy.random and cfg.seed.value is None,
    )


def plan_runs(
    repetitions: Sequence[Repetition],
    parents: int,
    draw: Callable[[int], list[int]] = seeds.draw,
) -> list[Run]:
    """Lay out the runs of a sweep.

    Replicates are interleaved: the first of every configuration, then the second of every one, so
    that a slow drift of the machine touches all alike. Replays come last. Consecutive replicates
    of a configuration never share a warm parent, nor do a replay and the run it repeats. The
    numbers of runs of any two parents differ by at most one. A replay of a run with a seed of its
    own has a replicate index of its own: the seed alone is to explain the output.

    Args:
        repetitions: one a configuration; of its runs at most all are replayed.
        parents: how many warm parents there are, at least MIN_PARENTS.
        draw: returns that many distinct seeds; the operating system's by default.
    """
    if parents < MIN_PARENTS:
        raise ValueError(f"parents must be at least {MIN_PARENTS}. Received: {parents}")
    drawn = iter(draw(sum(r.replicates for r in repetitions if r.draws)))
    turns = _first_turns(repetitions, parents)
    runs: list[Run] = []
    for replicate in range(max((r.replicates for r in repetitions), default=0)):
        for index, wanted in enumerate(repetitions):
            if replicate < wanted.replicates:
                known = wanted.seeds[replicate] if wanted.seeds else None
                seed = next(drawn) if wanted.draws else known
                # A full cycle may start anywhere: one late, no replay meets its original.
                late = wanted.replicates % parents == 0
                parent = (turns[index] + late + replicate) % parents
                runs.append(Run(len(runs), index, replicate, seed, None, parent))
    for run in list(runs):
        wanted = repetitions[run.configuration]
        if run.replicate < wanted.replays:
            parent = (turns[run.configuration] + wanted.replicates + run.replicate) % parents
            # A seed of its own makes the index free: what follows that instead of the seed shows.
            other = run.seed is not None
            replicate = run.replicate + (wanted.replicates if other else 0)
            runs.append(Run(len(runs), run.configuration, replicate, run.seed, run.job, parent))
    return runs


def _first_turns(repetitions: Sequence[Repetition], parents: int) -> list[int]:
    """For each configuration, the parent from which its runs take turns.

    Its replicates and then its replays take the parents in turn, and the next configuration goes
    on after them: one cycle over the parents, which no shape of the grid can unbalance. (By job
    number, an even grid would give every replicate of a configuration the same parent; by the sum
    of configuration and replicate, 4 by 4 runs would give 8 parents between 0 and 4 runs each.)
    """
    firsts, turn = [], 0
    for index, wanted in enumerate(repetitions):
        total = wanted.replicates + min(wanted.replays, wanted.replicates)
        # Full cycles are balanced from anywhere; from different ones a round is spread, too.
        firsts.append(turn if total % parents else index)
        turn += total
    return firsts
