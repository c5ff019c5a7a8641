"""Streams: rows that are read anew in each pass and are never all in memory.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data.array_sources import Part
from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.record.fingerprint import digest
from runner.text import explain_error, one_line

CHUNK_ROWS = 256
"""Most rows in a chunk, which is fingerprinted at once.

Fingerprinting row by row would cost 60 microseconds a row; in chunks it costs 2 microseconds a row
and 0.7 ms for each MiB (measured with rows of 256 bytes and of 2 MiB).
"""

CHUNK_BYTES = 2**20
"""Most bytes in a chunk, unless a single row is larger."""

HELD_BYTES = 2**26
"""Most bytes of the test part that are in memory at a time, unless a single row is larger."""


@dataclass
class Reading:
    """Digests the rows that each pass over a stream gives."""

    passes: list[str] = field(default_factory=list)
    """A digest for each pass that has ended, of its rows in the order in which they came."""
    limit: int | None = None
    """Number of chunks at the start of a pass that are digested; None: all."""
    _chunks: list[str] = field(default_factory=list)

    def note(self, index: int, x: Array, y: Array) -> None:
        """Add a chunk of rows; the chunk with index 0 begins a pass."""
        if self.limit is not None and index >= self.limit:
            return
        if index == 0:
            self._chunks = []
        self._chunks.append(digest(x, y))

    def end_pass(self) -> None:
        """End the pass, if one was begun; with a cache the source is read in the first one only."""
        if self._chunks:
            self.passes.append(digest_chunks(self._chunks))
        self._chunks = []


@dataclass(frozen=True)
class Stream:
    """A training or test part as a dataset, which has been read once already."""

    dataset: tf.data.Dataset
    """Single rows (x, y)."""
    x: tf.TensorSpec
    """Shape and type of the inputs of one row, with every dimension known."""
    y: tf.TensorSpec
    """Shape and type of the targets of one row, with every dimension known."""
    count: int
    """Number of rows."""
    chunks: tuple[str, ...]
    """Digests of the chunks of rows in the first pass, 16 characters each."""
    head: Part
    """The first rows, as arrays."""

    @classmethod
    def read(cls, dataset: tf.data.Dataset, keep: int) -> Stream:
        """Read a dataset to its end, to count and fingerprint the rows and keep the first ones.

        Keras must know the number of rows: at the end of a dataset of unknown length, Keras 3.15
        takes one more step, without rows, which moves the optimizer and the masks of dropout on.

        Args:
            dataset: a dataset that a source returned.
            keep: number of rows to keep in `head`, at least one.

        Raises:
            ConfigError: the dataset does not give single rows of two arrays of numbers, has no
                end or no rows, or cannot be read.
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
        """Number the rows, and digest them on their way.

        Args:
            reading: receives the digest of each pass.
            certain: how many of the first rows every pass is bound to read, whatever follows.

        Returns:
            A dataset of (number, x, y), with numbers from 0 in the order of the source.
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
        # AutoGraph has nothing to convert here, and takes 60 ms to find that out.
        rows = chunks.map(tf.autograph.experimental.do_not_convert(mark)).unbatch()
        return rows.apply(tf.data.experimental.assert_cardinality(self.count))

    def find_changes(self, reading: Reading) -> dict[str, str]:
        """Find the passes that did not give the same rows as the first one.

        Returns:
            Stage `data/epoch` to digest, for each of these passes.
        """
        first = digest_chunks(self.chunks[: reading.limit])
        stages = {f"data/{epoch}": each for epoch, each in enumerate(reading.passes)}
        return {stage: each for stage, each in stages.items() if each != first}

    def batches(self, rows: int) -> Iterator[Part]:
        """Yield batches of at most `rows` rows, and at most HELD_BYTES or one row, in one pass.

        Raises:
            ConfigError: the rows cannot be read.
        """
        yield from _read(self.dataset.batch(_fit(rows, HELD_BYTES, self.x, self.y)))


def chunk_rows(x: tf.TensorSpec, y: tf.TensorSpec) -> int:
    """Return how many rows with these inputs and targets make a chunk."""
    return _fit(CHUNK_ROWS, CHUNK_BYTES, x, y)


def digest_chunks(chunks: tuple[str, ...] | list[str]) -> str:
    """Return the digest of rows, computed from the digests of their chunks."""
    return digest(np.frombuffer("".join(chunks).encode(), np.uint8))


def _check(dataset: tf.data.Dataset) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    """Return the shapes and types of a row's x and y.

    They come from the first row where the dataset does not declare them.

    Raises:
        ConfigError: the dataset does not give single rows of two arrays of numbers, or has no end
            or no rows.
    """
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
    """Return how many rows fit into a size in bytes; at least one, and at most `rows`."""
    each = sum(int(spec.dtype.size) * math.prod(spec.shape) for spec in specs)
    fitting: int = size // max(each, 1)
    return max(1, min(rows, fitting))


def _read(dataset: tf.data.Dataset) -> Iterator[Part]:
    try:
        for x, y in dataset:
            yield x.numpy(), y.numpy()
    except tf.errors.OpError as error:
        rule = f"its rows cannot be read: {explain_error(error)}"
        raise ConfigError("data.source", rule) from error


def _is_numeric(spec: Any) -> bool:
    if not isinstance(spec, tf.TensorSpec):
        return False
    return bool(spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool)
