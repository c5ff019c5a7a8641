"""Arranges the configurations of a sweep as algorithms over tasks, and pairs them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from runner.compare.metric_samples import Sample
from runner.compare.sweeps import find_varied, name_of
from runner.errors import ConfigError, nearest
from runner.numeric.intervals import mean_of
from runner.numeric.jackknife import Values

DEFAULT = "(default)"
"""The value of a key that a configuration's command line does not name."""

MOST_ALGORITHMS = 10
"""Among more algorithms, pairs are only compared where a key is named."""


@dataclass(frozen=True)
class Algorithm:
    """Configurations that agree in everything but the task."""

    name: str
    """The overrides that tell it from the others; empty if it is alone."""
    overrides: dict[str, str]
    """The overrides that its configurations share, key to value."""
    tasks: dict[str, Sample]
    """Value of the task's key to the sample; one sample if no key is the task's."""

    def strata(self, tasks: Sequence[str]) -> list[Values]:
        """Return the values (run,) of each of some tasks."""
        return [np.asarray(self.tasks[task].values, np.float64) for task in tasks]


def group_by_task(samples: Sequence[Sample], key: str | None) -> list[Algorithm]:
    """Group configurations that differ in one key only.

    Args:
        samples: the configurations that have values.
        key: the key whose values are tasks; None: each configuration is an algorithm.

    Raises:
        ConfigError: the key was not swept over.
    """
    check_key("--tasks", key, samples)
    groups: dict[tuple[tuple[str, str], ...], dict[str, Sample]] = {}
    for each in samples:
        others = tuple(pair for pair in each.overrides.items() if pair[0] != key)
        task = each.overrides.get(key, DEFAULT) if key else ""
        group = groups.setdefault(tuple(sorted(others)), {})
        if task in group:
            rule = "cannot be compared: several configurations have the same overrides"
            raise ConfigError(each.shown_name, rule)
        group[task] = each
    kept = [dict(others) for others in groups]
    varied = find_varied(kept)
    return [
        Algorithm(name_of(_in_order(overrides, group), varied), overrides, group)
        for overrides, group in zip(kept, groups.values(), strict=True)
    ]


def check_key(option: str, key: str | None, samples: Sequence[Sample]) -> None:
    """Refuse a key that does not tell configurations apart.

    Raises:
        ConfigError: as said.
    """
    varied = sorted(find_varied([each.overrides for each in samples]))
    if key is not None and key not in varied:
        hint = nearest(key, varied) or f"Swept: {', '.join(varied) or 'nothing'}"
        raise ConfigError(option, "must name a key that was swept over", key, hint)


def pair_up(algorithms: Sequence[Algorithm], levels: str | None) -> list[tuple[int, int]]:
    """Return which algorithms are compared, as pairs of indices.

    Args:
        algorithms: all of them.
        levels: `KEY=A,B`: those with KEY=A, each with the one that has KEY=B and agrees in all
            other overrides; None: all pairs.

    Raises:
        ConfigError: the levels are not of this form, or no such pair exists.
    """
    if levels is None:
        return list(combinations(range(len(algorithms)), 2))
    key, a, b = _read_levels(levels, algorithms)
    places: dict[tuple[tuple[str, str], ...], dict[str, int]] = {}
    for place, each in enumerate(algorithms):
        others = tuple(sorted(pair for pair in each.overrides.items() if pair[0] != key))
        places.setdefault(others, {})[each.overrides.get(key, DEFAULT)] = place
    pairs = [(group[a], group[b]) for group in places.values() if a in group and b in group]
    if not pairs:
        rule = "no two configurations differ in this key alone"
        raise ConfigError("--compare", rule, levels)
    return pairs


def shared_tasks(a: Algorithm, b: Algorithm) -> list[str]:
    """Return the tasks that both have, in the order of A."""
    return [task for task in a.tasks if task in b.tasks]


def pair_seeds(a: Sample, b: Sample) -> Values:
    """Return A less B (pair,) for each seed that both recorded; runs of one seed are averaged."""
    ours, theirs = _by_seed(a), _by_seed(b)
    return np.array([mean_of(ours[s]) - mean_of(theirs[s]) for s in ours if s in theirs])


def _by_seed(sample: Sample) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for seed, value in zip(sample.seeds, sample.values, strict=True):
        if seed is not None:
            found.setdefault(seed, []).append(value)
    return found


def _read_levels(text: str, algorithms: Sequence[Algorithm]) -> tuple[str, str, str]:
    key, equals, values = text.partition("=")
    levels = values.split(",")
    if not equals or len(levels) != 2 or levels[0] == levels[1] or not all(levels):
        raise ConfigError("--compare", "must be KEY=A,B with two different values", text)
    check_key("--compare", key, [next(iter(each.tasks.values())) for each in algorithms])
    known = list(dict.fromkeys(each.overrides.get(key, DEFAULT) for each in algorithms))
    for level in levels:
        if level not in known:
            hint = nearest(level, known) or f"Values: {', '.join(known)}"
            raise ConfigError(f"--compare {key}", "was not given this value", level, hint)
    return key, levels[0], levels[1]


def _in_order(overrides: Mapping[str, str], group: Mapping[str, Sample]) -> dict[str, str]:
    """Return overrides in the order of the command line."""
    first = next(iter(group.values()))
    return {key: value for key, value in first.overrides.items() if key in overrides}
