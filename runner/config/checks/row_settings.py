"""Checks how a config splits its rows, and draws of them, as far as that is known unloaded."""

from __future__ import annotations

from typing import Any

from runner.config.schema import Config, Generator, Scope, SplitBy, Strategy
from runner.errors import ConfigError
from runner.trust.names import CONFIG_FUNCTIONS

GROUPED = (
    "runner.data.hdf5", "runner.data.npz", "runner.tables.csv", "runner.tables.feather",
    "runner.tables.parquet",
)  # fmt: skip
"""Our sources that return the group of each row, by the name that configs use."""


def check_split(cfg: Config) -> None:
    """Check the node `data.split`.

    Raises:
        ConfigError: a setting does not go with another one, or folds would not be of one split.
    """
    split = cfg.data.split
    if split.by is SplitBy.group:
        _check_grouped(cfg.data.source, split.group)
    elif split.group is not None:
        hint = "Use data.split.by=group"
        raise ConfigError(
            "data.split.group", f"is not used by data.split.by={split.by.name}", split.group, hint
        )
    if split.folds is None:
        if split.fold:
            hint = "Such as data.split.folds=5"
            raise ConfigError("data.split.fold", "needs data.split.folds", split.fold, hint)
        return
    if split.fold >= split.folds:
        rule = f"must be less than data.split.folds, {split.folds}, as folds count from 0"
        raise ConfigError("data.split.fold", rule, split.fold)
    if split.by is SplitBy.time:
        rule = "must be null with data.split.by=time, which holds out the last rows only"
        raise ConfigError("data.split.folds", rule, split.folds)
    _check_one_split(cfg)


def _check_grouped(source: Any, column: str | None) -> None:
    target = source.get("_target_") if isinstance(source, dict) else None
    if target in CONFIG_FUNCTIONS and target not in GROUPED:
        rule = f"needs the group of each row, which {target} does not return"
        raise ConfigError("data.split.by", rule, "group", f"{', '.join(GROUPED)} do")
    if target in GROUPED and column is None:
        what = "a column" if target.startswith("runner.tables.") else "an array"
        rule = f"must name {what} with the group of each row for data.split.by=group"
        raise ConfigError("data.split.group", rule, "null")


def _check_one_split(cfg: Config) -> None:
    """Refuse folds that configurations or runs would cut anew, so that they overlap."""
    seed = cfg.seed
    if seed.strategy is Strategy.derived:
        if not seed.paired:
            rule = "must be true with data.split.folds, or each fold is one of another split"
            raise ConfigError("seed.paired", rule, "false")
        return
    follows = seed.strategy is Strategy.fixed and seed.scope is not Scope.call
    if cfg.data.split.seed is None and not (follows and Generator.numpy in seed.generators):
        rule = "must be a number with data.split.folds, or each fold is one of another split"
        raise ConfigError("data.split.seed", rule, "null")


def check_resample(cfg: Config) -> None:
    """Check `data.imbalance`; the ranges of the other settings are in the schema.

    Raises:
        ConfigError: it is no mapping of classes to shares in 0..1.
    """
    shares = cfg.data.imbalance
    if shares is None:
        return
    if not isinstance(shares, dict):
        raise ConfigError("data.imbalance", "must be a mapping such as {7: 0.1}", shares)
    for name, share in shares.items():
        key = f"data.imbalance.{name}"
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise ConfigError(key, "must be a number, the share of the class that stays", share)
        if not 0 <= share <= 1:
            raise ConfigError(key, "must be in 0..1, the share of the class that stays", share)
