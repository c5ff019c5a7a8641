"""Seeds every known generator before the first line of a script, as the seed strategy says."""

from __future__ import annotations

from types import ModuleType

from runner.config.schema import Config, Generator
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
    value = seeds.value if seeds.value is not None else seeds.init
    if value is None:
        return

    def seed(_: ModuleType | None = None) -> None:
        with watch.recorder.quiet():
            seeder.start(None)
            seeder.enter("init", build)

    seed()
    watch.replacements.when_imported("keras", seed)
    for generator in config.seed.generators:
        watch.recorder.seeds[generator.name] = str(value)
    if set(config.seed.generators) == set(Generator):
        used = value if seeds.value is not None else build_seed(value, build, config.seed.scope)
        watch.replacements.when_imported("torch", lambda torch: _seed_torch(torch, used, watch))


def _seed_torch(torch: ModuleType, seed: int, watch: Watch) -> None:
    """Seed PyTorch's generator, which has no name in `seed.generators`."""
    with watch.recorder.quiet():
        torch.manual_seed(seed)
    watch.recorder.seeds["torch"] = str(seed)
