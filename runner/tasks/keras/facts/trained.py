"""A trained model with the rows that facts about it are measured on. Imports TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from runner.config.schema import Config
from runner.data.nest import Nest
from runner.data.rows import Rows
from runner.numeric.bitwise import Array
from runner.tasks.keras.facts.watched_pass import WatchedPass, find_watched, watch_pass
from runner.tasks.keras.feed.load import Data

ROWS = 64
"""Most rows that a model is called on to measure facts, so that this costs next to nothing."""

MOST_TARGETS = 2**20
"""About how many numbers of targets are looked at; of more, evenly spaced rows are taken."""


@dataclass(frozen=True)
class Trained:
    """The last model that a run trained, after everything else in the run was done."""

    model: Any
    cfg: Config
    rows: tuple[Nest, Nest]
    """At most ROWS rows (row, ...), spread over the training part; where rows stream, those of the
    probe."""
    probe: tuple[Nest, Nest]
    """The probe: inputs (input, ...) and targets (input, ...)."""
    outputs: Array
    """Outputs of the first call on the probe, of shape (input, unit)."""
    targets: Any
    """Targets (row, ...) of the training part; where rows stream, those of the probe. A fact that
    is not measured on nests of targets raises an error, and is left out."""
    inputs: Array | None
    """Inputs (row, ...) of the training part; None where rows stream or are nests."""

    @classmethod
    def of(cls, model: Any, cfg: Config, data: Data, outputs: Array) -> Trained:
        """Put together what facts are measured on.

        Args:
            model: the trained model.
            cfg: the run's config.
            data: the run's rows.
            outputs: outputs on the probe, of shape (call, input, unit).
        """
        probe = data.probe(cfg.probe.inputs)
        rows, targets = probe.take(slice(ROWS)), probe.y
        if isinstance(data.train, Rows):
            places = np.unique(np.linspace(0, data.train.count - 1, ROWS).astype(int))
            rows, targets = data.train.take(places), data.train.y
        return cls(
            model, cfg, (rows.x, rows.y), (probe.x, probe.y), outputs[0], targets, data.inputs
        )

    @cached_property
    def some_targets(self) -> Array:
        """Return the targets (row, ...), or rows spread over them where they are many."""
        most = max(ROWS, MOST_TARGETS // max(1, self.targets[0].size))
        if len(self.targets) <= most:
            every: Array = self.targets
            return every
        places = np.linspace(0, len(self.targets) - 1, most).astype(int)
        some: Array = self.targets[places]
        return some

    @property
    def steps(self) -> int:
        """Return how many times the optimizer changed the weights; 0 where nothing was trained."""
        optimizer = getattr(self.model, "optimizer", None)
        return int(optimizer.iterations) if optimizer is not None else 0

    @cached_property
    def call(self) -> WatchedPass:
        """One call on `rows`, in which batch normalization took the statistics of these rows."""
        return watch_pass(self.model, self.rows[0], self._watched)

    @property
    def seen(self) -> WatchedPass | None:
        """The call, if the model has a layer that is worth watching; None spares the call."""
        return self.call if self._watched else None

    @cached_property
    def _watched(self) -> dict[int, str]:
        return find_watched(self.model)
