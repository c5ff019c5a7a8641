"""Computes the seeds of a run from its seed strategy; no other module computes a seed."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace

import numpy as np
from omegaconf import DictConfig

from runner.config.schema import MAX_SEED, SOURCES, Perturb, Scope, Seed, Strategy

PERTURB = "perturb"
"""What draws the weight that `perturb=random_ulp` changes, besides the sources of SOURCES."""


@dataclass(frozen=True)
class Seeds:
    """The seeds of one run, each in 0..2**32-1, or None if the run does not set that seed.

    `value` seeds the global generators, which then drive every source, as in a script that calls
    `keras.utils.set_random_seed`. Under the derived strategy `value` is None, and each source has
    a seed of its own.
    """

    value: int | None = None
    data: int | None = None
    split: int | None = None
    init: int | None = None
    order: int | None = None
    augment: int | None = None
    dropout: int | None = None
    perturb: int | None = None
    """Only with `perturb=random_ulp` under derived seeds: it varies with each replicate."""

    def recorded(self) -> dict[str, int]:
        """Return the seeds that are set, by name, as a run's record stores them."""
        return {name: seed for name, seed in asdict(self).items() if seed is not None}


def run_seeds(
    seed: Seed, replicate: int, configuration: str, perturb: Perturb = Perturb.none
) -> Seeds:
    """Compute the seeds of one run from its arguments alone.

    Args:
        seed: the `seed` node of a config. Under `random`, `seed.value` is this run's drawn seed.
        replicate: index of the repetition, from 0.
        configuration: the configuration's id, only used by `derived` with `paired: false`.
        perturb: how an initial weight is changed; only a change that is drawn has a seed.
    """
    if seed.strategy is Strategy.unset:
        return Seeds()
    if seed.strategy is not Strategy.derived:
        return Seeds(value=seed.value)
    assert seed.value is not None
    vary = SOURCES if seed.vary == "all" else tuple(seed.vary)
    salt = () if seed.paired else _words(configuration)
    seeds = Seeds(
        **{
            source: derive(seed.value, source, replicate if source in vary else None, salt)
            for source in SOURCES
        }
    )
    if perturb is not Perturb.random_ulp:
        return seeds
    return replace(seeds, perturb=derive(seed.value, PERTURB, replicate, salt))


def derive(root: int, source: str, replicate: int | None, salt: tuple[int, ...] = ()) -> int:
    """Return the seed of one source, in 0..2**32-1.

    NumPy's SeedSequence hashes (root, spawn key), so neighbouring replicates have unrelated
    seeds, and adding a source, a replicate or a configuration changes no other seed. The chance
    that any two of n seeds coincide is about n**2 / 2**33.

    Args:
        root: the seed from which all seeds of a study derive.
        source: one of SOURCES, or PERTURB.
        replicate: index from 0; None for a source that is the same in every replicate.
        salt: 32-bit words added to the spawn key; not empty for seeds that differ by configuration.
    """
    # The leading 0 or 1 keeps a constant source apart from replicate 0 of a varying one.
    repetition = (0,) if replicate is None else (1, replicate)
    key = ((*SOURCES, PERTURB).index(source), *repetition, *salt)
    return int(np.random.SeedSequence(root, spawn_key=key).generate_state(1)[0])


def derive_held(split: int) -> int:
    """Return the seed by which rows for validation are held out, given the seed of the split."""
    return int(np.random.SeedSequence(split, spawn_key=(0,)).generate_state(1)[0])


def draw(count: int, taken: Collection[int] = ()) -> list[int]:
    """Draw `count` distinct seeds from the operating system, none of them in `taken`."""
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        seed = secrets.randbelow(MAX_SEED + 1)
        if seed not in taken:
            drawn[seed] = None
    return list(drawn)


def draw_seed(cfg: DictConfig) -> int | None:
    """Draw the seed of a run outside of any sweep; None if its config does not call for one."""
    drawn = cfg.seed.strategy is Strategy.random and cfg.seed.value is None
    return draw(1)[0] if drawn else None


def _words(digest: str) -> tuple[int, ...]:
    """Cut a hexadecimal digest into the 32-bit words of a spawn key."""
    return tuple(int(digest[i : i + 8], 16) for i in range(0, len(digest), 8))


def build_seed(seed: int, build: int, scope: Scope, stream: int | None = None) -> int:
    """Return the seed of one source in one build, in 0..2**32-1.

    If generators are seeded once per process, a second build continues where the first left them,
    so its derived seed differs too. If they are seeded per build, all builds get the same seed.

    Args:
        seed: the source's seed in this run.
        build: index of the build, from 0.
        scope: when the generators are seeded.
        stream: index of a stochastic layer; None for the source as a whole.
    """
    index = 0 if scope is Scope.build else build
    if index == 0 and stream is None:
        return seed
    key = (index,) if stream is None else (index, stream)
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])
