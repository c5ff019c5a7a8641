"""TFRecord files as people have them: encoded images, rows of unequal length, and texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf
from conftest import run_cli

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]

ROWS = 60


def _examples():
    """Rows whose label can be seen in the image, in the words and in the text."""
    draws = np.random.RandomState(0)
    for number in range(ROWS):
        label = number % 3
        pixels = draws.randint(0, 40, (9, 7, 3)) + 200 * (np.arange(3) == label)
        encode = tf.io.encode_png if number % 2 else tf.io.encode_jpeg
        image = encode(pixels.astype(np.uint8)).numpy()
        words = [label + 1] * draws.randint(0, 6)
        tags = [float(label == each) for each in range(3)]
        spoken = [b"red", b"green", b"blue"][label]
        yield {
            "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
            "words": tf.train.Feature(int64_list=tf.train.Int64List(value=words)),
            "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[spoken])),
            "tags": tf.train.Feature(float_list=tf.train.FloatList(value=tags)),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        }


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A file for training and one for testing."""
    directory = tmp_path_factory.mktemp("records")
    for name, start, stop in (("train", 0, 48), ("test", 48, ROWS)):
        with tf.io.TFRecordWriter(str(directory / f"{name}.tfrecord")) as writer:
            for features in list(_examples())[start:stop]:
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
    return directory


LABEL = "label: {dtype: int64, shape: []}"

KINDS = {
    "image": (
        "image: {dtype: image, shape: [8, 8, 3]}",
        "[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dense, units: 3,"
        " activation: softmax}]",
    ),
    "words": (
        "words: {dtype: int64, shape: [5], fill: 0}",
        "[{_target_: keras.layers.Embedding, input_dim: 4, output_dim: 4},"
        " {_target_: keras.layers.GlobalAveragePooling1D},"
        " {_target_: keras.layers.Dense, units: 3, activation: softmax}]",
    ),
    "text": (
        "text: {dtype: text, shape: []}",
        "[{_target_: keras.layers.TextVectorization, vocabulary: [red, green, blue],"
        " output_sequence_length: 1}, {_target_: keras.layers.Embedding, input_dim: 5,"
        " output_dim: 4}, {_target_: keras.layers.Flatten},"
        " {_target_: keras.layers.Dense, units: 3, activation: softmax}]",
    ),
}


def run(directory, records, x, features, layers, *arguments):
    return run_cli(
        directory,
        "data=tfrecord",
        f"data.source.path={records}/train.tfrecord",
        f"data.source.test_path={records}/test.tfrecord",
        f"data.source.features={{{features}}}",
        f"data.source.x={x}",
        "data.source.y=label",
        "data.units=3",
        "~model",
        f"+model={{_target_: keras.Sequential, layers: {layers}}}",
        f"optimizer.learning_rate={0.01 if x == 'image' else 0.1}",
        *("train.epochs=8", "replicates=2", "replays=0", "builds=1"),
        *arguments,
        "-m",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_feature_is_trained_on(tmp_path, records, kind):
    features, layers = KINDS[kind]
    strategies = "seed=unset,fixed,derived" if kind == "words" else "seed=unset,fixed"
    ended = run(tmp_path, records, kind, f"{features}, {LABEL}", layers, strategies)
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert rows["unset"]["verdict"] == "uncontrolled"
    assert rows["unset"]["first_divergence"].startswith("init/")
    assert rows["fixed"]["verdict"] == "repeatable"
    assert rows["fixed"]["accuracy_mean"] > 0.6
    if kind == "words":
        assert rows["derived"]["across_runs"] == "differs"


@pytest.mark.parametrize(
    ("features", "layers", "told"),
    [
        (
            "words: {dtype: int64, shape: [3], fill: 0}",
            KINDS["words"][1],
            r"data\.source\.features: does not fit the first example .* Received: words"
            r" \(at most 3 int64\)",
        ),
        (
            "words: {dtype: int64, shape: [5]}",
            KINDS["words"][1],
            r"data\.source\.features: does not fit the first example .* Received: words"
            r" \(5 int64\)\. Where rows are of unequal length: \{\.\.\., fill: 0\}",
        ),
        (
            "words: {dtype: int64, shape: [5], fill: no}",
            KINDS["words"][1],
            r"data\.source\.features\.words\.fill: must be a whole number, as the dtype is int64\."
            r" Received: no",
        ),
        (
            "words: {dtype: image, shape: [8, 8]}",
            KINDS["image"][1],
            r"data\.source\.features\.words\.shape: must be a height, a width and 1, 3 or 4"
            r" channels, as \[32, 32, 3\]\. Received: \[8, 8\]",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, records, features, layers, told):
    ended = run(tmp_path, records, "words", f"{features}, {LABEL}", layers, "replicates=1")
    assert ended.status == 1
    (error,) = set(ended.results.runs["error"])
    assert re.fullmatch(told, error), error


def test_a_file_that_is_no_image_is_one_line(tmp_path, records):
    features = f"text: {{dtype: image, shape: [8, 8, 3]}}, {LABEL}"
    ended = run(tmp_path, records, "text", features, KINDS["image"][1], "replicates=1")
    assert ended.status == 1
    (error,) = set(ended.results.runs["error"])
    assert error.startswith("data.source: its rows cannot be read: Unknown image file format.")


def test_targets_may_be_tags_and_texts_are_none(tmp_path, records):
    features, layers = KINDS["image"]
    several = layers.replace("softmax", "sigmoid")
    shape = "tags: {dtype: float32, shape: [3]}"
    usual = ("data.source.y=tags", "loss=binary_crossentropy", "train.metrics=[binary_accuracy]")
    ended = run(tmp_path, records, "image", f"{features}, {shape}", several, "seed=fixed", *usual)
    assert ended.status == 0, ended.err
    (row,) = ended.results.table.to_dict("records")
    assert row["verdict"] == "repeatable"
    assert row["binary_accuracy_mean"] > 0.6

    text = "text: {dtype: text, shape: []}"
    refused = run(
        tmp_path / "texts", records, "image", f"{features}, {text}", layers, "data.source.y=text"
    )
    (error,) = set(refused.results.runs["error"])
    assert error == (
        "data.source.features.text.dtype: must be numbers, as no loss takes texts. Received: text"
    )
