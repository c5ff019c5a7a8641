"""Rows that stream: TFRecord files, ready-made data sets and datasets of one's own."""

from __future__ import annotations

import importlib.util
import sys
from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf
from conftest import APPS

from runner.augment import add_noise
from runner.datasets import keras_dataset, tfds, tfrecord
from runner.errors import ConfigError
from runner.pipeline import OrderRecorder, build_pipeline
from runner.schema import Config, Data, Probe, Scope, Seed, Shuffle, Strategy, Trace, Train
from runner.seeds import run_seeds
from runner.static.predict import predict
from runner.static.sources import absent_sources
from runner.static.subject import Subject
from runner.streams import Stream
from runner.tasks.keras import train_and_call

sys.path.append(str(APPS))

import streamed_rows

FEATURES = {
    "image": {"dtype": "float32", "shape": [2, 2]},
    "label": {"dtype": "int64", "shape": []},
}


@pytest.fixture(autouse=True)
def _trust(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "streamed_rows")


def refusal(call, *arguments, **named):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- TFRecord files


def write_records(path, numbers, label=None, compression=None):
    """Examples with an image full of a number each."""
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for number in numbers:
            image = tf.train.FloatList(value=[number] * 4)
            labels = tf.train.Int64List(value=[number % 3] if label is None else label)
            features = {
                "image": tf.train.Feature(float_list=image),
                "label": tf.train.Feature(int64_list=labels),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return str(path)


def records(path, test_path=None, features=FEATURES, x="image", y="label", **named):
    return tfrecord(path, test_path or path, features, x, y, **named)


def test_examples_are_parsed_as_declared(tmp_path):
    path = write_records(tmp_path / "a.tfrecord", range(5))
    train, test = records(path, write_records(tmp_path / "b.tfrecord", [7]))
    assert [spec.shape.as_list() for spec in train.element_spec] == [[2, 2], []]
    rows = [(x.numpy(), int(y)) for x, y in train]
    assert [float(x[0, 0]) for x, _ in rows] == [0, 1, 2, 3, 4]
    assert all(x.dtype == np.float32 and (x == x[0, 0]).all() for x, _ in rows)
    assert [y for _, y in rows] == [0, 1, 2, 0, 1]
    assert [int(y) for _, y in test] == [1]


def test_files_come_in_sorted_order(tmp_path):
    for name, number in (("b", 2), ("c", 3), ("a", 1)):
        write_records(tmp_path / f"{name}.tfrecord", [number])
    for path in (f"{tmp_path}/*.tfrecord", [f"{tmp_path}/a*", f"{tmp_path}/[bc]*"]):
        train, _ = records(path)
        assert [float(x[0, 0]) for x, _ in train] == [1, 2, 3]


def test_compressed_files(tmp_path):
    path = write_records(tmp_path / "a.gz", range(3), compression="GZIP")
    assert len(list(records(path, compression="GZIP")[0])) == 3
    assert "is no TFRecord file" in refusal(records, path)
    message = refusal(records, path, compression="zip")
    assert message == "data.source.compression: must be GZIP, ZLIB or null. Received: zip"


def test_what_is_declared_and_not_used_need_not_be_there(tmp_path):
    features = {**FEATURES, "weight": {"dtype": "float32", "shape": []}}
    assert len(list(records(write_records(tmp_path / "a", [1]), features=features)[0])) == 1


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("image", 3, ": must be as {dtype: float32, shape: [8, 8]}. Received: 3"),
        ("image", {"dtype": "float32"}, ": must be as {dtype: float32, shape: [8, 8]}"),
        ("image", {"dtype": "float23", "shape": []}, ".dtype: must be float32 or int64."),
        ("label", {"dtype": "int64", "shape": 3}, ".shape: must be a list of whole numbers"),
        ("label", {"dtype": "int64", "shape": [0]}, ".shape: must be a list of whole numbers"),
    ],
)
def test_a_wrong_declaration(tmp_path, name, spec, message):
    path = write_records(tmp_path / "a", [1])
    refused = refusal(records, path, features={**FEATURES, name: spec})
    assert refused.startswith(f"data.source.features.{name}{message}")


