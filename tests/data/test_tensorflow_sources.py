"""TFRecord files and ready-made data sets, and what is foreseen of every source of rows."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import tensorflow as tf

from runner.config.schema import Config, Data, Scope, Seed, Strategy
from runner.data.streamed.tensorflow_sources import keras_dataset, tfds, tfrecord
from runner.errors import ConfigError
from runner.static.facts import ConfigFacts
from runner.static.predict import predict
from runner.static.sources import absent_sources

FEATURES = {
    "image": {"dtype": "float32", "shape": [2, 2]},
    "label": {"dtype": "int64", "shape": []},
}


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


def test_images_texts_and_rows_of_unequal_length(tmp_path):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    path = str(tmp_path / "a")
    with tf.io.TFRecordWriter(path) as writer:
        for words in ([5, 6, 7, 8], [], [9, 10]):
            image = tf.train.BytesList(value=[tf.io.encode_png(pixels).numpy()])
            texts = tf.train.BytesList(value=[str(each).encode() for each in words])
            features = {
                "image": tf.train.Feature(bytes_list=image),
                "words": tf.train.Feature(int64_list=tf.train.Int64List(value=words)),
                "texts": tf.train.Feature(bytes_list=texts),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    features = {
        "image": {"dtype": "image", "shape": [2, 4, 3]},
        "words": {"dtype": "int64", "shape": [3, 2], "fill": -1},
        "texts": {"dtype": "text", "shape": [4], "fill": "none"},
    }
    images, _ = records(path, features=features, y="words")
    assert images.element_spec[0].shape == (2, 4, 3)
    assert images.element_spec[1].shape == (3, 2)
    first = next(iter(images))
    np.testing.assert_array_equal(first[0], pixels.astype(np.float32) / np.float32(255))
    assert [y.numpy().tolist() for _, y in images] == [
        [[5, 6], [7, 8], [-1, -1]],
        [[-1, -1]] * 3,
        [[9, 10], [-1, -1], [-1, -1]],
    ]
    texts, _ = records(path, features=features, x="texts", y="words")
    assert [b" ".join(x.numpy().tolist()) for x, _ in texts] == [
        b"5 6 7 8",
        b"none none none none",
        b"9 10 none none",
    ]


def test_what_is_declared_and_not_used_need_not_be_there(tmp_path):
    features = {**FEATURES, "weight": {"dtype": "float32", "shape": []}}
    assert len(list(records(write_records(tmp_path / "a", [1]), features=features)[0])) == 1


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("image", 3, ": must be as {dtype: float32, shape: [8, 8]}. Received: 3"),
        ("image", {"dtype": "float32"}, ": must be as {dtype: float32, shape: [8, 8]}"),
        (
            "image",
            {"dtype": "float23", "shape": []},
            ".dtype: must be one of float32, int64, text, image.",
        ),
        ("label", {"dtype": "int64", "shape": [2], "filled": 0}, ": must be as {dtype: float32,"),
        ("label", {"dtype": "int64", "shape": [], "fill": 0}, ".fill: is for rows of unequal"),
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
        (
            {"label": {"dtype": "int64", "shape": [2]}},
            "label (2 int64). Where rows are of unequal length: {..., fill: 0}",
        ),
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


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)  # as if it were not
    assert refusal(tfds, "mnist") == (
        "data.source: needs tensorflow-datasets, which is not installed. Received: mnist."
        " Install the extra tfds: python -m pip install -e '.[tfds]'"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_prepared_data_set(tmp_path):
    import tensorflow_datasets as library

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


# --- what is told before a run


def foreseen(target, **arguments):
    source = {"_target_": target, **arguments}
    seed = Seed(strategy=Strategy.fixed, value=1, scope=Scope.build)
    layers = [{"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"}]
    model = {"_target_": "keras.Sequential", "layers": layers}
    subject = ConfigFacts(Config(model=model, data=Data(source=source, units=2), seed=seed), {})
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
