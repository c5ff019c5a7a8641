"""Settings of the rows: their source, their split, and what is drawn of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from runner.config.schema.choices import MAX_SEED, SplitBy
from runner.config.schema.field_option import option


@dataclass
class Split:
    """Settings of the split of rows into a training part and a test part."""

    rows: int | None = option(None, "rows before the split, for lint; null: not known", ge=2)
    test_fraction: float = option(0.2, "share of the rows held out for the metrics", gt=0, lt=1)
    seed: int | None = option(
        0, "null: drawn anew by each run from NumPy's global generator", ge=0, le=MAX_SEED
    )
    by: SplitBy = option(
        SplitBy.random,
        "random, stratify (classes keep their shares), group (none is in both parts) or time"
        " (the last rows)",
        later=True,
    )
    group: str | None = option(
        None,
        "group: column or array with each row's group; null: your source returns (x, y, group)",
        later=True,
    )
    folds: int | None = option(
        None, "cross-validation: equal parts, of which one is held out", ge=2, later=True
    )
    fold: int = option(0, "which of the folds is held out; sweep over it", ge=0, later=True)

    def count_held(self, items: int) -> int:
        """Return how many of `items` rows or groups (at least 2) are held out.

        At least one is, and not all are.
        """
        if self.folds is not None:
            return items // self.folds + (self.fold < items % self.folds)
        return min(max(round(items * self.test_fraction), 1), items - 1)

    def count_parts(self, rows: int) -> tuple[int, int] | None:
        """Return how many of `rows` rows are for training and for testing.

        None where that depends on what the rows hold.
        """
        if self.by is SplitBy.group or (self.by is SplitBy.stratify and self.folds is not None):
            return None
        held = self.count_held(rows)
        return rows - held, held


@dataclass
class Resample:
    """Settings of what is drawn of the training part after the split."""

    bootstrap: bool = option(
        False, "train on as many rows, drawn from the training part with repetition", later=True
    )
    seed: int | None = option(
        0,
        "of all that is drawn; null: NumPy's generator; derived seeds: as the split",
        ge=0,
        le=MAX_SEED,
        later=True,
    )


@dataclass
class Pad:
    """Values with which rows of unequal length are filled up at their end."""

    inputs: Any = option(
        None, "fills up shorter rows of inputs, such as 0; null: refused", later=True
    )
    targets: Any = option(None, "the same of targets, such as -1", later=True)


@dataclass
class Data:
    """Settings of the source of the rows."""

    source: Any = option(MISSING, "_target_: callable that returns (x, y), or (x, y), (x, y)")
    units: int = option(MISSING, "output units of a model for this data", ge=1)
    rows: int | None = option(
        None, "rows of the training part, for lint; null: from split.rows", ge=1
    )
    split: Split = option(Split, "used when the source returns one part only")
    imbalance: Any = option(
        None, "{CLASS: SHARE}: train on this share of a class's rows only", later=True
    )
    label_noise: float = option(
        0.0, "share of the training rows that get another class", ge=0, le=1, later=True
    )
    resample: Resample = option(Resample, "what is drawn of the training part after the split")
    pad: Pad = option(Pad, "what fills up rows of unequal length")
    preload: list[str] = option([], "modules imported once, before runs are forked")

    @property
    def is_resampled(self) -> bool:
        """Whether anything is drawn of the training part after the split."""
        return self.resample.bootstrap or self.label_noise > 0 or bool(self.imbalance)
