"""Rows that are read anew in each pass and are never all in memory. Imports TensorFlow."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data import Array, Part
from runner.errors import ConfigError
from runner.fingerprint import DIGITS, digest
from runner.jobs import one_line

CHUNK_BYTES = 2**20
"""Rows that are fingerprinted at a time. A call for each would cost 60 microseconds a row; in
chunks it is 2, and 0.7 ms for each MiB (measured on rows of 256 bytes and of 2 MiB)."""
CHUNK_ROWS = 256

BATCH_BYTES = 2**26
"""Test rows that are held at a time, unless one row is larger."""


@dataclass
class Reading:
    """Takes down what a stream gives, one digest a pass."""

    passes: list[str] = field(default_factory=list)
    """Of the rows of each pass that was ended, in the order in which the source gave them."""
    rows: int = 0
    """Of the last pass."""
    _pass: Any = None

    def note(self, index: Any, x: Array, y: Array) -> None:
        """Add a chunk of rows; the one with index 0 begins a pass."""
        if index == 0:
            self._pass, self.rows = hashlib.sha256(), 0
        self._pass.update(digest(x, y).encode())
        self.rows += len(x)

    def end_pass(self) -> None:
        """Close the pass, if one was begun: behind a cache the source is read only once."""
        if self._pass is not None:
            self.passes.append(self._pass.hexdigest()[:DIGITS])
            self._pass = None


@dataclass(frozen=True)
class Stream:
    """A part of the rows as a tf.data.Dataset of single (x, y)."""

    dataset: tf.data.Dataset
    x: tf.TensorSpec
    """Of one row, its shape known."""
    y: tf.TensorSpec

    @classmethod
    def of(cls, dataset: tf.data.Dataset) -> Stream:
        """Take up what a source returned.

        A dataset that does not say the shape of its rows is read up to the first one.

        Raises:
            ConfigError: it does not give single rows of two arrays of numbers, or has no end.
        """
        spec = dataset.element_spec
        if not (isinstance(spec, tuple) and len(spec) == 2 and all(map(_is_numeric, spec))):
            rule = "must give rows (x, y), two arrays of numbers"
            raise ConfigError("data.source", rule, one_line(str(spec)))
        if all(each.shape.rank and each.shape[0] is None for each in spec):
            rule, hint = "must give single rows, not batches", "Add .unbatch(), or say the shape of a row"
            raise ConfigError("data.source", rule, f"shapes {_shapes(spec)}", hint)
        if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
            hint = "Leave out .repeat(): train.epochs says how often they are read"
            raise ConfigError("data.source", "must come to an end", "rows without end", hint)
        if not all(each.shape.is_fully_defined() for each in spec):
            first = _take(dataset, 1)
            spec = [tf.TensorSpec(a.shape[1:], s.dtype) for a, s in zip(first, spec, strict=True)]
        return cls(dataset, *spec)

    @property
    def row_bytes(self) -> int:
        """Size of a row."""
        return sum(each.dtype.size * int(np.prod(each.shape)) for each in (self.x, self.y))

    def zeros(self) -> Part:
        """One row of zeros, like those of the stream: (1, ...) and (1, ...)."""
        x, y = (np.zeros((1, *e.shape), e.dtype.as_numpy_dtype) for e in (self.x, self.y))
        return x, y

    def take(self, rows: int) -> Part:
        """The first rows, or as many as there are.

        Raises:
            ConfigError: there is none, or reading failed.
        """
        return _take(self.dataset, rows)

    def numbered(self, reading: Reading) -> tf.data.Dataset:
        """Each row as (number, x, y), the number counted from 0 in the order of the source.

        Rows are fingerprinted on the way. How many there are is not known to what follows, so
        that training reads each pass to its end, and each fingerprint has all rows.
        """
        chunk = max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(self.row_bytes, 1)))

        def note(index: Any, x: Array, y: Array) -> Any:
            reading.note(index, x, y)
            return index * chunk + np.arange(len(x))

        def mark(index: Any, row: Any) -> Any:
            x, y = row
            numbers = tf.numpy_function(note, [index, x, y], tf.int64)
            numbers.set_shape([None])
            return (
                numbers,
                tf.ensure_shape(x, (None, *self.x.shape)),
                tf.ensure_shape(y, (None, *self.y.shape)),
            )

        chunks = self.dataset.batch(chunk).enumerate()
        # There is nothing for AutoGraph to convert, and looking takes it 60 ms.
        return chunks.map(tf.autograph.experimental.do_not_convert(mark)).unbatch()

    def batches(self, rows: int, reading: Reading) -> Iterator[Part]:
        """Batches of at most so many rows in one pass, fingerprinted.

        Raises:
            ConfigError: reading failed.
        """
        held = max(1, min(rows, BATCH_BYTES // max(self.row_bytes, 1)))
        for index, (x, y) in enumerate(_read(self.dataset.batch(held))):
            reading.note(index, x, y)
            yield x, y
        reading.end_pass()

    def read_through(self, reading: Reading) -> None:
        """Fingerprint one pass that nothing is made of."""
        for _ in self.batches(CHUNK_ROWS, reading):
            pass


def explain_reading(error: Exception) -> str:
    """What went wrong, out of what TensorFlow says of an error that rows raised on their way."""
    said = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", str(error).partition("\n\t [[")[0])
    # A traceback, of this program or of a generator, ends with what it is about.
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else type(error).__name__


def _take(dataset: tf.data.Dataset, rows: int) -> Part:
    first = next(_read(dataset.batch(rows).take(1)), None)
    if first is None:
        raise ConfigError("data.source", "must give rows", "none")
    return first


def _read(dataset: tf.data.Dataset) -> Iterator[Part]:
    try:
        for x, y in dataset:
            yield x.numpy(), y.numpy()
    except tf.errors.OpError as error:
        rule = f"its rows cannot be read: {explain_reading(error)}"
        raise ConfigError("data.source", rule) from error


def _is_numeric(spec: Any) -> bool:
    kind = getattr(spec, "dtype", None)
    return isinstance(spec, tf.TensorSpec) and (
        kind.is_floating or kind.is_integer or kind.is_bool
    )


def _shapes(spec: Any) -> str:
    return " and ".join(str(each.shape) for each in spec)
