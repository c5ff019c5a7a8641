"""What is taken from inside of Keras is there, does what is relied on, and is missed if it goes."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from runner.config.private_names import PrivateName
from runner.errors import RunnerError
from runner.tasks.keras import keras_internals
from runner.tasks.keras.keras_internals import (
    GENERATOR_STATE,
    NAMES,
    activation_left_out,
    check_keras,
    find_activation,
    find_generator_states,
    is_own_layer,
    takes_mean_away,
    watched_calls,
)

UNKNOWN = "this version of Keras is not known: "


class OwnLayer(keras.layers.Layer):
    """Somebody's own layer, with an activation that need not come last."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.relu

    def call(self, x):
        return self.activation(x) - 1


def calls_seen(model, x):
    """Types of what is called while a model is, from the outside in, and what it returns."""
    seen = []

    def watch(call, layer, args, kwargs):
        seen.append(type(layer).__name__)
        return call(layer, *args, **kwargs)

    with watched_calls(watch):
        result = model(x)
    return seen, np.array(result)


# --- each is there


@pytest.mark.parametrize("name", NAMES, ids=lambda each: each.name)
def test_each_name_is_there(name):
    assert name.find_fault() is None


def test_this_keras_is_known():
    check_keras()


def test_calls_of_layers_and_of_operations_are_seen_and_change_nothing():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.ops.exp(keras.layers.Dense(2)(inputs)))
    x = np.ones((4, 3), np.float32)
    before = keras.Layer.__call__, keras.Operation.__call__
    seen, result = calls_seen(model, x)
    assert seen == ["Functional", "Dense", "Exp"]
    assert (keras.Layer.__call__, keras.Operation.__call__) == before
    assert np.array_equal(result, np.array(model(x)))


def test_calls_are_no_longer_watched_after_an_error():
    before = keras.Layer.__call__, keras.Operation.__call__
    with pytest.raises(ValueError, match="planted"), watched_calls(lambda *_: None):
        raise ValueError("planted")
    assert (keras.Layer.__call__, keras.Operation.__call__) == before


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dense(2, activation="relu", kernel_initializer="ones"),
        keras.layers.Conv1D(2, 1, activation="relu", kernel_initializer="ones"),
        keras.layers.Activation("relu"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_activation_of_a_layer_is_found_and_left_out(layer):
    x = np.linspace(-2, 2, 24, dtype=np.float32).reshape(4, 2, 3)
    result = np.array(layer(x))
    assert find_activation(layer) is keras.activations.relu
    with activation_left_out(layer):
        sums = np.array(layer(x))
    assert sums.min() < 0
    assert np.array_equal(np.maximum(sums, 0), result)
    assert np.array_equal(np.array(layer(x)), result)


def test_the_activation_of_somebodys_own_layer_is_not():
    layer = OwnLayer()
    assert is_own_layer(keras.layers.Dense(1))
    assert not is_own_layer(layer)
    assert find_activation(layer) is None
    assert find_activation(keras.layers.Flatten()) is None


def test_only_layer_normalization_itself_takes_the_mean_away():
    class Derived(keras.layers.LayerNormalization):
        pass

    assert takes_mean_away(keras.layers.LayerNormalization())
    assert not takes_mean_away(Derived())
    assert not takes_mean_away(keras.layers.BatchNormalization())


def test_a_layer_that_only_scales_takes_no_mean_away():
    layer = keras.layers.LayerNormalization()
    vars(layer)["rms_scaling"] = True  # an argument that not every version has
    assert not takes_mean_away(layer)


def test_generators_keep_their_state_under_the_name():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.GaussianNoise(0.1)]
    )
    states = find_generator_states(model)
    assert [each.name for each in states] == [GENERATOR_STATE] * 2
    assert states[0] is model.layers[0].seed_generator.state


def test_recurrent_layers_have_generators_inside():
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.GRU(2, dropout=0.5)])
    assert [each.name for each in find_generator_states(model)] == [GENERATOR_STATE]


# --- and would be missed


def test_a_name_that_is_gone_is_named(monkeypatch):
    gone = PrivateName("keras", "Layer.__no_call__")
    monkeypatch.setattr(keras_internals, "NAMES", (*NAMES, gone))
    with pytest.raises(RunnerError) as raised:
        check_keras()
    fault = "its models cannot be followed (keras has no Layer.__no_call__)"
    assert str(raised.value) == UNKNOWN + fault


def test_a_call_that_is_only_inherited_is_missed(monkeypatch):
    class Inherits(keras.Operation):
        _flatten_layers = None

    monkeypatch.setattr(keras, "Layer", Inherits)
    with pytest.raises(RunnerError, match=r"keras\.Inherits has no __call__ of its own"):
        check_keras()


def test_a_state_of_another_name_is_missed(monkeypatch):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, name="drop")])
    monkeypatch.setattr(keras_internals, "GENERATOR_STATE", "no_such_state")
    with pytest.raises(RunnerError) as raised:
        find_generator_states(model)
    fault = "its masks cannot be seeded (drop has a generator, but no variable named no_such_state)"
    assert str(raised.value) == UNKNOWN + fault
