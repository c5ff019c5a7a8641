"""How many runs a configuration can get, where `replicates` may be a number or `auto`."""

from __future__ import annotations

from runner.config.schema.configuration import Config

AUTO = "auto"
"""The value of `replicates` with which the number of runs is decided round by round."""

FIRST_ROUND = 2
"""Runs of a configuration in the first round of `replicates=auto`: enough to see a difference."""


def is_auto(config: Config) -> bool:
    """Return whether the number of runs is decided round by round."""
    return bool(config.replicates == AUTO)


def first_replicates(config: Config) -> int:
    """Return how many runs are planned before any is made, without replays."""
    return FIRST_ROUND if is_auto(config) else int(config.replicates)


def fewest_same(config: Config) -> int:
    """Return how many runs must agree before the configuration is left as the same."""
    return config.same_replicates if is_auto(config) else int(config.replicates)


def most_replicates(config: Config) -> int:
    """Return how many runs there can be in the end, without replays."""
    return config.max_replicates if is_auto(config) else int(config.replicates)
