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

from runner.data.nest import leaves, map_nest
from runner.data.rows import Rows
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
    limit: int = 0
    """Number of chunks at the start of a pass that are digested."""
    _chunks: list[str] = field(default_factory=list)

    def note(self, index: int, *arrays: Array) -> None:
        """Add a chunk of rows; the chunk with index 0 begins a pass.

        With a cache the source is read in the first pass only. A pass that training does not read
        to its end is not digested.
        """
        if index >= self.limit:
            return
        if index == 0:
            self._chunks = []
        self._chunks.append(digest(*arrays))
        if len(self._chunks) == self.limit:
            self.passes.append(digest_chunks(self._chunks))


@dataclass(frozen=True)
class Stream:
    """A training or test part as a dataset, which has been read once already."""

    dataset: tf.data.Dataset
    """Single rows (x, y), or (x, y, weight)."""
    spec: tuple[Any, ...]
    """Shapes and types of one row, in the form of a row, with every dimension known."""
    count: int
    """Number of rows."""
    chunks: tuple[str, ...]
    """Digests of the chunks of rows in the first pass, 16 characters each."""
    head: Rows
    """The first rows, as arrays."""

    @classmethod
    def read(cls, dataset: tf.data.Dataset, keep: int, key: str = "data.source") -> Stream:
        """Read a dataset to its end, to count and fingerprint the rows and keep the first ones.

        Keras must know the number of rows: at the end of a dataset of unknown length, Keras 3.15
        takes one more step, without rows, which moves the optimizer and the masks of dropout on.

        Args:
            dataset: a dataset that a source returned.
            keep: number of rows to keep in `head`, at least one.
            key: the config key that errors name.

        Raises:
            ConfigError: the dataset does not give single rows of arrays, has no end or no rows, or
                cannot be read.
        """
        spec = _check(dataset, key)
        count, chunks, head = 0, [], []
        for chunk in _read(dataset.batch(chunk_rows(spec)), key):
            if count < keep:
                head.append(chunk.take(slice(keep - count)))
            count += chunk.count
            chunks.append(digest(*chunk.arrays))
        if not count:
            raise ConfigError(key, "must give rows", "none")
        joined = tf.nest.map_structure(
            lambda *each: np.concatenate(each), *(each.parts for each in head)
        )
        return cls(dataset, spec, count, tuple(chunks), Rows(*joined))

    def number(self, reading: Reading, certain: int) -> tf.data.Dataset:
        """Number the rows, and digest them on their way.

        Args:
            reading: receives the digest of each pass.
            certain: how many of the first rows every pass is bound to read, whatever follows.

        Returns:
            A dataset of (number, x, y) or (number, x, y, weight), with numbers from 0 in the order
            of the source.
        """
        size = chunk_rows(self.spec)
        reading.limit = math.ceil(certain / size)

        def note(index: Any, *arrays: Array) -> Any:
            reading.note(int(index), *arrays)
            return index * size + np.arange(len(arrays[0]))

        def mark(index: Any, row: Any) -> Any:
            numbers = tf.numpy_function(note, [index, *leaves(row)], tf.int64)
            numbers.set_shape([None])
            shaped = tf.nest.map_structure(
                lambda a, s: tf.ensure_shape(a, (None, *s.shape)), row, self.spec
            )
            return (numbers, *shaped)

        chunks = self.dataset.batch(size).enumerate()
        # AutoGraph has nothing to convert here, and takes 60 ms to find that out.
        rows = chunks.map(tf.autograph.experimental.do_not_convert(mark)).unbatch()
        return rows.apply(tf.data.experimental.assert_cardinality(self.count))

    def find_changes(self, reading: Reading) -> dict[str, str]:
        """Find the passes that did not give the same rows as the one before training.

        Returns:
            Stage `data/epoch` to digest, for each of these passes.
        """
        first = digest_chunks(self.chunks[: reading.limit])
        stages = {f"data/{epoch}": each for epoch, each in enumerate(reading.passes)}
        return {stage: each for stage, each in stages.items() if each != first}

    def batches(self, rows: int) -> Iterator[Rows]:
        """Yield batches of at most `rows` rows, and at most HELD_BYTES or one row, in one pass.

        Raises:
            ConfigError: the rows cannot be read.
        """
        yield from _read(self.dataset.batch(_fit(rows, HELD_BYTES, self.spec)), "data.source")


def chunk_rows(spec: Any) -> int:
    """Return how many rows of this form make a chunk."""
    return _fit(CHUNK_ROWS, CHUNK_BYTES, spec)


def digest_chunks(chunks: tuple[str, ...] | list[str]) -> str:
    """Return the digest of rows, computed from the digests of their chunks."""
    return digest(np.frombuffer("".join(chunks).encode(), np.uint8))


def _check(dataset: tf.data.Dataset, key: str) -> tuple[Any, ...]:
    """Return the shapes and types of a row (x, y) or (x, y, weight), in the form of a row.

    They come from the first row where the dataset does not declare them.

    Raises:
        ConfigError: the dataset does not give single rows of arrays, or has no end or no rows.
    """
    spec = dataset.element_spec
    known = isinstance(spec, tuple) and len(spec) in (2, 3)
    parts = enumerate(spec) if known else ()
    dense = [_is_dense(each, texts=index == 0) for index, part in parts for each in leaves(part)]
    if not known or not all(dense):
        rule = "must give rows (x, y) or (x, y, weight), arrays of numbers, or of texts in x"
        raise ConfigError(key, rule, one_line(str(spec)))
    if all(each.shape.rank and each.shape[0] is None for each in leaves(spec)):
        shapes = " and ".join(str(each.shape) for each in leaves(spec))
        hint = "Add .unbatch(), or say the shape of a row"
        raise ConfigError(key, "must give single rows, not batches", shapes, hint)
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        hint = "Leave out .repeat(): train.epochs says how often they are read"
        raise ConfigError(key, "must come to an end", "rows without end", hint)
    if all(each.shape.is_fully_defined() for each in leaves(spec)):
        return tuple(spec)
    first = next(_read(dataset.batch(1).take(1), key), None)
    if first is None:
        raise ConfigError(key, "must give rows", "none")
    shaped: tuple[Any, ...] = tf.nest.map_structure(
        lambda a, s: tf.TensorSpec(a.shape[1:], s.dtype), first.parts, spec
    )
    return shaped


def _fit(rows: int, size: int, spec: Any) -> int:
    """Return how many rows fit into a size in bytes; at least one, and at most `rows`."""
    each = sum(int(leaf.dtype.size or 1) * math.prod(leaf.shape) for leaf in leaves(spec))
    fitting: int = size // max(each, 1)
    return max(1, min(rows, fitting))


def _read(dataset: tf.data.Dataset, key: str) -> Iterator[Rows]:
    try:
        for row in dataset:
            yield Rows(*(map_nest(lambda each: each.numpy(), part) for part in row))
    except tf.errors.OpError as error:
        said = explain_error(error).rstrip(".")
        hint = None
        if "Cannot batch tensors with different shapes" in said:
            hint = "Rows of unequal length are filled up by data.pad.inputs and data.pad.targets"
        raise ConfigError(key, f"its rows cannot be read: {said}", None, hint) from error


def _is_dense(spec: Any, *, texts: bool) -> bool:
    """Return whether a part of a row is a dense tensor of numbers, or also of texts."""
    if not isinstance(spec, tf.TensorSpec):
        return False
    kind = spec.dtype
    numbers = kind.is_floating or kind.is_integer or kind.is_bool
    return bool(numbers or (texts and kind == tf.string))
