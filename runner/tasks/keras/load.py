"""Loads the training and the test part of a run from its data source. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config
from runner.config.seeds import Seeds
from runner.data.array_sources import Part
from runner.data.part_facts import describe_parts
from runner.data.split import split_rows
from runner.data.stream import Stream, digest_chunks
from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.record.fingerprint import digest
from runner.record.reasons import Clause
from runner.tasks.keras.pipeline import OrderRecorder, TrainingRows

EVALUATED_ROWS = 1024
"""Test rows per forward pass, so that memory stays bounded whatever the size of the data."""

DISTANCES = frozenset(
    {
        *("mse", "meansquarederror", "mae", "meanabsoluteerror", "huber", "logcosh", "poisson"),
        *("mape", "meanabsolutepercentageerror", "msle", "meansquaredlogarithmicerror"),
    }
)
"""Names of Keras's losses for quantities, without case and underscores."""


@dataclass(frozen=True)
class Data:
    """The training part, the test part, and the fingerprints of data and split."""

    train: Part | Stream
    test: Part | Stream
    fingerprints: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> TrainingRows | Stream:
        """Return the training part in the form that the input pipeline takes."""
        return self.train if isinstance(self.train, Stream) else TrainingRows(*self.train)

    @property
    def like(self) -> Part:
        """Return the first row of the training part: inputs (1, ...) and targets (1, ...)."""
        return _first(self.train, 1)

    @property
    def inputs(self) -> Array | None:
        """Return the inputs (row, ...) of the training part; None if rows stream."""
        return None if isinstance(self.train, Stream) else self.train[0]

    @property
    def targets(self) -> Array | None:
        """Return the targets (row, ...) of the training part; None if rows stream."""
        return None if isinstance(self.train, Stream) else self.train[1]

    def probe(self, rows: int) -> Part:
        """Return the first rows of the test part, at most `rows` and at most `probe.inputs`."""
        return _first(self.test, rows)

    def find_changes(self, recorder: OrderRecorder) -> dict[str, str]:
        """Return stage to digest of each pass that gave other rows than the pass before training.

        Arrays never change, so they give no stage.
        """
        if not isinstance(self.train, Stream):
            return {}
        return self.train.find_changes(recorder.reading)


def load_data(cfg: Config, seeds: Seeds) -> Data:
    """Call the data source, and split its rows unless it returns a training and a test part.

    The fingerprint `data` is taken over all rows in the order of the source. Rows that stream are
    digested in another way, so the same rows as arrays have a different fingerprint.

    Raises:
        ConfigError: The source returned something else, or data that cannot be trained on.
    """
    loaded = instantiate_node(cfg.data.source, "data.source")
    if _is_part(loaded):
        part = _checked(loaded)
        split_seed = seeds.split if seeds.split is not None else cfg.data.split.seed
        train, test, order = split_rows(part, cfg.data.split.count_held(len(part[0])), split_seed)
        return Data(train, test, {"data": digest(*part), "split": digest(order)})
    if _is_pair(loaded) and all(map(_is_part, loaded)):
        train, test = (_checked(part) for part in loaded)
        return Data(train, test, {"data": digest(*train, *test)})
    if _is_pair(loaded) and all(isinstance(each, tf.data.Dataset) for each in loaded):
        streams = Stream.read(loaded[0], keep=1), Stream.read(loaded[1], keep=cfg.probe.inputs)
        if streams[0].count < 2:
            raise ConfigError("data.source", "must give two rows or more to train on", 1)
        # Digested apart: a row that moves from the end of one part to the other must show.
        digests = [digest_chunks(each.chunks) for each in streams]
        return Data(*streams, {"data": digest_chunks(digests)})
    if isinstance(loaded, tf.data.Dataset):
        rule = "must return two tf.data.Datasets, as rows that stream are not split"
        raise ConfigError("data.source", rule, "one", "Return (training, test)")
    rule = "must return (x, y), or a training and a test part, each (x, y) or a tf.data.Dataset"
    raise ConfigError("data.source", rule, type(loaded).__name__)


def describe_data(cfg: Config, data: Data) -> list[Clause]:
    """Return the facts about the rows of a run; none about rows that stream."""
    if isinstance(data.train, Stream) or isinstance(data.test, Stream):
        return []
    train = cfg.train
    # A buffer of one row changes no order, and where nothing is trained there is none.
    shuffled = cfg.shuffle.enabled and "shuffle" in train.pipeline and cfg.shuffle.buffer != 1
    batches = -(-data.rows.count // train.batch_size) if train.epochs else 0
    in_order = batches > 1 and not shuffled
    return describe_parts(data.train, data.test, in_order, _measures_distances(train.loss))


def _measures_distances(loss: Any) -> bool:
    """Return whether a loss is one of Keras's for targets that are quantities, not classes."""
    name = loss.get("_target_", "") if isinstance(loss, dict) else loss
    return str(name).rpartition(".")[2].replace("_", "").lower() in DISTANCES


def batches(test: Part | Stream) -> Iterator[Part]:
    """Yield the rows of a test part in batches of EVALUATED_ROWS."""
    if isinstance(test, Stream):
        yield from test.batches(EVALUATED_ROWS)
        return
    x, y = test
    for start in range(0, len(x), EVALUATED_ROWS):
        rows = slice(start, start + EVALUATED_ROWS)
        yield x[rows], y[rows]


def _first(part: Part | Stream, rows: int) -> Part:
    x, y = part.head if isinstance(part, Stream) else part
    return x[:rows], y[:rows]


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def _is_part(value: Any) -> bool:
    return _is_pair(value) and all(hasattr(each, "shape") for each in value)


def _checked(part: Any) -> Part:
    x, y = (np.asarray(each) for each in part)
    if len(x) != len(y) or len(x) < 2:
        rule = "must return as many targets as inputs, at least two"
        raise ConfigError("data.source", rule, f"{len(x)} inputs and {len(y)} targets")
    return x, y
