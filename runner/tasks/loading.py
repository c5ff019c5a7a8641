"""From a data source to the training and the test part of a run. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data import Array, Part, split_rows
from runner.errors import ConfigError
from runner.fingerprint import digest
from runner.pipeline import OrderRecorder, Rows
from runner.schema import Config
from runner.seeds import Seeds
from runner.streams import Reading, Stream
from runner.targets import make

EVALUATED_ROWS = 1024
"""Test rows a forward pass, so that memory stays bounded whatever the size of the data."""


@dataclass(frozen=True)
class Data:
    """Training part, test part, and the fingerprints of how they came about."""

    train: Part | Stream
    test: Part | Stream
    probe: Part
    """The first rows of the test part."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Empty where rows stream: of these something is known only after they were read."""

    @property
    def rows(self) -> Rows | Stream:
        """The training part, as the input pipeline takes it."""
        return self.train if isinstance(self.train, Stream) else Rows(*self.train)

    @property
    def like(self) -> Part:
        """One row of the training part, or zeros where rows stream: (1, ...) and (1, ...)."""
        if isinstance(self.train, Stream):
            return self.train.zeros()
        return self.train[0][:1], self.train[1][:1]

    @property
    def targets(self) -> Array | None:
        """(row, ...) of the training part; None where rows stream."""
        return None if isinstance(self.train, Stream) else self.train[1]

    def complete(self, recorder: OrderRecorder, tested: Reading) -> dict[str, str]:
        """Fingerprints of rows that stream, once a build has read them; empty for arrays.

        `data` is of the training part as its first pass gave it, and of the test part, rows in
        the order of the source. A later pass that gave other rows, or the same in another order,
        has a stage of its own, `data/1` for the second. Not comparable with that of arrays.

        Raises:
            ConfigError: there are fewer than two rows to train on.
        """
        if not isinstance(self.train, Stream):
            return {}
        reading = recorder.reading
        if not reading.passes:  # nothing was trained
            self.train.read_through(reading)
        if reading.rows < 2:
            raise ConfigError("data.source", "must give two rows or more", reading.rows)
        first, *later = reading.passes
        found = {"data": digest(*(np.frombuffer(e.encode(), "u1") for e in (first, *tested.passes)))}
        return found | {f"data/{i}": each for i, each in enumerate(later, 1) if each != first}


def load_data(cfg: Config, seeds: Seeds) -> Data:
    """Call the source and split what it returns, unless it comes in two parts.

    Raises:
        ConfigError: it returned something else, or what cannot be trained on.
    """
    loaded, count = make(cfg.data.source, "data.source"), cfg.probe.inputs
    if _is_part(loaded):
        part = _checked(loaded)
        split_seed = seeds.split if seeds.split is not None else cfg.data.split.seed
        train, test, order = split_rows(part, cfg.data.split.test_fraction, split_seed)
        found = {"data": digest(*part), "split": digest(order)}
        return Data(train, test, _first(test, count), found)
    if _is_pair(loaded) and all(map(_is_part, loaded)):
        train, test = (_checked(part) for part in loaded)
        return Data(train, test, _first(test, count), {"data": digest(*train, *test)})
    if _is_pair(loaded) and all(isinstance(each, tf.data.Dataset) for each in loaded):
        first, second = (Stream.of(each) for each in loaded)
        return Data(first, second, second.take(count))
    if isinstance(loaded, tf.data.Dataset):
        rule = "must return two tf.data.Datasets, as rows that stream are not split"
        raise ConfigError("data.source", rule, "one", "Return (training, test)")
    rule = "must return (x, y), or (x, y) or a tf.data.Dataset twice: a training and a test part"
    raise ConfigError("data.source", rule, type(loaded).__name__)


def batches(test: Part | Stream, reading: Reading) -> Iterator[Part]:
    """Yield the rows of a test part in batches; those that stream are taken down."""
    if isinstance(test, Stream):
        yield from test.batches(EVALUATED_ROWS, reading)
        return
    x, y = test
    for start in range(0, len(x), EVALUATED_ROWS):
        rows = slice(start, start + EVALUATED_ROWS)
        yield x[rows], y[rows]


def _first(part: Part, rows: int) -> Part:
    return part[0][:rows], part[1][:rows]


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
