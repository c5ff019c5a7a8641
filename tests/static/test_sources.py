"""Which sources of randomness a configuration surely does not have."""

from __future__ import annotations

import pytest
from configs import (
    AUGMENTED,
    DIGITS,
    DROPPING,
    FLATTEN,
    NOISE,
    PINNED,
    TINY,
    YOURS,
    dense,
    model,
    own_seed,
    subject,
)

from runner.static.sources import absent_sources

NPZ = {"_target_": "runner.data.npz", "path": "rows.npz"}
IRIS = {"_target_": "sklearn.datasets.load_iris", "return_X_y": True}
NONE = {"epochs": 0}


def absent(**changes):
    return set(absent_sources(subject(**changes)))


def test_the_defaults_split_start_and_shuffle():
    assert absent_sources(subject()) == ("data", "augment", "dropout")


def test_everything_in_the_order_of_the_schema():
    changes = {"model": PINNED, "data.source": TINY, "train": NONE}
    expected = ("data", "split", "init", "order", "augment", "dropout")
    assert absent_sources(subject(**changes)) == expected


@pytest.mark.parametrize(
    ("source", "draws"),
    [
        (DIGITS, False),
        (TINY, False),
        (NPZ, False),
        (IRIS, False),
        ({"_target_": "sklearn.datasets.load_files", "container_path": "x"}, True),
        ({"_target_": "sklearn.datasets.make_moons"}, True),
        (YOURS, True),
        ({**NPZ, "path": {"_target_": "yours.path"}}, True),
        ({**DIGITS, "_partial_": True}, True),
        ({"_target_": "runner.data.of_tomorrow"}, True),
    ],
)
def test_only_known_loaders_draw_nothing(source, draws):
    assert ("data" not in absent(**{"data.source": source})) == draws


@pytest.mark.parametrize("source", [DIGITS, NPZ, IRIS, YOURS])
def test_what_may_come_in_one_part_is_split(source):
    assert "split" not in absent(**{"data.source": source, "data.rows": 10})


@pytest.mark.parametrize("source", [DIGITS, NPZ, IRIS, YOURS])
def test_the_last_rows_are_held_out_without_a_draw(source):
    changes = {"data.source": source, "data.split.by": "time", "data.split.seed": None}
    assert "split" in absent(**changes)


@pytest.mark.parametrize(
    "drawn",
    [
        {"data": {"resample": {"bootstrap": True}}},
        {"data": {"label_noise": 0.1}},
        {"data": {"imbalance": {"0": 0.5}}},
    ],
)
@pytest.mark.parametrize("source", [DIGITS, TINY])
def test_what_is_drawn_of_the_training_part_is_of_the_source_split(drawn, source):
    assert "split" not in absent(**{"data.source": source, "data.split.by": "time", **drawn})


FILE_SOURCES = {
    "runner.data.hdf5": "x_test",
    "runner.data.npy": "test_path",
    "runner.datasets.images": "test_path",
    "runner.datasets.texts": "test_path",
    "runner.tables.csv": "test_path",
    "runner.tables.feather": "test_path",
    "runner.tables.parquet": "test_path",
}


@pytest.mark.parametrize("target", FILE_SOURCES)
def test_files_are_split_unless_a_test_part_is_named(target):
    source = {"_target_": target, "path": "rows"}
    assert absent(**{"data.source": source}) == {"data", "augment", "dropout"}
    both = {**source, FILE_SOURCES[target]: "held"}
    assert absent(**{"data.source": both}) == {"data", "split", "augment", "dropout"}


def test_windows_come_in_two_parts():
    assert "split" in absent(**{"data.source": {"_target_": "runner.tables.windows"}})


def test_the_article_comes_in_two_parts():
    assert "split" in absent(**{"data.source": TINY})


