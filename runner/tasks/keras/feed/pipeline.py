"""Builds a tf.data.Dataset from the declared stages. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.config.schema import MAX_SEED, Shuffle, Train
from runner.data.nest import leaves
from runner.data.rows import Rows
from runner.data.stream import Stream
from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.tasks.keras.feed.order_recorder import WATCHED_ROWS, OrderRecorder
from runner.tasks.keras.keras_internals import read_as_fit


def build_pipeline(
    rows: Rows | Stream,
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
        A dataset of batches (x, y), or (x, y, weights) where rows have weights. It is repeated
        without end where the config says how many steps make an epoch.
    """
    recorder.epoch_steps = train.epoch_steps
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
            if shuffle.by_epoch:
                dataset = _order_by_epoch(rows, shuffle.seed, recorder)
                continue
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
    if train.epoch_steps is not None:
        dataset = dataset.repeat()
    if augmented or isinstance(rows, Stream):
        dataset = _record(dataset, recorder, augmented)
    else:
        dataset = _gather(dataset, rows, recorder)
    return dataset.prefetch(train.prefetch) if trailing else dataset


def build_keras_feed(
    rows: Rows | Stream,
    train: Train,
    shuffle: Shuffle,
    recorder: OrderRecorder,
    enter: Callable[[str], None],
) -> tf.data.Dataset:
    """Return the dataset that Keras makes of arrays in `fit`, with the order of its rows recorded.

    Args:
        rows: The training part.
        train: Says how many rows make a batch.
        shuffle: Says whether Keras shuffles.
        recorder: Records the row numbers of each batch, in the order of training.
        enter: Called with `order` before Keras draws.

    Raises:
        ConfigError: Rows stream, so that there are no arrays.
    """
    if isinstance(rows, Stream):
        raise ConfigError("train.feed", "keras needs arrays, not rows that stream", "keras")
    recorder.epoch_steps = train.epoch_steps
    enter("order")
    numbered = Rows((np.arange(rows.count), rows.x), *rows.parts[1:])
    dataset = read_as_fit(numbered.parts, train.batch_size, shuffle.enabled)
    # Keras knows how many batches its own arrays make, and must know it here too.
    dataset = dataset.apply(
        tf.data.experimental.assert_cardinality(-(-rows.count // train.batch_size))
    )
    if train.epoch_steps is not None:
        dataset = dataset.repeat()

    def separate(x: Any, *rest: Any) -> Any:
        numbers, own = x
        return numbers, own, *rest

    return _record(dataset.map(separate), recorder, augmented=False)


def _order_by_epoch(
    rows: Rows | Stream, seed: int | None, recorder: OrderRecorder
) -> tf.data.Dataset:
    """Return the numbers of the rows, in an order that only the seed and the epoch decide.

    Raises:
        ConfigError: Rows stream, and have no order but that of their source.
    """
    if isinstance(rows, Stream):
        raise ConfigError("shuffle.by_epoch", "needs rows that are all in memory; these stream")
    if seed is None:
        seed = int(tf.random.uniform((), maxval=MAX_SEED, dtype=tf.int64))

    def draw() -> Any:
        return np.random.default_rng((seed, recorder.epoch)).permutation(rows.count)

    def read(_: Any) -> Any:
        order = tf.numpy_function(draw, [], tf.int64)
        order.set_shape((rows.count,))
        return tf.data.Dataset.from_tensor_slices(order)

    dataset = tf.data.Dataset.range(1).flat_map(tf.autograph.experimental.do_not_convert(read))
    return dataset.apply(tf.data.experimental.assert_cardinality(rows.count))


def _gather(dataset: tf.data.Dataset, rows: Rows, recorder: OrderRecorder) -> tf.data.Dataset:
    """Turn batches of row numbers into batches of rows, and record the order.

    One map does both, because a second one would double the cost of the pipeline, whatever it did:
    0.2 to 0.4 ms per step measured, where a step of a small model takes 0.5 ms.
    """
    arrays = rows.arrays
    kinds = [each.dtype for each in arrays]

    def read(indices: Any) -> Any:
        recorder.record(indices)
        return [each[indices] for each in arrays]

    def gather(indices: Any) -> Any:
        read_rows = tf.numpy_function(read, [indices], kinds)
        for tensor, array in zip(read_rows, arrays, strict=True):
            tensor.set_shape((indices.shape[0], *array.shape[1:]))
        return tf.nest.pack_sequence_as(rows.parts, read_rows)

    # Sequential on purpose: a parallel map would call `read` out of order. AutoGraph has nothing to
    # convert here, and would take 60 ms to find that out.
    return dataset.map(tf.autograph.experimental.do_not_convert(gather))


def map_augmentation(
    dataset: tf.data.Dataset, rows: Rows | Stream, train: Train, augment: Callable[..., Any]
) -> tf.data.Dataset:
    """Turn rows, or row numbers of arrays, into (number, augmented x, y), with weights if any."""
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
    def apply(number: Any, x: Any, *rest: Any) -> Any:
        return number, augment(x, **mode), *rest

    return apply


def _gather_and_augment(
    rows: Rows, augment: Callable[..., Any], mode: dict[str, bool]
) -> Callable[..., Any]:
    x, *rest = tf.nest.map_structure(tf.convert_to_tensor, rows.parts)

    def gather(nest: Any, index: Any) -> Any:
        return tf.nest.map_structure(lambda each: tf.gather(each, index), nest)

    # The order of these operations decides which numbers a random augmentation draws.
    def apply(index: Any) -> Any:
        row = gather(x, index)
        row = augment(row, **mode)
        return index, row, *(gather(each, index) for each in rest)

    return apply


def _record(dataset: tf.data.Dataset, recorder: OrderRecorder, augmented: bool) -> tf.data.Dataset:
    """Record the row numbers of batches (numbers, x, ...), and x if it is augmented; drop them."""

    def note(indices: Any, *x: Array) -> Any:
        recorder.record(indices, list(x) if augmented else None)
        return np.int64(0)

    def strip(indices: Any, *rows: Any) -> Any:
        noted = [indices, *leaves(rows[0])] if augmented else [indices]
        with tf.control_dependencies([tf.numpy_function(note, noted, tf.int64)]):
            return tf.nest.map_structure(tf.identity, rows)

    return dataset.map(tf.autograph.experimental.do_not_convert(strip))
