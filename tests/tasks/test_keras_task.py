"""Building, training and calling a declared Keras model, in this process."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.config.schema import Config, Data, Generator, Probe, Scope, Seed, Strategy, Train
from runner.config.seeds import Seeds, run_seeds
from runner.data.rows import Rows
from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.tasks.keras.evaluations import evaluate
from runner.tasks.keras.feed.load import load_data
from runner.tasks.keras.model import Masks, compile_model, make_model
from runner.tasks.keras.train import flatten_units, train_and_call
from runner.tasks.seeding import seed_generators


def config(layers=None, **changes):
    """A small configuration: exclusive or, one dense layer, untrained."""
    layers = layers or [{"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"}]
    settings = {
        "model": {"_target_": "keras.Sequential", "layers": layers},
        "data": Data(source={"_target_": "runner.data.tiny"}, units=2),
        "seed": Seed(strategy=Strategy.fixed, value=1),
        "train": Train(epochs=0),
        "probe": Probe(inputs=3),
        "builds": 1,
        "calls": 1,
    }
    return Config(**{**settings, **changes})


ROW = Rows(np.zeros((1, 2), np.float32), np.zeros(1, np.int64))


def measure(cfg, replicate=0):
    return train_and_call(cfg, run_seeds(cfg.seed, replicate, "0" * 12), Path.cwd())


# --- outputs


def test_outputs_have_the_axes_build_call_input_unit():
    measured = measure(config(builds=3, calls=2))
    assert measured.arrays.outputs.shape == (3, 2, 3, 2)
    assert measured.arrays.inputs.shape == (3,)
    assert len(measured.metrics) == len(measured.fingerprints) == 3


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "bool"])
def test_outputs_keep_the_type_of_the_model(dtype):
    array = np.array([[0, 1], [1, 0]], dtype)
    assert flatten_units(tf.constant(array), 2).dtype == dtype


def test_bfloat16_is_held_exactly_as_float32():
    values = tf.constant([[1.0078125], [-3.0e38]], tf.bfloat16)
    held = flatten_units(values, 2)
    assert held.dtype == np.float32
    np.testing.assert_array_equal(tf.cast(tf.constant(held), tf.bfloat16), values)


def test_several_outputs_stand_side_by_side():
    outputs = {"a": tf.ones((2, 3)), "b": tf.zeros((2, 2, 2))}
    np.testing.assert_array_equal(flatten_units(outputs, 2), [[1, 1, 1, 0, 0, 0, 0]] * 2)


def test_an_output_without_a_row_for_each_input_is_refused():
    with pytest.raises(ConfigError, match="one row of outputs for each of 3 inputs"):
        flatten_units(tf.ones((2, 2)), 3)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_a_model_of_another_precision_is_recorded(policy):
    layers = [{"_target_": "keras.layers.Dense", "units": 2, "dtype": policy}]
    outputs = measure(config(layers)).arrays.outputs
    expected = {"mixed_bfloat16": "float32", "mixed_float16": "float16", "float64": "float64"}
    assert outputs.dtype == expected[policy]


# --- seeds


def test_equal_seeds_give_equal_bits_and_others_do_not():
    train = Train(epochs=1, batch_size=2)
    first = measure(config(train=train))
    again = measure(config(train=train))
    other = measure(config(train=train, seed=Seed(strategy=Strategy.fixed, value=2)))
    assert first.digest == again.digest
    assert first.fingerprints == again.fingerprints
    assert first.digest != other.digest


@pytest.mark.parametrize(("scope", "same"), [(Scope.process, False), (Scope.build, True)])
@pytest.mark.parametrize("strategy", [Strategy.fixed, Strategy.derived])
def test_builds_are_the_same_only_when_each_is_seeded(scope, same, strategy):
    seed = Seed(strategy=strategy, value=3, scope=scope)
    first, second = measure(config(builds=2, seed=seed)).fingerprints
    assert (first["init/dense/kernel"] == second["init/dense/kernel"]) is same


def test_generators_that_are_not_named_are_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    seed_generators(5, (Generator.tensorflow,))
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    seed_generators(5, (Generator.numpy,))
    assert np.random.get_state()[1][0] == 5  # noqa: NPY002


def test_a_loader_that_reseeds_numpy_does_not_undo_the_strategy():
    cfg = config(seed=Seed(strategy=Strategy.fixed, value=9))
    cfg.data.source = {"_target_": "test_keras_task.reseeding_loader"}
    measure(cfg)
    drawn = np.random.rand()  # noqa: NPY002
    seed_generators(9, tuple(Generator))
    assert drawn == np.random.rand()  # noqa: NPY002


def reseeding_loader():
    np.random.seed(1234)  # noqa: NPY002
    x = np.zeros((4, 2), np.float32)
    return (x, np.zeros(4, int)), (x, np.zeros(4, int))


@pytest.mark.parametrize(
    ("layer", "draws"),
    [
        (keras.layers.Dense(1), False),
        (keras.layers.Dropout(0.5), True),
        (keras.layers.GaussianNoise(1.0), True),
        (keras.layers.GRU(1), False),  # has a generator that nothing is drawn from
        (keras.layers.LSTM(1, dropout=0.5), True),
        (keras.layers.Bidirectional(keras.layers.GRU(1, recurrent_dropout=0.5)), True),
    ],
)
def test_masks_are_a_stage_where_something_is_drawn_for_them(layer, draws):
    model = keras.Sequential([keras.Input((2, 1)), layer])
    masks = Masks.of(model)
    assert masks.fingerprints() == {}
    model(np.zeros((1, 2, 1), np.float32), training=True)
    assert set(masks.fingerprints()) == ({"dropout"} if draws else set())


# --- data, model and metrics


def test_metrics_are_those_of_keras_evaluate():
    cfg = config(train=Train(epochs=2, batch_size=2))
    test = load_data(cfg, Seeds()).test
    model = make_model(cfg)
    compile_model(cfg, model, test.take(slice(1)))
    measured = evaluate(model, test)
    expected = model.evaluate(*test.parts, verbose=0, return_dict=True)
    assert measured["accuracy"] == expected["accuracy"]
    assert measured["loss"] == pytest.approx(expected["loss"], rel=1e-6)


def test_the_split_is_named_by_its_own_stage():
    cfg = config([{"_target_": "keras.layers.Dense", "units": 10}])
    cfg.data.source = {"_target_": "runner.data.digits"}
    first, other = load_data(cfg, Seeds()), load_data(cfg, Seeds(split=5))
    assert first.fingerprints["data"] == other.fingerprints["data"]
    assert first.fingerprints["split"] != other.fingerprints["split"]
    assert first.train.count + first.test.count == 1797


def test_a_source_that_returns_something_else_is_refused():
    cfg = config()
    cfg.data.source = {"_target_": "builtins.dict"}
    with pytest.raises(ConfigError, match=r"data\.source: must return"):
        load_data(cfg, Seeds())


def test_a_model_that_does_not_fit_the_data_says_so_in_one_line():
    layers = [{"_target_": "keras.layers.Reshape", "target_shape": [8, 8, 1]}]
    with pytest.raises(ConfigError, match=r"model: does not fit inputs of shape \(2,\)") as raised:
        compile_model(config(layers), make_model(config(layers)), ROW)
    assert "\n" not in str(raised.value)


def test_something_that_is_no_model_is_refused():
    cfg = config()
    cfg.model = {"_target_": "builtins.dict"}
    with pytest.raises(ConfigError, match=r"model: must return a keras\.Model"):
        make_model(cfg)


def test_stages_come_in_causal_order():
    layers = [
        {"_target_": "keras.layers.Dropout", "rate": 0.5},
        {"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"},
    ]
    cfg = config(layers, train=Train(epochs=2, batch_size=2))
    stages = [stage.partition("/")[0] for stage in measure(cfg).fingerprints[0]]
    assert list(dict.fromkeys(stages)) == ["data", "init", "dropout", "order", "weights", "outputs"]


def test_the_digest_is_that_of_the_outputs():
    measured = measure(config())
    assert measured.digest == digest(measured.arrays.outputs)


def test_outputs_that_no_type_holds_exactly_are_refused():
    mixed = {"a": tf.ones((2, 1)), "b": tf.constant([[2**60], [2**60 + 1]], tf.int64)}
    with pytest.raises(ConfigError, match="one type holds exactly"):
        flatten_units(mixed, 2)
    small = {"a": tf.ones((2, 1)), "b": tf.constant([[1], [2]], tf.int64)}
    np.testing.assert_array_equal(flatten_units(small, 2), [[1, 1], [1, 2]])
