"""Skips configurations that vary only sources of randomness they lack."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from runner.config.compose import ComposedConfiguration
from runner.config.schema import Strategy
from runner.static.facts import ConfigFacts
from runner.static.sources import absent_sources
from runner.trust.command_line import split_override

VARY = "seed.vary"


def prune(
    configurations: Sequence[ComposedConfiguration],
) -> tuple[list[ComposedConfiguration], list[str]]:
    """Choose which configurations of a sweep over `seed.vary` are worth running.

    Those that vary only sources which they surely lack are not: their runs would be copies, as
    where nothing varies. They stay where nothing else of the same other overrides would.

    Args:
        configurations: valid ones, whose overrides all have the same keys.

    Returns:
        The configurations to run, and a line for a person on each that is left out: one line for
        all that say the same of `seed.vary`, where all of these are.
    """
    combinations = [each.overrides for each in configurations]
    swept = [p for p, said in enumerate(zip(*combinations, strict=True)) if len(set(said)) > 1]
    place = next((p for p in swept if split_override(combinations[0][p])[0] == VARY), None)
    if place is None:
        return list(configurations), []
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, said in enumerate(combinations):
        groups.setdefault((*said[:place], *said[place + 1 :]), []).append(index)
    idle: set[int] = set()
    for group in groups.values():
        found = {index for index in group if varies_nothing(configurations[index].cfg)}
        if len(found) < len(group):
            idle |= found
    kept = [index for index in range(len(configurations)) if index not in idle]
    run = {combinations[index][place] for index in kept}
    lines: dict[str, None] = {}
    for index in sorted(idle):
        said = combinations[index]
        named = swept if said[place] in run else [place]
        lines[" ".join(said[p] for p in named)] = None
    explained = [f"left out: {line}: the configuration has no such source" for line in lines]
    return [configurations[index] for index in kept], explained


def varies_nothing(cfg: DictConfig) -> bool:
    """Whether all sources that are to vary by replicate, at least one, are surely not there."""
    vary = cfg.seed.vary
    if cfg.seed.strategy is not Strategy.derived or not OmegaConf.is_list(vary) or not vary:
        return False
    return set(vary) <= set(absent_sources(ConfigFacts.of(cfg)))
