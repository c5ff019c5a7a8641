"""Seeds the global generators of this process when the seed strategy and scope say so."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

import numpy as np

from runner.config.schema import Generator, Scope
from runner.config.seeds import Seeds, build_seed


@dataclass(frozen=True)
class Seeder:
    """Seeds the global generators when the seed strategy and scope say so."""

    seeds: Seeds
    scope: Scope
    generators: tuple[Generator, ...]

    def start(self, build: int | None = None) -> None:
        """Seed at the start of the process or of a build, if the scope covers it.

        Args:
            build: The number of the build that starts; None means that the process starts.
        """
        now = self.scope is Scope.build if build is not None else self.scope is not Scope.call
        if self.seeds.value is not None and now:
            seed_generators(self.seeds.value, self.generators)

    def call(self) -> None:
        """Seed right before the model is called, if the scope is `call`."""
        if self.seeds.value is not None and self.scope is Scope.call:
            seed_generators(self.seeds.value, self.generators)

    def enter(self, source: str, build: int = 0) -> None:
        """Seed before a source of randomness is used, if it has a seed of its own."""
        seed = getattr(self.seeds, source)
        if seed is not None:
            seed_generators(build_seed(seed, build, self.scope), self.generators)


def seed_generators(seed: int, generators: tuple[Generator, ...]) -> None:
    """Seed the given global generators with one value in 0..2**32-1.

    TensorFlow's generator is seeded only if this process has imported TensorFlow; otherwise
    nothing can have drawn from it.
    """
    keras, tensorflow = sys.modules.get("keras"), sys.modules.get("tensorflow")
    if keras is not None and tensorflow is not None and set(generators) == set(Generator):
        # Also forgets Keras's global SeedGenerator, which the three calls below do not.
        keras.utils.set_random_seed(seed)
        return
    if Generator.python in generators:
        random.seed(seed)
    if Generator.numpy in generators:
        np.random.seed(seed)  # noqa: NPY002
    if Generator.tensorflow in generators and tensorflow is not None:
        tensorflow.random.set_seed(seed)
