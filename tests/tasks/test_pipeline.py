"""Declared stages against the plain tf.data pipeline that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from runner.config.schema import Shuffle, Train
from runner.data.augment import add_noise
from runner.data.rows import Rows
from runner.tasks.keras.feed.order_recorder import OrderRecorder
from runner.tasks.keras.feed.pipeline import build_pipeline

ROWS = Rows(np.arange(46, dtype=np.float32).reshape(23, 2), np.arange(23))


def ignore(source):
    """A strategy that seeds no source by itself."""


def build(pipeline, recorder=None, augment=None, shuffle=None, **settings):
    train = Train(pipeline=pipeline, batch_size=4, **settings)
    recorder = recorder or OrderRecorder()
    return build_pipeline(ROWS, train, shuffle or Shuffle(), augment, recorder, ignore)


def plain(stages):
    """The same stages over the rows themselves."""
    dataset = tf.data.Dataset.from_tensor_slices((ROWS.x, ROWS.y))
    for stage in stages:
        dataset = {
            "cache": lambda d: d.cache(),
            "shuffle": lambda d: d.shuffle(23),
            "batch": lambda d: d.batch(4),
            "prefetch": lambda d: d.prefetch(2),
        }[stage](dataset)
    return dataset


def epochs(dataset, count=2):
    """Everything that `count` passes give, as lists of (x, y)."""
    return [[(x.numpy(), y.numpy()) for x, y in dataset] for _ in range(count)]


@pytest.mark.parametrize(
    "stages",
    [
        ["batch"],
        ["cache", "shuffle", "batch", "prefetch"],
        ["shuffle", "cache", "batch"],
        ["batch", "shuffle"],
        ["shuffle", "prefetch", "batch"],
    ],
)
def test_stages_give_what_plain_tf_data_gives(stages):
    tf.random.set_seed(5)
    expected = epochs(plain(stages))
    tf.random.set_seed(5)
    measured = epochs(build(stages))
    for ours, theirs in zip(measured, expected, strict=True):
        assert len(ours) == len(theirs)
        for (x, y), (other_x, other_y) in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(x, other_x)
            np.testing.assert_array_equal(y, other_y)
            assert x.dtype == other_x.dtype


def record(pipeline, count=3, **settings):
    recorder = OrderRecorder()
    dataset = build(pipeline, recorder, **settings)
    for _ in range(count):
        for _batch in dataset:
            pass
        recorder.end_epoch()
    return recorder


def test_orders_are_the_same_without_shuffling():
    assert len(set(record(["batch"]).orders)) == 1


def test_orders_differ_in_each_epoch_with_shuffling():
    assert len(set(record(["shuffle", "batch"]).orders)) == 3


def order_by_epoch(first, count, stages=("cache", "shuffle", "batch", "prefetch"), seed=3):
    """The rows of `count` epochs from `first` on, in their order."""
    recorder = OrderRecorder()
    dataset = build(list(stages), recorder, shuffle=Shuffle(by_epoch=True, seed=seed))
    orders = []
    for epoch in range(first, first + count):
        recorder.epoch = epoch
        orders.append([int(y) for _, batch in dataset for y in batch])
    return orders


def test_an_order_by_epoch_follows_from_seed_and_epoch_alone():
    whole = order_by_epoch(0, 4)
    assert all(sorted(each) == list(range(23)) for each in whole)
    assert len({tuple(each) for each in whole}) == 4
    assert order_by_epoch(2, 2) == whole[2:]
    assert order_by_epoch(0, 4, ["shuffle", "batch"]) == whole
    assert order_by_epoch(0, 4, seed=4) != whole


def test_an_order_by_epoch_without_a_seed_of_its_own_follows_tensorflows():
    tf.random.set_seed(5)
    whole = order_by_epoch(0, 3, seed=None)
    tf.random.set_seed(5)
    assert order_by_epoch(0, 3, seed=None) == whole
    assert order_by_epoch(0, 3, seed=None) != whole


def test_a_shuffle_that_does_not_reshuffle_keeps_its_order():
    orders = record(["shuffle", "batch"], shuffle=Shuffle(reshuffle=False, seed=1)).orders
    assert len(set(orders)) == 1
    assert orders[0] != record(["batch"], count=1).orders[0]


def test_a_cache_behind_the_shuffle_freezes_the_order():
    assert len(set(record(["shuffle", "cache", "batch"]).orders)) == 1


def test_a_disabled_shuffle_is_left_out():
    off = record(["shuffle", "batch"], shuffle=Shuffle(enabled=False))
    assert off.orders == record(["batch"]).orders


def test_the_order_tells_batch_sizes_apart():
    kept = record(["batch"], count=1).orders
    dropped = record(["batch"], count=1, drop_remainder=True).orders
    assert kept != dropped


def test_drop_remainder_drops_the_last_rows():
    (batches,) = epochs(build(["batch"], drop_remainder=True), 1)
    assert [len(y) for _, y in batches] == [4] * 5


@pytest.mark.parametrize(
    "stages", [["augment", "batch"], ["batch", "augment"], ["shuffle", "augment", "batch"]]
)
def test_augment_changes_x_and_keeps_its_y(stages):
    dataset = build(stages, augment=lambda x: x + 100)
    (batches,) = epochs(dataset, 1)
    x = np.concatenate([x for x, _ in batches])
    y = np.concatenate([y for _, y in batches])
    np.testing.assert_array_equal(x, ROWS.x[y] + 100)


def test_augment_is_fingerprinted_by_what_it_made():
    def digests(seed):
        recorder = OrderRecorder()
        tf.random.set_seed(seed)
        train = Train(pipeline=["augment", "batch"], batch_size=4)
        dataset = build_pipeline(ROWS, train, Shuffle(), add_noise, recorder, ignore)
        for _batch in dataset:
            pass
        recorder.end_epoch()
        return recorder.fingerprints()

    first, again, other = digests(1), digests(1), digests(2)
    assert list(first) == ["order/0", "augment/0"]
    assert first == again
    assert first["order/0"] == other["order/0"]
    assert first["augment/0"] != other["augment/0"]


def test_each_source_is_entered_before_its_stage():
    entered = []
    train = Train(pipeline=["shuffle", "augment", "batch"], batch_size=4)
    build_pipeline(ROWS, train, Shuffle(), lambda x: x, OrderRecorder(), entered.append)
    assert entered == ["order", "augment"]
