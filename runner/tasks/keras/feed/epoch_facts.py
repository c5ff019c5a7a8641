"""Measures what repeats from epoch to epoch in the input pipeline. Imports TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from runner.config.schema import Config, Feed
from runner.data.nest import leaves, map_nest
from runner.data.rows import Rows
from runner.data.stream import Stream
from runner.record.reasons import Clause, count
from runner.record.stages import KERAS_SHUFFLE
from runner.tasks.keras.feed.order_recorder import OrderRecorder
from runner.tasks.keras.feed.pipeline import map_augmentation

DRAWS = 32
"""Times that an augmentation is given one and the same row in a pass."""


def describe_epochs(cfg: Config, rows: int, recorder: OrderRecorder) -> list[Clause]:
    """Return `orders`, and `augmented-rows` where rows are augmented.

    They say in how many epochs of a build the order of the rows was one and the same, and in how
    many a row was augmented to the same as in the first.

    Args:
        cfg: the config of the run.
        rows: number of rows of the training part.
        recorder: what was recorded of the build's epochs.
    """
    if not recorder.orders:
        return []
    stages = _list_stages(cfg)
    items = rows
    if stages.index("batch") < _place(stages, "shuffle"):
        items = -(-rows // cfg.train.batch_size)
    words = {"stages": ", ".join(stages)}
    epochs = count(len(recorder.orders))
    numbers = {
        "epochs": epochs,
        "same": count(max(Counter(recorder.orders).values())),
        "items": count(items),
        "buffer": count(min(cfg.shuffle.buffer or items, items)),
        "reshuffle": count(int(cfg.shuffle.reshuffle)),
    }
    facts = [Clause("orders", words=words, numbers=numbers)]
    if recorder.watched:
        numbers = {
            "epochs": epochs,
            "same": count(recorder.kept),
            "rows": count(recorder.watched),
            "parallel_calls": count(cfg.train.augment.parallel_calls),
        }
        facts.append(Clause("augmented-rows", words=words, numbers=numbers))
    return facts


def describe_draws(
    cfg: Config, rows: Rows | Stream, augment: Callable[..., Any] | None
) -> list[Clause]:
    """Return `augment-draws`: what the augmentation makes of one row, given to it again and again.

    The row is given to it in two passes over a dataset, as an epoch of training is one pass. The
    function is called for this, so that nothing may be measured afterwards that its draws change.

    Args:
        cfg: the config of the run.
        rows: the training part.
        augment: maps the x of one row to its augmented x; None if there is no such stage.
    """
    if augment is None or cfg.train.trained_epochs < 2:
        return []
    try:
        return [_compare_passes(cfg, rows, augment)]
    except Exception:  # a function may raise anything, and no run fails for want of a fact
        return []


def _compare_passes(cfg: Config, rows: Rows | Stream, augment: Callable[..., Any]) -> Clause:
    stages = _list_stages(cfg)
    row = _pick_row(rows)
    if isinstance(rows, Stream):
        parts = (map_nest(lambda each: each[0], part) for part in row.parts)
        dataset = tf.data.Dataset.from_tensors((np.int64(0), *parts))
    else:
        dataset = tf.data.Dataset.from_tensors(np.int64(0))
        rows = row
    dataset = dataset.repeat(DRAWS)
    if stages.index("batch") < stages.index("augment"):
        dataset = dataset.batch(1)
    # One batch, as taking elements one by one costs more than making them.
    mapped = map_augmentation(dataset, rows, cfg.train, augment).batch(DRAWS)
    first, second = (_list_drawn(mapped) for _ in range(2))
    numbers = {
        "draws": count(len(first)),
        "distinct": count(len(set(first))),
        "commonest": count(max(Counter(first).values())),
        "same": count(sum(a == b for a, b in zip(first, second, strict=True))),
    }
    return Clause("augment-draws", words={"stages": ", ".join(stages)}, numbers=numbers)


def _list_stages(cfg: Config) -> list[str]:
    """Return the stages that rows pass, in order, without a shuffle that is not enabled."""
    if cfg.train.feed is Feed.keras:
        return [KERAS_SHUFFLE, "batch"] if cfg.shuffle.enabled else ["batch"]
    return [s for s in cfg.train.pipeline if s != "shuffle" or cfg.shuffle.enabled]


def _place(stages: list[str], stage: str) -> int:
    return stages.index(stage) if stage in stages else -1


def _list_drawn(mapped: tf.data.Dataset) -> list[bytes]:
    """Return the bytes of each augmented row of a pass over batches (numbers, x, ...)."""
    drawn = []
    for _, x, *_ in mapped:
        arrays = [np.asarray(each) for each in leaves(x)]
        drawn += [b"".join(each[i].tobytes() for each in arrays) for i in range(len(arrays[0]))]
    return drawn


def _pick_row(rows: Rows | Stream) -> Rows:
    """Return the row that varies most among the first ones: noise may not change a row of zeros."""
    head = rows.head if isinstance(rows, Stream) else rows.take(slice(DRAWS))
    floats = [each.reshape(head.count, -1).astype(np.float64) for each in leaves(head.x)]
    spread = np.std(np.concatenate(floats, axis=1), axis=1)
    place = int(np.nanargmax(spread)) if np.isfinite(spread).any() else 0
    return head.take(slice(place, place + 1))
