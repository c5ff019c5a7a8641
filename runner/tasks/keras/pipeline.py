"""Builds a tf.data.Dataset from the declared stages. Imports TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.config.schema import Shuffle, Train
from runner.data.stream import Reading, Stream
from runner.record.fingerprint import DIGITS

WATCHED_ROWS = 64
"""About how many rows of the training part are compared from epoch to epoch, one by one."""


@dataclass
class OrderRecorder:
    """Records which rows reach training and in which order, as one digest per epoch."""

    orders: list[str] = field(default_factory=list)
    """Digest of the order of the rows, by epoch."""
    augmented: list[str] = field(default_factory=list)
    """Digest of the augmented rows, by epoch; empty without augmentation."""
    reading: Reading = field(default_factory=Reading)
    """Digests of rows that stream, taken as they leave their source."""
    every: int = 1
    """Rows whose number is a multiple of this are watched."""
    kept: int = 0
    """Number of epochs in which watched rows were augmented to the same as in the first epoch."""
    watched: int = 0
    """Number of watched rows that the first epoch had; 0 without augmentation."""
    _order: Any = field(default_factory=hashlib.sha256)
    _rows: Any = None
    _first: dict[int, bytes] = field(default_factory=dict)
    _watched: dict[int, bytes] = field(default_factory=dict)

    def record(self, indices: npt.NDArray[np.int64]) -> None:
        """Add a batch: its size, and the numbers of its rows, of shape (row,)."""
        self._order.update(len(indices).to_bytes(8, "little"))
        self._order.update(indices.tobytes())

    def record_rows(self, indices: npt.NDArray[np.int64], x: npt.NDArray[np.generic]) -> None:
        """Add a batch of augmented rows, of shape (row, ...), and their numbers (row,)."""
        self._rows = self._rows or hashlib.sha256()
        self._rows.update(x.tobytes())
        for place in np.flatnonzero(indices % self.every == 0):
            self._watched[int(indices[place])] = hashlib.sha256(x[place].tobytes()).digest()

    def end_epoch(self) -> None:
        """End the epoch that the batches recorded so far belong to."""
        self.orders.append(self._order.hexdigest()[:DIGITS])
        self._order = hashlib.sha256()
        if self._rows is not None:
            self.augmented.append(self._rows.hexdigest()[:DIGITS])
            self._rows = None
            self._compare_watched()
        self.reading.end_pass()

    def _compare_watched(self) -> None:
        """Compare the watched rows with those of the first epoch."""
        if not self.watched:
            self._first, self.watched = self._watched, len(self._watched)
        # An incomplete batch that is dropped may take a row of the first epoch with it.
        common = self._first.keys() & self._watched.keys()
        same = all(self._first[number] == self._watched[number] for number in common)
        self.kept += bool(common) and same
        self._watched = {}

    def fingerprints(self) -> dict[str, str]:
        """Return `order/EPOCH` to digest for all epochs, then `augment/EPOCH` to digest."""
        stages = {"order": self.orders, "augment": self.augmented}
        return {f"{s}/{i}": each for s, digests in stages.items() for i, each in enumerate(digests)}


@dataclass(frozen=True)
class TrainingRows:
    """The training part as arrays: inputs x (row, ...) and targets y (row, ...)."""

    x: npt.NDArray[np.generic]
    y: npt.NDArray[np.generic]

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.x)


def build_pipeline(
    rows: TrainingRows | Stream,
    train: Train,
    shuffle: Shuffle,
    augment: Callable[..., Any] | None,
    recorder: OrderRecorder,
    enter: Callable[[str], None],
) -> tf.data.Dataset:
    """Apply the stages of `train.pipeline` in their order.

    For arrays, the stages move row numbers, which are cheap to shuffle and record the order. The
    rows are gathered when a stage first needs them, at the latest before a final prefetch. Training
    sees exactly what the same stages would give when applied to the rows.

    Rows that stream pass through the stages themselves, together with their numbers: `cache` then
    holds all of them in memory, and `shuffle` as many as its buffer has room for.

    Args:
        rows: The training part.
        train: Configures the stages and their order.
        shuffle: Configures the stage `shuffle`, which is skipped if it is not enabled.
        augment: Maps the x of one row to its augmented x; None if there is no such stage.
        recorder: Records the row numbers of each batch, in the order of training.
        enter: Called with a source (`order` or `augment`) right before the stage that draws from
            it is made, to seed TensorFlow for it.

    Returns:
        A dataset of (x, y) batches.
    """
    recorder.every = max(1, rows.count // WATCHED_ROWS)
    if isinstance(rows, Stream):
        # Rows of an incomplete last batch that is dropped may or may not be read, by prefetching.
        rest = rows.count % train.batch_size if train.drop_remainder else 0
        dataset = rows.number(recorder.reading, rows.count - rest)
    else:
        dataset = tf.data.Dataset.range(rows.count)
    stages = [s for s in train.pipeline if s != "shuffle" or shuffle.enabled]
    trailing = stages[-1] == "prefetch"
    augmented = False
    for stage in stages[:-1] if trailing else stages:
        if stage == "cache":
            dataset = dataset.cache()
        elif stage == "shuffle":
            enter("order")
            dataset = dataset.shuffle(shuffle.buffer or rows.count, shuffle.seed, shuffle.reshuffle)
        elif stage == "batch":
            dataset = dataset.batch(train.batch_size, drop_remainder=train.drop_remainder)
        elif stage == "prefetch":
            dataset = dataset.prefetch(train.prefetch)
        elif stage == "augment":
            assert augment is not None
            enter("augment")
            dataset = map_augmentation(dataset, rows, train, augment)
            augmented = True
    if augmented or isinstance(rows, Stream):
        dataset = _record(dataset, recorder, augmented)
    else:
        dataset = _gather(dataset, rows, recorder)
    return dataset.prefetch(train.prefetch) if trailing else dataset


def _gather(
    dataset: tf.data.Dataset, rows: TrainingRows, recorder: OrderRecorder
) -> tf.data.Dataset:
    """Turn batches of row numbers into batches of rows, and record the order.

    One map does both, because a second one would double the cost of the pipeline, whatever it did:
    0.2 to 0.4 ms per step measured, where a step of a small model takes 0.5 ms.
    """

    def read(indices: Any) -> Any:
        recorder.record(indices)
        return rows.x[indices], rows.y[indices]

    def gather(indices: Any) -> Any:
        x, y = tf.numpy_function(read, [indices], [rows.x.dtype, rows.y.dtype])
        x.set_shape((indices.shape[0], *rows.x.shape[1:]))
        y.set_shape((indices.shape[0], *rows.y.shape[1:]))
        return x, y

    # Sequential on purpose: a parallel map would call `read` out of order. AutoGraph has nothing to
    # convert here, and would take 60 ms to find that out.
    return dataset.map(tf.autograph.experimental.do_not_convert(gather))


def map_augmentation(
    dataset: tf.data.Dataset, rows: TrainingRows | Stream, train: Train, augment: Callable[..., Any]
) -> tf.data.Dataset:
    """Turn rows, or row numbers of arrays, into (number, augmented x, y)."""
    # Stochastic layers do nothing unless they are called with training=True.
    mode = {"training": True} if isinstance(augment, keras.Layer) else {}
    if isinstance(rows, Stream):
        apply = _augment_rows(augment, mode)
    else:
        apply = _gather_and_augment(rows, augment, mode)
    settings = train.augment
    if settings.parallel_calls == 1:
        return dataset.map(apply)
    return dataset.map(
        apply, num_parallel_calls=settings.parallel_calls, deterministic=settings.deterministic
    )


def _augment_rows(augment: Callable[..., Any], mode: dict[str, bool]) -> Callable[..., Any]:
    def apply(number: Any, x: Any, y: Any) -> Any:
        return number, augment(x, **mode), y

    return apply


def _gather_and_augment(
    rows: TrainingRows, augment: Callable[..., Any], mode: dict[str, bool]
) -> Callable[..., Any]:
    x, y = tf.convert_to_tensor(rows.x), tf.convert_to_tensor(rows.y)

    # The order of these operations decides which numbers a random augmentation draws.
    def apply(index: Any) -> Any:
        row = tf.gather(x, index)
        row = augment(row, **mode)
        return index, row, tf.gather(y, index)

    return apply


def _record(dataset: tf.data.Dataset, recorder: OrderRecorder, augmented: bool) -> tf.data.Dataset:
    """Record the row numbers of batches (numbers, x, y), and x if it is augmented; keep (x, y)."""

    def note(indices: Any, *rows: Any) -> Any:
        recorder.record(indices)
        for x in rows:
            recorder.record_rows(indices, x)
        return np.int64(0)

    def strip(indices: Any, x: Any, y: Any) -> Any:
        noted = [indices, x] if augmented else [indices]
        with tf.control_dependencies([tf.numpy_function(note, noted, tf.int64)]):
            return tf.identity(x), tf.identity(y)

    return dataset.map(tf.autograph.experimental.do_not_convert(strip))