def test_a_name_that_is_not_declared(tmp_path):
    path = write_records(tmp_path / "a", [1])
    assert refusal(records, path, x="imge") == (
        "data.source.x: must name one of data.source.features (image, label). Received: imge."
        " Did you mean 'image'?"
    )


@pytest.mark.parametrize(
    ("features", "received"),
    [
        ({"image": {"dtype": "float32", "shape": [3]}}, "image (3 float32)"),
        ({"image": {"dtype": "int64", "shape": [4]}}, "image (4 int64)"),
        ({"label": {"dtype": "int64", "shape": [2]}}, "label (2 int64)"),
    ],
)
def test_a_declaration_that_does_not_fit(tmp_path, features, received):
    path = write_records(tmp_path / "a", [1])
    assert refusal(records, path, features={**FEATURES, **features}) == (
        f"data.source.features: does not fit the first example of {path}, which holds"
        f" image (4 float32), label (1 int64). Received: {received}"
    )


def test_a_feature_that_is_not_there(tmp_path):
    path = write_records(tmp_path / "a", [1])
    features = {**FEATURES, "labels": FEATURES["label"]}
    message = refusal(records, path, features=features, y="labels")
    assert message.endswith("Received: labels (1 int64). Did you mean 'label'?")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "has no examples"), (b"not a record at all", "is no TFRecord file (")],
)
def test_files_without_examples(tmp_path, content, message):
    path = tmp_path / "a"
    path.write_bytes(content)
    assert refusal(records, str(path)).startswith(f"data.source.path: {message}")


def test_records_that_are_no_examples(tmp_path):
    path = str(tmp_path / "a")
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(b"\xff\xff no protocol buffer")
    assert refusal(records, path).startswith("data.source.path: has records that are no tf.train")


def test_missing_files(tmp_path):
    path = write_records(tmp_path / "a", [1])
    assert refusal(records, "no*.tfrecord") == (
        "data.source.path: no such file. Received: no*.tfrecord"
    )
    assert refusal(records, path, [path, "no.such"]) == (
        "data.source.test_path: no such file. Received: no.such"
    )
    assert refusal(records, []) == "data.source.path: must name a file. Received: []"
    assert "must be a file, not a directory" in refusal(records, str(tmp_path))


# --- Keras's data sets


def test_an_unknown_name():
    message = refusal(keras_dataset, "fashion_mnst")
    assert message.endswith("Received: fashion_mnst. Did you mean 'fashion_mnist'?")
    # Its rows are lists of words of any length, no arrays.
    assert "must be one of" in refusal(keras_dataset, "imdb")


# --- tensorflow-datasets

INSTALLED = importlib.util.find_spec("tensorflow_datasets") is not None


@pytest.mark.skipif(INSTALLED, reason="tensorflow-datasets is installed")
def test_the_extra_is_named_where_it_is_not_installed():
    assert refusal(tfds, "mnist") == (
        "data.source: needs tensorflow-datasets, which is not installed. Received: mnist."
        " Install the extra tfds: python -m pip install -e '.[tfds]'"
    )


