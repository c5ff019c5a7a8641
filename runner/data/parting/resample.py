"""Draws what is trained on: fewer rows of a class, wrong labels, a bootstrap.

A fingerprint is taken of what is drawn, not of the rows that it leads to, so that another split
alone moves none of them where the numbers of rows agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.data.parting.classes import find_classes
from runner.data.rows import Rows
from runner.errors import ConfigError, nearest
from runner.record.fingerprint import digest
from runner.text import list_some

STAGES = ("imbalance", "label_noise", "resample")
"""The stages, in the order in which they happen."""

Indices = npt.NDArray[np.int64]

MAX_LISTED = 12
"""Most classes that an error lists."""


@dataclass(frozen=True)
class ResampleRule:
    """What is drawn of a training part."""

    imbalance: Mapping[Any, float]
    """Class to the share of its rows that stays; classes that are not named stay whole."""
    label_noise: float
    """Share of the rows that get another class."""
    bootstrap: bool
    seed: int | None
    """None: NumPy's global generator decides."""


def resample(rule: ResampleRule, rows: Rows) -> tuple[Rows, dict[str, str]]:
    """Return the rows that are trained on, and a fingerprint for each stage that the rule has.

    Raises:
        ConfigError: the rule needs classes that the targets do not have, or leaves too few rows.
    """
    stages = {}
    if rule.imbalance:
        kept, stages["imbalance"] = _thin_out(rule, rows.y, rows.count)
        rows = rows.take(kept)
    if rule.label_noise:
        sources, stages["label_noise"] = _mislabel(rule, rows.y, rows.count)
        rows = replace(rows, y=rows.y[sources])
    if rule.bootstrap:
        count = rows.count
        drawn = _generator(rule, "resample").randint(0, count, count).astype(np.int64)
        stages["resample"] = digest(drawn)
        rows = rows.take(drawn)
    return rows, stages


def _generator(rule: ResampleRule, stage: str) -> Any:
    """Return what a stage draws from; with a seed, no stage shifts what another one draws."""
    if rule.seed is None:
        # As in a split, NumPy's legacy global generator is used on purpose.
        return np.random
    sequence = np.random.SeedSequence(rule.seed, spawn_key=(STAGES.index(stage),))
    return np.random.RandomState(np.random.MT19937(sequence))


def _thin_out(rule: ResampleRule, y: Any, count: int) -> tuple[Indices, str]:
    """Return the rows that stay, in their order."""
    classes = find_classes("data.imbalance", y, count)
    names = {_name(each): each for each in np.unique(classes)}
    rank = _generator(rule, "imbalance").permutation(count).astype(np.int64)
    stays = np.ones(count, dtype=bool)
    for key, share in rule.imbalance.items():
        if str(key) not in names:
            known = list_some(list(names), MAX_LISTED)
            text = f"must be a class of the training part ({known})"
            raise ConfigError("data.imbalance", text, key, nearest(str(key), list(names)))
        own = np.flatnonzero(classes == names[str(key)])
        stays[own[np.argsort(rank[own])][round(share * len(own)) :]] = False
    if stays.sum() < 2:
        rule_text = "must leave two rows or more to train on"
        raise ConfigError("data.imbalance", rule_text, f"{stays.sum()} of {count}")
    return np.flatnonzero(stays), digest(rank)


def _mislabel(rule: ResampleRule, y: Any, count: int) -> tuple[Indices, str]:
    """Return for each row the row whose target it gets: its own, or one of another class."""
    classes = find_classes("data.label_noise", y, count)
    names, first, own = np.unique(classes, return_index=True, return_inverse=True)
    if len(names) < 2:
        text = "needs two classes or more in the training part"
        raise ConfigError("data.label_noise", text, f"{len(names)} class")
    generator = _generator(rule, "label_noise")
    chosen = generator.permutation(count)[: round(rule.label_noise * count)].astype(np.int64)
    steps = generator.randint(1, len(names), len(chosen)).astype(np.int64)
    sources = np.arange(count)
    sources[chosen] = first[(own[chosen] + steps) % len(names)]
    return sources, digest(chosen, steps)


def _name(label: Any) -> str:
    """Return a class as a config writes it: 7 also where the targets hold 7.0."""
    value = label.item()
    return str(int(value)) if isinstance(value, float | bool) else str(value)
