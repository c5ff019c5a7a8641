"""Rows that are read anew in each pass and are never all in memory. Imports TensorFlow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data.array_sources import Array, Part
from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.text import one_line

CHUNK_ROWS = 256
CHUNK_BYTES = 2**20
"""Rows that are fingerprinted at a time, at most. One by one it would cost 60 microseconds a row;
in chunks 2, and 0.7 ms for each MiB (measured with rows of 256 bytes and of 2 MiB)."""

HELD_BYTES = 2**26
"""Rows of the test part that are held at a time, unless a single one is larger."""


@dataclass
class Reading:
    """Takes down what each pass over a stream gave."""

    passes: list[str] = field(default_factory=list)
    """A digest for each pass that was ended, of its rows in the order in which they came."""
    limit: int | None = None
    """Chunks of a pass that count; None: all."""
    _chunks: list[str] = field(default_factory=list)

    def note(self, index: int, x: Array, y: Array) -> None:
        """Add a chunk of rows; the one with index 0 begins a pass."""
        if self.limit is not None and index >= self.limit:
            return
        if index == 0:
            self._chunks = []
        self._chunks.append(digest(x, y))

    def end_pass(self) -> None:
        """Close the pass, if one was begun: behind a cache the source is read only once."""
        if self._chunks:
            self.passes.append(digest_chunks(self._chunks))
        self._chunks = []


@dataclass(frozen=True)
class Stream:
    """A part of the rows as a tf.data.Dataset of single (x, y), which was read once already."""

    dataset: tf.data.Dataset
    x: tf.TensorSpec
    """Of one row, its shape known."""
    y: tf.TensorSpec
    count: int
    """Rows."""
    chunks: tuple[str, ...]
    """Digests of the rows as the first pass gave them, in chunks: 16 characters for each MiB."""
    head: Part
    """The first rows."""

    @classmethod
    def read(cls, dataset: tf.data.Dataset, keep: int) -> Stream:
        """Read a dataset to its end, to count and fingerprint the rows and keep the first ones.

        Keras must know how many there are: at the end of a dataset of unknown length it does one
        more step, without rows, that moves the optimizer and the masks of dropout on (3.15).

        Args:
            dataset: what a source returned.
            keep: rows, at least one.

        Raises:
            ConfigError: it does not give single rows of two arrays of numbers, has no end, no
                rows, or cannot be read.
        """
        x, y = _check(dataset)
        count, chunks, head = 0, [], []
        for chunk in _read(dataset.batch(chunk_rows(x, y))):
            if count < keep:
                head.append([part[: keep - count] for part in chunk])
            count += len(chunk[0])
            chunks.append(digest(*chunk))
        if not count:
            raise ConfigError("data.source", "must give rows", "none")
        first_x, first_y = (np.concatenate(parts) for parts in zip(*head, strict=True))
        return cls(dataset, x, y, count, tuple(chunks), (first_x, first_y))

    def number(self, reading: Reading, certain: int) -> tf.data.Dataset:
        """Each row as (number, x, y), the number counted from 0 in the order of the source.

        Args:
            reading: takes down each pass.
            certain: rows that whatever follows is bound to read in each pass.
        """
        size = chunk_rows(self.x, self.y)
        reading.limit = math.ceil(certain / size)

        def note(index: Any, x: Array, y: Array) -> Any:
            reading.note(int(index), x, y)
            return index * size + np.arange(len(x))

        def mark(index: Any, row: Any) -> Any:
            numbers = tf.numpy_function(note, [index, *row], tf.int64)
            numbers.set_shape([None])
            x, y = row
            x, y = (tf.ensure_shape(a, (None, *s.shape)) for a, s in ((x, self.x), (y, self.y)))
            return numbers, x, y

        chunks = self.dataset.batch(size).enumerate()
        # There is nothing for AutoGraph to convert, and looking takes it 60 ms.
        rows = chunks.map(tf.autograph.experimental.do_not_convert(mark)).unbatch()
        return rows.apply(tf.data.experimental.assert_cardinality(self.count))

    def find_changes(self, reading: Reading) -> dict[str, str]:
        """`data/epoch` to digest for each pass that did not give what the first one gave."""
        first = digest_chunks(self.chunks[: reading.limit])
        found = {f"data/{epoch}": each for epoch, each in enumerate(reading.passes)}
        return {stage: each for stage, each in found.items() if each != first}

    def batches(self, rows: int) -> Iterator[Part]:
        """Batches of at most so many rows, in one pass.

        Raises:
            ConfigError: reading failed.
        """
        yield from _read(self.dataset.batch(_fit(rows, HELD_BYTES, self.x, self.y)))


def chunk_rows(x: tf.TensorSpec, y: tf.TensorSpec) -> int:
    """Rows of such a kind that are fingerprinted at a time."""
    return _fit(CHUNK_ROWS, CHUNK_BYTES, x, y)


def digest_chunks(chunks: tuple[str, ...] | list[str]) -> str:
    """Digest of rows out of those of their chunks."""
    return digest(np.frombuffer("".join(chunks).encode(), np.uint8))


def explain_reading(error: Exception) -> str:
    """What went wrong, out of what TensorFlow says of an error that rows raised on their way."""
    said = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", str(error).partition("\n\t [[")[0])
    # A traceback, of this program or of a generator, ends with what it is about.
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else type(error).__name__


def _check(dataset: tf.data.Dataset) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    """What a row consists of; read off the first one where the dataset does not say."""
    spec = dataset.element_spec
    if not (isinstance(spec, tuple) and len(spec) == 2 and all(map(_is_numeric, spec))):
        rule = "must give rows (x, y), two arrays of numbers"
        raise ConfigError("data.source", rule, one_line(str(spec)))
    if all(each.shape.rank and each.shape[0] is None for each in spec):
        shapes = " and ".join(str(each.shape) for each in spec)
        hint = "Add .unbatch(), or say the shape of a row"
        raise ConfigError("data.source", "must give single rows, not batches", shapes, hint)
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        hint = "Leave out .repeat(): train.epochs says how often they are read"
        raise ConfigError("data.source", "must come to an end", "rows without end", hint)
    if not all(each.shape.is_fully_defined() for each in spec):
        first = next(_read(dataset.batch(1).take(1)), None)
        if first is None:
            raise ConfigError("data.source", "must give rows", "none")
        spec = [tf.TensorSpec(a.shape[1:], s.dtype) for a, s in zip(first, spec, strict=True)]
    x, y = spec
    return x, y


def _fit(rows: int, size: int, *specs: tf.TensorSpec) -> int:
    """How many rows of a kind have that size in bytes; at least one, at most `rows`."""
    each = sum(int(spec.dtype.size) * math.prod(spec.shape) for spec in specs)
    fitting: int = size // max(each, 1)
    return max(1, min(rows, fitting))


def _read(dataset: tf.data.Dataset) -> Iterator[Part]:
    try:
        for x, y in dataset:
            yield x.numpy(), y.numpy()
    except tf.errors.OpError as error:
        rule = f"its rows cannot be read: {explain_reading(error)}"
        raise ConfigError("data.source", rule) from error


def _is_numeric(spec: Any) -> bool:
    if not isinstance(spec, tf.TensorSpec):
        return False
    return bool(spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool)
