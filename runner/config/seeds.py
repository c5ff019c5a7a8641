"""From a seed strategy to the seeds of one run. The only place that computes a seed."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass

import numpy as np
from omegaconf import DictConfig

from runner.config.schema import MAX_SEED, SOURCES, Scope, Seed, Strategy


@dataclass(frozen=True)
class Seeds:
    """The seeds of one run, each in 0..2**32-1; None means that nothing is seeded with it.

    `value` seeds the global generators and lets every source follow them, as a script does that
    calls `keras.utils.set_random_seed`. The derived strategy gives each source a seed of its own
    instead, and `value` is None.
    """

    value: int | None = None
    data: int | None = None
    split: int | None = None
    init: int | None = None
    order: int | None = None
    augment: int | None = None
    dropout: int | None = None

    def recorded(self) -> dict[str, int]:
        """Only the seeds that are set: what a record says was used."""
        return {name: seed for name, seed in asdict(self).items() if seed is not None}


def run_seeds(seed: Seed, replicate: int, configuration: str) -> Seeds:
    """Compute the seeds of one run, a pure function of its arguments.

    Args:
        seed: the `seed` node of a config. Under `random`, `seed.value` is this run's drawn seed.
        replicate: index of the repetition, from 0.
        configuration: the configuration's id; only used by `derived` with `paired: false`.
    """
    if seed.strategy is Strategy.unset:
        return Seeds()
    if seed.strategy is not Strategy.derived:
        return Seeds(value=seed.value)
    assert seed.value is not None
    vary = SOURCES if seed.vary == "all" else tuple(seed.vary)
    salt = () if seed.paired else _words(configuration)
    return Seeds(
        **{
            source: derive(seed.value, source, replicate if source in vary else None, salt)
            for source in SOURCES
        }
    )


def derive(root: int, source: str, replicate: int | None, salt: tuple[int, ...] = ()) -> int:
    """Return the seed of one source, in 0..2**32-1.

    NumPy's SeedSequence hashes (root, spawn key), so neighbouring replicates have unrelated
    seeds, and adding a source, a replicate or a configuration moves no other. Two of n seeds
    coincide with a chance of about n**2 / 2**33.

    Args:
        root: what all seeds of a study derive from.
        source: one of SOURCES.
        replicate: None for a source that is the same in every replicate.
        salt: further words of the spawn key, for seeds that differ by configuration.
    """
    # The leading 0 or 1 keeps a constant source apart from replicate 0 of a varying one.
    place = (0,) if replicate is None else (1, replicate)
    key = (SOURCES.index(source), *place, *salt)
    return int(np.random.SeedSequence(root, spawn_key=key).generate_state(1)[0])


def draw(count: int, taken: Collection[int] = ()) -> list[int]:
    """Draw `count` distinct seeds from the operating system, none of them in `taken`."""
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        seed = secrets.randbelow(MAX_SEED + 1)
        if seed not in taken:
            drawn[seed] = None
    return list(drawn)


def draw_seed(cfg: DictConfig) -> int | None:
    """Draw the seed of a run that no sweep planned; None where its config needs none drawn."""
    drawn = cfg.seed.strategy is Strategy.random and cfg.seed.value is None
    return draw(1)[0] if drawn else None


def _words(digest: str) -> tuple[int, ...]:
    """Cut a hexadecimal digest into 32-bit words, what a spawn key is made of."""
    return tuple(int(digest[i : i + 8], 16) for i in range(0, len(digest), 8))


def build_seed(seed: int, build: int, scope: Scope, stream: int | None = None) -> int:
    """Return the seed of one source in one build, in 0..2**32-1.

    Seeded once per process, a second build goes on where the first left the generators, so it gets
    another seed; seeded per build it gets the same.

    Args:
        seed: the source's seed in this run.
        build: index of the build, from 0.
        scope: when generators are seeded.
        stream: index of a stochastic layer; None for the source as a whole.
    """
    again = 0 if scope is Scope.build else build
    if again == 0 and stream is None:
        return seed
    key = (again,) if stream is None else (again, stream)
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])
