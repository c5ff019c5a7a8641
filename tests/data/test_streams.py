"""Rows that stream: read, numbered and trained on as arrays with the same rows are."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from conftest import APPS

from runner.config.schema import Config, Data, Probe, Seed, Shuffle, Strategy, Trace, Train
from runner.config.seeds import run_seeds
from runner.data.augment import add_noise
from runner.data.stream import Stream
from runner.errors import ConfigError
from runner.tasks.keras.feed.order_recorder import OrderRecorder
from runner.tasks.keras.feed.pipeline import build_pipeline
from runner.tasks.keras.train import train_and_call

sys.path.append(str(APPS))

import streamed_rows


@pytest.fixture(autouse=True)
def _trust(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "streamed_rows")


def refusal(call, *arguments, **named):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- reading


def slices(rows=60):
    """Rows that can be told apart."""
    x = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
    return tf.data.Dataset.from_tensor_slices((x, np.arange(rows)))


def test_a_stream_is_counted_and_its_first_rows_are_kept():
    stream = Stream.read(slices(600), keep=300)
    assert (stream.count, stream.spec[0].shape, stream.spec[1].dtype) == (600, (2,), tf.int64)
    assert [len(part) for part in stream.head.arrays] == [300, 300]
    assert stream.head.y.tolist() == list(range(300))
    assert len(stream.chunks) == 3  # of 256 rows at most
    assert Stream.read(slices(5), keep=300).head.y.tolist() == list(range(5))


def test_shapes_that_a_dataset_does_not_say_are_read_off_its_first_row():
    train, _ = streamed_rows.generated()
    assert train.element_spec[0].shape.rank is None
    stream = Stream.read(train, keep=1)
    assert [stream.count, *(each.shape for each in stream.spec)] == [60, (2,), ()]


def test_fingerprints_are_of_the_rows_and_their_order():
    def chunks(dataset):
        return Stream.read(dataset, keep=1).chunks

    assert chunks(slices()) == chunks(slices().map(lambda x, y: (x, y)))
    others = [
        slices(59),
        slices().map(lambda x, y: (x + 1e-3, y)),
        slices().map(lambda x, y: (x, y + 1)),
        slices().map(lambda x, y: (x, tf.cast(y, tf.int32))),
        slices().skip(1).concatenate(slices().take(1)),
    ]
    assert len({chunks(slices()), *map(chunks, others)}) == 6


def endless():
    return slices().repeat()


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: slices().batch(4), "must give single rows, not batches. Received: (None, 2)"),
        (lambda: slices().map(lambda x, y: x), "must give rows (x, y) or (x, y, weight), arrays"),
        (lambda: slices().map(lambda x, y: {"x": x, "y": y}), "must give rows (x, y)"),
        (lambda: slices().map(lambda x, y: (x, "a")), "must give rows (x, y)"),
        (endless, "must come to an end. Received: rows without end. Leave out .repeat()"),
        (lambda: slices().take(0), "must give rows. Received: none"),
        (
            lambda: slices().map(lambda x, y: (tf.repeat(x, y), y)),
            "its rows cannot be read: Cannot",
        ),
        (
            lambda: streamed_rows.failing()[0],
            "its rows cannot be read: ValueError: row 40 is broken",
        ),
    ],
)
def test_what_is_no_stream_of_rows(dataset, message):
    assert refusal(Stream.read, dataset(), 1).startswith(f"data.source: {message}")


# --- the pipeline


def passes(stream, stages, count=3, shuffle=None, augment=None, **settings):
    """The batches of each pass, and what was taken down."""
    recorder = OrderRecorder()
    train = Train(pipeline=stages, batch_size=8, **settings)
    dataset = build_pipeline(
        stream, train, shuffle or Shuffle(), augment, recorder, lambda source: None
    )
    seen = []
    for _ in range(count):
        seen.append([(x.numpy(), y.numpy()) for x, y in dataset])
        recorder.end_epoch()
    return seen, recorder


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
@pytest.mark.parametrize("buffer", [None, 10])
def test_stages_give_what_plain_tf_data_gives(stages, buffer):
    plain = slices()
    for stage in stages:
        plain = {
            "cache": lambda d: d.cache(),
            "shuffle": lambda d: d.shuffle(buffer or 60, seed=3),
            "batch": lambda d: d.batch(8),
            "prefetch": lambda d: d.prefetch(2),
        }[stage](plain)
    seen, _ = passes(Stream.read(slices(), 1), stages, shuffle=Shuffle(buffer=buffer, seed=3))
    for ours in seen:
        theirs = [(x.numpy(), y.numpy()) for x, y in plain]
        assert len(ours) == len(theirs)
        for (x, y), (other_x, other_y) in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(x, other_x)
            np.testing.assert_array_equal(y, other_y)


def test_every_pass_is_fingerprinted_but_behind_a_cache():
    stream = Stream.read(slices(), 1)
    _, recorder = passes(stream, ["shuffle", "batch"])
    assert len(recorder.reading.passes) == 3
    assert len(set(recorder.reading.passes)) == 1
    assert len(set(recorder.orders)) == 3
    assert stream.find_changes(recorder.reading) == {}
    _, recorder = passes(stream, ["cache", "shuffle", "batch"])
    assert len(recorder.reading.passes) == 1
    assert stream.find_changes(recorder.reading) == {}


def test_an_order_that_the_source_changes_is_a_change_of_the_data():
    tf.random.set_seed(1)
    stream = Stream.read(slices().shuffle(60), 1)
    _, recorder = passes(stream, ["batch"])
    assert list(stream.find_changes(recorder.reading)) == ["data/0", "data/1", "data/2"]
    assert len(set(recorder.orders)) == 1


@pytest.mark.parametrize("stages", [["batch"], ["batch", "prefetch"], ["prefetch", "batch"]])
def test_rows_that_a_dropped_batch_leaves_unread_do_not_count(stages):
    rows = 256 * 3 + 5
    stream = Stream.read(slices(rows), 1)
    seen, recorder = passes(stream, stages, drop_remainder=True)
    assert {len(y) for batches in seen for _, y in batches} == {8}
    assert stream.find_changes(recorder.reading) == {}
    assert len(recorder.reading.passes) == 3


def test_only_augmented_rows_have_a_stage_of_their_own():
    stream = Stream.read(slices(), 1)
    seen, recorder = passes(stream, ["augment", "batch"], 1, augment=lambda x: x + 100)
    assert list(recorder.fingerprints()) == ["order/0", "augment/0"]
    x, y = (np.concatenate(parts) for parts in zip(*seen[0], strict=True))
    assert x.tolist() == [[2 * i + 100, 2 * i + 101] for i in y]
    tf.random.set_seed(1)
    (noisy,), _ = passes(stream, ["augment", "batch"], 1, augment=add_noise)
    assert not np.array_equal(np.concatenate([x for x, _ in noisy]), x - 100)
    assert list(passes(stream, ["batch"], 1)[1].fingerprints()) == ["order/0"]


# --- runs


def measure(source, replicate=0, **changes):
    """A run in this process: two builds of two epochs of eight steps."""
    layers = [
        {"_target_": "keras.layers.Dense", "units": 4, "activation": "relu"},
        {"_target_": "keras.layers.Dropout", "rate": 0.3},
        {"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"},
    ]
    settings = {
        "model": {"_target_": "keras.Sequential", "layers": layers},
        "data": Data(source={"_target_": f"streamed_rows.{source}"}, units=2),
        "seed": Seed(strategy=Strategy.fixed, value=1),
        "train": Train(epochs=2, batch_size=8),
        "probe": Probe(inputs=5),
        "builds": 1,
        "calls": 1,
        **changes,
    }
    cfg = Config(**settings)
    return train_and_call(cfg, run_seeds(cfg.seed, replicate, "0" * 12), Path.cwd())


OFF = Shuffle(enabled=False)


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("streamed", {"shuffle": OFF, "builds": 2}),
        ("generated", {"shuffle": OFF}),
        (
            "generated",
            {"shuffle": Shuffle(buffer=20), "seed": Seed(strategy=Strategy.derived, value=4)},
        ),
        (
            "streamed",
            {"train": Train(epochs=2, batch_size=8, drop_remainder=True), "trace": Trace.steps},
        ),
        ("streamed", {"train": Train(epochs=2, batch_size=8, steps_per_execution=3)}),
        ("generated", {"train": Train(epochs=0)}),
    ],
)
def test_the_same_rows_give_the_same_bits_streamed_or_not(source, changes):
    """Stages too: all but `data`, whose digest is of another form."""
    ours, theirs = measure(source, **changes), measure("planes", **changes)
    assert ours.arrays.outputs.tobytes() == theirs.arrays.outputs.tobytes()
    assert ours.arrays.inputs.tolist() == theirs.arrays.inputs.tolist()
    assert ours.arrays.targets.tolist() == theirs.arrays.targets.tolist()
    assert ours.metrics == theirs.metrics
    for our, their in zip(ours.fingerprints, theirs.fingerprints, strict=True):
        assert list(our) == list(their)
        assert our | {"data": None} == their | {"data": None}


def test_metrics_are_over_all_test_rows():
    (metrics,) = measure("large", train=Train(epochs=0), data=Data(
        source={"_target_": "streamed_rows.large", "rows": 4, "size": 2}, units=2
    )).metrics  # fmt: skip
    assert metrics["accuracy"] == 0.5


def test_data_differs_where_rows_do_and_order_alone_where_the_shuffle_does():
    def stages(rows_seed=0, order_seed=1):
        source = {"_target_": "streamed_rows.streamed", "seed": rows_seed}
        changes = {"shuffle": Shuffle(seed=order_seed), "data": Data(source=source, units=2)}
        return measure("streamed", **changes).fingerprints[0]

    first, again, other = stages(), stages(), stages(order_seed=2)
    assert first["data"] == again["data"] == other["data"]
    assert first["order/0"] == again["order/0"] != other["order/0"]
    assert stages(rows_seed=1)["data"] != first["data"]


def test_rows_that_change_from_pass_to_pass_are_stages_of_the_data():
    train = Train(epochs=2, batch_size=8, pipeline=["batch"])
    stages = list(measure("unseeded_order", train=train).fingerprints[0])
    assert stages[0] == "data"
    assert {"data/0", "data/1"} <= set(stages)
    kinds = [stage.partition("/")[0] for stage in stages]
    assert [a for a, b in pairwise(kinds) if a == "order" and b == "data"] == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "data.source: its rows cannot be read: "),
        (
            {"pipeline": ["augment", "batch"]},
            "train.pipeline: its rows cannot be read or augmented: ",
        ),
    ],
)
def test_what_breaks_while_it_trains_is_one_line(settings, key):
    train = Train(epochs=2, batch_size=8, **settings)
    train.augment.function = {"_target_": "keras.layers.Rescaling", "scale": 2.0}
    source = {"_target_": "streamed_rows.failing", "at_pass": 1}
    message = refusal(measure, "failing", train=train, data=Data(source=source, units=2))
    assert message == f"{key}ValueError: row 40 is broken"


def test_one_part_is_not_split():
    assert refusal(measure, "alone") == (
        "data.source: must return two tf.data.Datasets, as rows that stream are not split."
        " Received: one. Return (training, test)"
    )
