"""Decides which rows are for training and which for testing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.data.parting.classes import find_classes
from runner.errors import ConfigError
from runner.numeric.bitwise import Array

Order = npt.NDArray[np.int64]
"""Indices of all rows, those of the training part first."""


@dataclass(frozen=True)
class SplitRule:
    """How rows are divided; each field is the key below `data.split` with its name."""

    by: str
    """random, stratify, group or time."""
    count_held: Callable[[int], int]
    """How many of so many rows, or groups, are held out."""
    folds: int | None
    """Number of folds; None: a share of the rows is held out instead."""
    fold: int
    seed: int | None
    """None: NumPy's global generator decides."""


def partition(
    rule: SplitRule, count: int, targets: Any = None, groups: Array | None = None
) -> tuple[Order, int]:
    """Divide rows into a training and a test part.

    Args:
        rule: how.
        count: number of rows, at least two.
        targets: (row, ...), of which `stratify` takes the classes.
        groups: (row,), the group of each row; None: not known.

    Returns:
        The order of the rows, and how many of them, at its end, are the test part.

    Raises:
        ConfigError: the rows have too few groups, or members of a class; or no groups or classes.
    """
    if rule.by == "time":
        return np.arange(count, dtype=np.int64), rule.count_held(count)
    if rule.by == "stratify":
        return _join(*_stratify(rule, find_classes("data.split.by", targets, count)))
    if rule.by == "group":
        return _join(*_divide_groups(rule, _check_groups(groups, count)))
    if rule.folds is None:
        # NumPy's legacy global generator is used on purpose: in scripts, unseeded splits follow it.
        rows = np.random if rule.seed is None else np.random.RandomState(rule.seed)
        return rows.permutation(count).astype(np.int64), rule.count_held(count)
    return _join(*_choose_fold(rule, count, "rows"))


def _join(train: Array, test: Array) -> tuple[Order, int]:
    return np.concatenate([train, test]).astype(np.int64), len(test)


def _choose_fold(rule: SplitRule, count: int, items: str) -> tuple[Array, Array]:
    """Return the indices of the items outside of the fold, and of those in it."""
    from sklearn.model_selection import KFold

    if rule.folds is None or rule.folds > count:
        rule_text = f"must be at most the number of {items}, {count}"
        raise ConfigError("data.split.folds", rule_text, rule.folds)
    folds = KFold(rule.folds, shuffle=True, random_state=rule.seed).split(np.zeros(count))
    return _pick(folds, rule)


def _pick(folds: Any, rule: SplitRule) -> tuple[Array, Array]:
    found: tuple[Array, Array] = list(folds)[rule.fold]
    return found


def _stratify(rule: SplitRule, classes: Array) -> tuple[Array, Array]:
    from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

    names, counts = np.unique(classes, return_counts=True)
    rarest = f"{counts.min()} of class {names[counts.argmin()]}"
    rows = np.zeros(len(classes))
    if rule.folds is not None:
        if counts.min() < rule.folds:
            text = "must be at most the rows of the rarest class with data.split.by=stratify"
            raise ConfigError("data.split.folds", text, f"{rule.folds} folds, {rarest}")
        folds = StratifiedKFold(rule.folds, shuffle=True, random_state=rule.seed)
        return _pick(folds.split(rows, classes), rule)
    if counts.min() < 2:
        text = "stratify needs two rows or more of each class"
        raise ConfigError("data.split.by", text, rarest)
    held = rule.count_held(len(classes))
    if min(held, len(classes) - held) < len(names):
        text = f"must leave a row for each of {len(names)} classes in both parts"
        parts = f"{len(classes) - held} for training and {held} for testing"
        raise ConfigError("data.split.test_fraction", text, parts)
    single = StratifiedShuffleSplit(1, test_size=held, random_state=rule.seed)
    return _pick(single.split(rows, classes), rule)


def _divide_groups(rule: SplitRule, groups: Array) -> tuple[Array, Array]:
    from sklearn.model_selection import GroupShuffleSplit

    names, members = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ConfigError("data.split.by", "group needs two groups or more", f"{len(names)} group")
    if rule.folds is not None:
        # Groups are drawn as rows are; GroupKFold draws nothing before scikit-learn 1.6.
        _, held = _choose_fold(rule, len(names), "groups")
        inside = np.isin(members, held)
        return np.flatnonzero(~inside), np.flatnonzero(inside)
    single = GroupShuffleSplit(1, test_size=rule.count_held(len(names)), random_state=rule.seed)
    return _pick(single.split(np.zeros(len(groups)), groups=members), rule)


def _check_groups(groups: Array | None, count: int) -> Array:
    if groups is None or groups.shape != (count,):
        text = "needs one group for each row"
        shown = "none" if groups is None else f"shape {groups.shape} for {count} rows"
        raise ConfigError("data.split.by", text, shown)
    missing = sum(each is None or each != each for each in groups.tolist())
    if missing:
        shown = f"{missing} of {count} rows without"
        raise ConfigError("data.split.by", "needs a group for each row", shown)
    return groups.astype(str) if groups.dtype.hasobject else groups