@pytest.mark.parametrize(
    ("initializer", "drawn"),
    [
        ("zeros", False),
        ("Ones", False),
        ("glorot_uniform", True),
        ("my_own", True),
        (None, True),
        (own_seed(0), False),
        (own_seed(None), True),
        (own_seed({"_target_": "keras.random.SeedGenerator", "seed": 1}), True),
        ({"_target_": "keras.initializers.Constant", "value": 2.0}, False),
        ({"_target_": "keras.initializers.GlorotUniform", "_args_": [1]}, True),
        ({"class_name": "Zeros", "config": {}}, True),
        ({"_target_": "keras.initializers.RandomNormal", "stddev": 0.0}, False),
        ({"_target_": "keras.initializers.RandomUniform", "minval": 0.5, "maxval": 0.5}, False),
        ({"_target_": "keras.initializers.RandomUniform", "minval": 0.05}, False),
        ({"_target_": "keras.initializers.RandomUniform", "minval": 0.5}, True),
    ],
)
def test_weights_are_drawn_unless_every_initializer_says_otherwise(initializer, drawn):
    layers = [FLATTEN, dense(10, initializer=own_seed(1)), dense(10, initializer=initializer)]
    assert ("init" not in absent(model=model(*layers))) == drawn


def test_a_recurrent_layer_has_a_second_kernel():
    gru = {"_target_": "keras.layers.GRU", "units": 4, "kernel_initializer": own_seed(1)}
    assert "init" not in absent(model=model(gru))
    assert "init" in absent(model=model({**gru, "recurrent_initializer": own_seed(2)}))


def test_lora_draws_a_weight_that_has_no_initializer_argument():
    layer = dense(10, initializer=own_seed(1), lora_rank=2)
    assert "init" not in absent(model=model(layer))


def test_a_bias_can_be_drawn():
    layer = dense(10, initializer="zeros", bias_initializer="uniform")
    assert "init" not in absent(model=model(layer))


def test_a_model_of_yours_may_have_anything():
    yours = {"_target_": "yours.build"}
    assert absent(model=yours, train=NONE) == {"data", "order", "augment"}


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({}, False),
        ({"shuffle": {"enabled": False}}, True),
        ({"train": {"pipeline": ["batch"]}}, True),
        ({"train": NONE}, True),
    ],
)
def test_an_order_needs_a_shuffle_and_training(changes, gone):
    assert ("order" in absent(**changes)) == gone


def test_augmentation_needs_the_stage_and_training():
    stage = {"train.augment.function": NOISE, "train": {"pipeline": AUGMENTED}}
    assert "augment" not in absent(**stage)
    assert "augment" in absent(**{"train.augment.function": NOISE})
    assert "augment" in absent(**{**stage, "train": {"pipeline": AUGMENTED, **NONE}})


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({}, False),
        ({"train": NONE}, True),
        ({"train": NONE, "probe": {"training": True}}, False),
    ],
)
def test_dropout_is_there_where_it_is_active(changes, gone):
    assert ("dropout" in absent(model=DROPPING, **changes)) == gone


@pytest.mark.parametrize(
    ("layer", "gone"),
    [
        ({"_target_": "keras.layers.Dropout", "rate": 0}, True),
        ({"_target_": "keras.layers.GaussianNoise", "stddev": 0.1}, False),
        ({"_target_": "keras.layers.GRU", "units": 4, "dropout": 0.1}, False),
        ({"_target_": "keras.layers.GRU", "units": 4}, True),
        ({"_target_": "keras.layers.RandomFlip"}, False),
        ({"_target_": "keras.layers.Solarization"}, False),
        ({"_target_": "keras.layers.BatchNormalization"}, True),
        ({"_target_": "yours.Layer"}, False),
    ],
)
def test_stochastic_layers(layer, gone):
    assert ("dropout" in absent(model=model(layer, dense(10)))) == gone


@pytest.mark.parametrize(
    "task",
    [
        {"kind": "function", "function": "yours.train"},
        {"kind": "command", "command": ["train"], "outputs": ["x.npy"]},
    ],
)
def test_training_code_of_yours_may_have_anything(task):
    assert absent(task=task) == set()
