"""Rules for splitting rows, made from the settings of a config."""

from __future__ import annotations

from runner.config.schema import Split, SplitBy
from runner.data.parting.partition import SplitRule


def rule_of(by="random", seed=0, **settings):
    """The rule that a run takes from these keys of `data.split`."""
    split = Split(by=SplitBy[by], seed=seed, **settings)
    return SplitRule(by, split.count_held, split.folds, split.fold, split.seed)
