"""Rows of a keras.utils.PyDataset, read as a stream. Importing this module imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.data.nest import leaves, map_nest
from runner.errors import ConfigError


def stream_rows(sequence: keras.utils.PyDataset) -> tf.data.Dataset:
    """Return a dataset of the single rows of a PyDataset.

    Its batches are read one after the other, in the order of their numbers and by one worker, and
    its `on_epoch_end` is called after each pass. Rows are batched anew, by `train.batch_size`.

    Args:
        sequence: gives batches (x, y) or (x, y, weights), each array (row, ...) or a nest of
            arrays.

    Raises:
        ConfigError: it has no batches, or gives something else.
    """
    count = len(sequence)
    first = sequence[0] if count else None
    if not isinstance(first, tuple) or len(first) not in (2, 3):
        rule = "must give batches (x, y) or (x, y, weights)"
        shown = "none" if first is None else type(first).__name__
        raise ConfigError("data.source", rule, shown)
    parts = tuple(map_nest(np.asarray, part) for part in first)
    spec = tf.nest.map_structure(
        lambda each: tf.TensorSpec((None, *each.shape[1:]), each.dtype), parts
    )

    def read() -> Iterator[Any]:
        for index in range(count):
            yield tuple(map_nest(np.asarray, part) for part in sequence[index])
        sequence.on_epoch_end()

    rows = sum(len(leaves(sequence[index])[0]) for index in range(count))
    batches = tf.data.Dataset.from_generator(read, output_signature=spec)
    return batches.unbatch().apply(tf.data.experimental.assert_cardinality(rows))
