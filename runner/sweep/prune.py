"""Skips configurations that vary only sources of randomness they lack."""

from __future__ import annotations

from collections.abc import Sequence

from runner.config.compose import ComposedConfiguration
from runner.config.grids.content import Content
from runner.config.schema import Strategy
from runner.static.facts import ConfigFacts
from runner.static.sources import absent_sources
from runner.trust.command_line import split_override

VARY = "seed.vary"
"""Config key that lists the sources of randomness whose seeds vary."""


def prune(
    configurations: Sequence[ComposedConfiguration],
) -> tuple[list[ComposedConfiguration], list[str]]:
    """Choose which configurations of a sweep over `seed.vary` are worth running.

    A configuration is left out if it varies only sources of randomness that it certainly lacks,
    because its runs would all be the same. It is kept if otherwise no configuration with the same
    remaining overrides would be left.

    Args:
        configurations: Valid configurations, whose overrides all have the same keys.

    Returns:
        The configurations to run, and lines to print about those left out. If all configurations
        with one value of `seed.vary` are left out, they share a line.
    """
    combinations = [each.overrides for each in configurations]
    columns = enumerate(zip(*combinations, strict=True))
    swept = [column for column, values in columns if len(set(values)) > 1]
    vary = next((p for p in swept if split_override(combinations[0][p])[0] == VARY), None)
    if vary is None:
        return list(configurations), []
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, overrides in enumerate(combinations):
        groups.setdefault((*overrides[:vary], *overrides[vary + 1 :]), []).append(index)
    idle: set[int] = set()
    for group in groups.values():
        constant = {index for index in group if varies_nothing(configurations[index].content)}
        if len(constant) < len(group):
            idle |= constant
    kept = [index for index in range(len(configurations)) if index not in idle]
    run = {combinations[index][vary] for index in kept}
    lines: dict[str, None] = {}
    for index in sorted(idle):
        overrides = combinations[index]
        named = swept if overrides[vary] in run else [vary]
        lines[" ".join(overrides[p] for p in named)] = None
    explained = [f"left out: {line}: the configuration has no such source" for line in lines]
    return [configurations[index] for index in kept], explained


def varies_nothing(content: Content) -> bool:
    """Return whether seeds are derived and each source that is to vary is certainly absent.

    False if no source is to vary.
    """
    seed = content.typed.seed
    vary = seed.vary
    if seed.strategy is not Strategy.derived or not isinstance(vary, list) or not vary:
        return False
    return set(vary) <= set(absent_sources(ConfigFacts.of_content(content)))