@pytest.mark.skipif(not INSTALLED, reason="tensorflow-datasets is not installed")
@pytest.mark.filterwarnings("ignore")
def test_a_prepared_data_set(tmp_path):
    library = pytest.importorskip("tensorflow_datasets")
    x, y = np.arange(40, dtype=np.float32).reshape(20, 2), np.arange(20) % 3
    rows, few = (
        tf.data.Dataset.from_tensor_slices({"point": x[:count], "label": y[:count]})
        for count in (20, 6)
    )
    library.dataset_builders.store_as_tfds_dataset(
        "my_rows",
        "1.0.0",
        features=library.features.FeaturesDict(
            {
                "point": library.features.Tensor(shape=(2,), dtype=np.float32),
                "label": library.features.ClassLabel(num_classes=3),
            }
        ),
        data_dir=tmp_path,
        split_datasets={"train": rows, "test": few},
    )
    named = {"data_dir": str(tmp_path), "as_supervised": False, "x": "point", "y": "label"}
    train, test = tfds("my_rows", **named)
    assert (len(list(train)), len(list(test))) == (20, 6)
    assert [float(x[0]) for x, _ in train] == [float(x[0]) for x, _ in train]
    assert len(list(tfds("my_rows", split="train[:50%]", **named)[0])) == 10
    assert "Did you mean 'point'?" in refusal(tfds, "my_rows", **{**named, "x": "poit"})
    assert "Unknown split 'trian'" in refusal(tfds, "my_rows", split="trian", **named)
    message = refusal(tfds, "my_rows", data_dir=str(tmp_path))
    assert message.startswith("data.source.as_supervised: must be false for my_rows")
    message = refusal(tfds, "mnist", data_dir=str(tmp_path))
    assert "Prepare it once with: tfds build mnist" in message
    assert "Did you mean 'mnist'?" in refusal(tfds, "mnits", data_dir=str(tmp_path))


# --- streams


def slices(rows=60):
    """Rows that can be told apart."""
    x = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
    return tf.data.Dataset.from_tensor_slices((x, np.arange(rows)))


def test_a_stream_is_counted_and_its_first_rows_are_kept():
    stream = Stream.read(slices(600), keep=300)
    assert (stream.count, stream.x.shape, stream.y.dtype) == (600, (2,), tf.int64)
    assert [len(part) for part in stream.head] == [300, 300]
    assert stream.head[1].tolist() == list(range(300))
    assert len(stream.chunks) == 3  # of 256 rows at most
    assert Stream.read(slices(5), keep=300).head[1].tolist() == list(range(5))


def test_shapes_that_a_dataset_does_not_say_are_read_off_its_first_row():
    train, _ = streamed_rows.generated()
    assert train.element_spec[0].shape.rank is None
    stream = Stream.read(train, keep=1)
    assert (stream.x.shape, stream.y.shape, stream.count) == ((2,), (), 60)


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
        (lambda: slices().map(lambda x, y: x), "must give rows (x, y), two arrays of numbers"),
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
    return train_and_call(cfg, run_seeds(cfg.seed, replicate, "0" * 12))


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


# --- what is told before a run


def foreseen(target, **arguments):
    source = {"_target_": target, **arguments}
    seed = Seed(strategy=Strategy.fixed, value=1, scope=Scope.build)
    layers = [{"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"}]
    model = {"_target_": "keras.Sequential", "layers": layers}
    subject = Subject(Config(model=model, data=Data(source=source, units=2), seed=seed), {})
    expected = predict(subject)
    return expected.runs.state, expected.builds.state, absent_sources(subject)


@pytest.mark.parametrize(
    ("target", "arguments", "absent"),
    [
        ("runner.data.npy", {}, ("data", "augment", "dropout")),
        ("runner.tables.csv", {}, ("data", "augment", "dropout")),
        ("runner.tables.csv", {"test_path": "a"}, ("data", "split", "augment", "dropout")),
        ("runner.tables.parquet", {"test_path": None}, ("data", "augment", "dropout")),
        ("runner.datasets.tfrecord", {}, ("data", "split", "augment", "dropout")),
        ("runner.datasets.keras_dataset", {}, ("data", "split", "augment", "dropout")),
    ],
)
def test_files_are_foreseen_to_be_the_same(target, arguments, absent):
    assert foreseen(target, **arguments) == ("same", "same", absent)


@pytest.mark.parametrize("target", ["runner.datasets.tfds", "streamed_rows.unseeded_order"])
def test_nothing_is_foreseen_of_other_sources(target):
    assert foreseen(target) == ("unknown", "unknown", ("augment", "dropout"))
