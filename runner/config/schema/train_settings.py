"""Settings of training: the pipeline of rows, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.config.schema.choices import (
    MAX_SEED,
    STAGES,
    Checkpoint,
    Evaluated,
    Feed,
    Held,
    Reported,
)
from runner.config.schema.field_option import option


@dataclass
class Shuffle:
    """The shuffle stage of the input pipeline."""

    enabled: bool = option(True, "false: the stage is left out")
    buffer: int | None = option(None, "rows held at a time; null: all", ge=1)
    seed: int | None = option(
        None, "the stage's own seed; null: from the strategy", ge=0, le=MAX_SEED
    )
    reshuffle: bool = option(True, "another order in each epoch")
    by_epoch: bool = option(
        False, "an order that follows from the seed and the epoch's number alone", later=True
    )


@dataclass
class Augment:
    """The augment stage of the input pipeline."""

    function: Any = option(None, "_target_: Keras layer or callable, one row's x in, x out")
    parallel_calls: int = option(1, "rows augmented at a time", ge=1)
    deterministic: bool = option(True, "false: rows may change places to save time")


@dataclass
class Validation:
    """The rows on which training is validated after each epoch."""

    part: Held = option(
        Held.none, "none, split (random rows), last (as in Keras), test, or source", later=True
    )
    fraction: float = option(0.2, "split, last: share of the training part", gt=0, lt=1, later=True)
    seed: int | None = option(
        0,
        "split: null: drawn anew by each run from NumPy's global generator",
        ge=0,
        le=MAX_SEED,
        later=True,
    )
    source: Any = option(None, "source: _target_, callable that returns (x, y)", later=True)

    def count_held(self, rows: int) -> int:
        """Return how many of `rows` rows are held out, so that two or more stay.

        They are as many as Keras's own validation_split holds out.
        """
        if self.part not in (Held.split, Held.last) or rows < 3:
            return 0
        return min(max(rows - int(rows * (1 - self.fraction)), 1), rows - 2)


@dataclass
class Evaluate:
    """What the reported metrics are measured on, and when."""

    at: Reported = option(Reported.final, "final (weights), or best of the evaluations", later=True)
    every: int | None = option(
        None, "epochs from one evaluation to the next; null: 1 with at=best", ge=1, later=True
    )
    part: Evaluated = option(Evaluated.test, "test or validation", later=True)
    by: str | None = option(
        None, "best: metric that decides; null: the first, or else loss", later=True
    )


@dataclass
class Train:
    """Settings of training."""

    optimizer: Any = option("adam", "name or _target_")
    loss: Any = option(
        "sparse_categorical_crossentropy",
        "name or _target_; for several outputs {OUTPUT: NAME}",
    )
    metrics: list[Any] = option(
        ["accuracy"], "names or _target_s; for several outputs [{OUTPUT: [NAME]}]"
    )
    epochs: int = option(5, "passes over the training part; 0: untrained", ge=0)
    batch_size: int = option(32, "rows per step", ge=1)
    drop_remainder: bool = option(False, "leave out a last, smaller batch")
    pipeline: list[str] = option(
        ["cache", "shuffle", "batch", "prefetch"], f"stages in order, out of {', '.join(STAGES)}"
    )
    augment: Augment = option(Augment, "used when the pipeline has the stage")
    prefetch: int = option(2, "batches prepared ahead", ge=1)
    steps_per_execution: int = option(1, "steps per call of the compiled function", ge=1)
    steps: int | None = option(
        None, "training steps in all, instead of epochs; rows are repeated", ge=1, later=True
    )
    steps_per_epoch: int | None = option(
        None, "steps that count as an epoch; rows are repeated", ge=1, later=True
    )
    initial_epoch: int = option(0, "number of the first epoch, as in Keras", ge=0, later=True)
    callbacks: list[Any] = option([], "_target_s of keras.callbacks, or your own", later=True)
    checkpoint: Checkpoint = option(
        Checkpoint.backup,
        "resumes: backup (BackupAndRestore), model (a .keras file) or weights only",
        later=True,
    )
    feed: Feed = option(
        Feed.pipeline, "pipeline, or keras: arrays are handed to fit as scripts do", later=True
    )
    adapt: Any = option(
        [], "all or a list of names: layers that learn from the training part first", later=True
    )
    validation: Validation = option(Validation, "rows for validation")
    evaluate: Evaluate = option(Evaluate, "what the reported metrics mean")
    class_weight: Any = option(
        None, "class to the weight of its rows in the loss; others weigh 1", later=True
    )
    loss_weights: Any = option(None, "weight of each output's loss", later=True)
    weighted_metrics: list[Any] = option(
        [], "as metrics, weighted by the rows' weights", later=True
    )

    @property
    def epoch_steps(self) -> int | None:
        """Return how many steps count as an epoch; None: one pass over the rows."""
        return self.steps_per_epoch or self.steps

    @property
    def last_epoch(self) -> int:
        """Return the number after that of the last epoch, unless training is stopped earlier."""
        return self.epochs if self.steps is None else self.steps // (self.epoch_steps or 1)

    @property
    def trained_epochs(self) -> int:
        """Return how many epochs training has, unless it is stopped; 0: there is no training."""
        return max(0, self.last_epoch - self.initial_epoch)
