"""Configurations that a sweep need not run: those that vary only what they do not have."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from runner.schema import Strategy
from runner.static.sources import absent_sources
from runner.static.subject import Subject

VARY = "seed.vary"


def leave_out(
    combinations: Sequence[Sequence[str]], composed: Sequence[DictConfig]
) -> tuple[list[int], list[str]]:
    """Choose which configurations of a sweep over `seed.vary` are worth running.

    Those that vary only sources which they surely lack are not: their runs would be copies, as
    where nothing varies. They stay where nothing else of the same other overrides would.

    Args:
        combinations: the overrides of each configuration, `key=value`, all with the same keys.
        composed: what each is composed to; valid.

    Returns:
        Indices of the configurations to run, and a line for a person on each that is left out: one
        line for all that say the same of `seed.vary`, where all of these are.
    """
    everything = list(range(len(combinations)))
    swept = [p for p, said in enumerate(zip(*combinations, strict=True)) if len(set(said)) > 1]
    place = next((p for p in swept if _key(combinations[0][p]) == VARY), None)
    if place is None:
        return everything, []
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, said in enumerate(combinations):
        groups.setdefault((*said[:place], *said[place + 1 :]), []).append(index)
    idle: set[int] = set()
    for group in groups.values():
        found = {index for index in group if varies_nothing(composed[index])}
        if len(found) < len(group):
            idle |= found
    kept = [index for index in everything if index not in idle]
    run = {combinations[index][place] for index in kept}
    lines: dict[str, None] = {}
    for index in sorted(idle):
        said = combinations[index]
        named = swept if said[place] in run else [place]
        lines[" ".join(said[p] for p in named)] = None
    return kept, [f"left out: {line}: the configuration has no such source" for line in lines]


def varies_nothing(cfg: DictConfig) -> bool:
    """Whether all sources that are to vary by replicate, at least one, are surely not there."""
    vary = cfg.seed.vary
    if cfg.seed.strategy is not Strategy.derived or not OmegaConf.is_list(vary) or not vary:
        return False
    return set(vary) <= set(absent_sources(Subject.of(cfg)))


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+")
