"""Seeds every known generator before the first line of a script, as the seed strategy says."""

from __future__ import annotations

import sys
from types import ModuleType

from runner.config.schema import Config, Generator, Scope
from runner.config.seeds import Seeds, build_seed
from runner.observe.watch import Watch
from runner.tasks.seeding import Seeder


def seed_everything(config: Config, seeds: Seeds, watch: Watch, build: int) -> None:
    """Seed the global generators, and those of libraries that are imported later.

    With `seed=unset` nothing is done.

    Args:
        config: The config of the run.
        seeds: The seeds of the run.
        watch: Is told which generators have a seed now.
        build: Number of the build.
    """
    seeder = Seeder(seeds, config.seed.scope, tuple(config.seed.generators))
    with watch.recorder.quiet():
        seeder.start(None)
        seeder.enter("init", build)
    seed_imported(config, seeds, watch, build, afresh=True)


def seed_imported(config: Config, seeds: Seeds, watch: Watch, build: int, *, afresh: bool) -> None:
    """Seed the generators of libraries as soon as these are imported, and tell the watch.

    With `seed=unset` nothing is done.

    Args:
        config: The config of the run.
        seeds: The seeds of the run; the generators of the libraries at hand have theirs.
        watch: Is told which generators have a seed now.
        build: Number of the build.
        afresh: Whether libraries that an earlier build imported begin with the seed again.
    """
    value = seeds.value if seeds.value is not None else seeds.init
    if value is None:
        return
    generators = tuple(config.seed.generators)
    seeder = Seeder(seeds, config.seed.scope, generators)

    def seed(_: ModuleType) -> None:
        with watch.recorder.quiet():
            seeder.start(None)
            seeder.enter("init", build)

    if afresh or "keras" not in sys.modules:
        watch.replacements.when_imported("keras", seed)
    for generator in generators:
        watch.recorder.seeds[generator.name] = str(value)
    if set(generators) != set(Generator):
        return
    watch.recorder.seeds["torch"] = str(value)
    if afresh or config.seed.scope is Scope.build or "torch" not in sys.modules:
        used = value if seeds.value is not None else build_seed(value, build, config.seed.scope)
        watch.replacements.when_imported("torch", lambda torch: _seed_torch(torch, used, watch))


def _seed_torch(torch: ModuleType, seed: int, watch: Watch) -> None:
    """Seed PyTorch's generator, which has no name in `seed.generators`."""
    with watch.recorder.quiet():
        torch.manual_seed(seed)
    watch.recorder.seeds["torch"] = str(seed)
