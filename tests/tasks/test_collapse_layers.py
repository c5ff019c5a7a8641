"""Which layer is the reason that outputs do not depend on the input, and what else is said."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from matching import UNTRAINED, says
from planted import DEAD, X, branch, dead_layer, dense, explain, skip_connection, stack

# --- which layer it is


def test_a_dead_layer_beside_what_keeps_it_alive_is_not_the_reason():
    """The sum is cut later: naming the dead layer would be false."""
    line = explain(skip_connection(gain=0.0))
    assert line == "rescaling: all its outputs are 0 for every input though its own inputs differ"


def test_each_of_two_branches_has_a_reason():
    model = branch(lambda x: layers.Add()([dead_layer()(x), dense(4, kernel=0.0)(x)]))
    assert says(f"dense (relu): {DEAD} and dense_1: its kernel is all zeros", explain(model))


def test_further_branches_are_counted():
    model = branch(lambda x: layers.Add()([dense(4, kernel=0.0)(x) for _ in range(4)]))
    zeros = "its kernel is all zeros"
    assert explain(model) == f"dense: {zeros} and dense_1: {zeros} and 2 more"


def test_what_multiplies_by_a_dead_branch_is_named_with_it():
    line = explain(branch(lambda x: layers.Multiply()([dead_layer(2)(x), x])))
    assert says(
        "dense (relu): all 2 units are 0 for every input (...), through its bias (-100) and"
        " multiply: all its outputs are 0 for every input though its own inputs differ",
        line,
    )


def test_an_operation_of_a_functional_model_is_named():
    line = explain(branch(lambda x: keras.ops.relu(dense(4, bias=-9.0)(x))))
    assert says("relu: all 4 units are 0 for every input (before it at most -...)", line)


def test_the_first_of_several_dead_layers_is_named():
    line = explain(stack(dense(3, kernel=1.0), dead_layer(), dead_layer(), dense(3, kernel=0.0)))
    assert says(f"dense_1 (relu): {DEAD}", line)


def test_layers_are_counted_within_the_model():
    """As in fingerprints: Keras counts over the whole process."""
    for _ in range(2):
        assert says(f"dense_1 (relu): {DEAD}", explain(stack(dense(3, kernel=1.0), dead_layer())))
        assert explain(stack(layers.Flatten(), layers.Rescaling(1.0), layers.Rescaling(0.0))) == (
            "rescaling_1: all its outputs are 0 for every input though its own inputs differ"
        )


def test_a_nested_model_is_followed_into():
    inner = keras.Sequential([dead_layer(), layers.Dropout(0.5)], name="inner")
    assert says(f"inner/dense_1 (relu): {DEAD}", explain(stack(dense(3, kernel=1.0), inner)))


def test_a_layer_that_is_called_twice():
    shared = dead_layer()
    line = explain(branch(lambda x: layers.Add()([shared(x), shared(x + 1)])))
    assert says("dense (relu): all 4 units ... and dense (relu): all 4 units ...", line)


class Subclassed(keras.Model):
    """Keras does not know the graph of what it does beside its layers."""

    def __init__(self, zeroed):
        super().__init__()
        self.zeroed = zeroed
        self.hidden, self.last = layers.Dense(3), layers.Dense(2)

    def call(self, inputs):
        if self.zeroed == "graph":
            return self.run(inputs)
        hidden = self.hidden(inputs * 0 if self.zeroed == "first" else inputs)
        outputs = self.last(hidden * 0 if self.zeroed == "between" else hidden)
        return outputs * 0 if self.zeroed == "after" else outputs

    @tf.function
    def run(self, inputs):
        return self.last(self.hidden(inputs)) * 0


SAYS = "is the same for every input"
OWN = f"what it makes of its layers' results {SAYS}"


@pytest.mark.parametrize(
    ("zeroed", "alone", "nested"),
    [
        ("first", f"what reaches dense {SAYS}", f"what reaches subclassed/dense {SAYS}"),
        ("between", f"what reaches dense_1 {SAYS}", f"what reaches subclassed/dense_1 {SAYS}"),
        ("after", f"the model: {OWN}", f"subclassed: {OWN}"),
        (
            "graph",
            "the model: its layers could not be followed",
            "subclassed: its layers could not be followed",
        ),
        ("nowhere", None, None),
    ],
)
def test_a_subclassed_model(zeroed, alone, nested):
    assert explain(Subclassed(zeroed)) == alone
    assert explain(stack(Subclassed(zeroed))) == nested


# --- what shrinks differences until a later layer cannot tell inputs apart


def normalize(**settings):
    beta = keras.initializers.Constant(0.01)
    return layers.LayerNormalization(beta_initializer=beta, **settings)


ALONE = "layer_normalization (LayerNormalization over one unit): it is {} whatever comes in, up to"
SHRUNK = "its outputs differ by at most {}, too little for what follows, though its own inputs"
SHRINKING = {
    "one unit": ([dense(1, kernel=1.0), normalize()], ALONE.format("its beta")),
    "one unit, without beta": (
        [dense(1, kernel=1.0), normalize(center=False)],
        ALONE.format("0"),
    ),
    "one unit, further up": (
        [dense(1, kernel=1.0), normalize(), dense(8, "tanh", kernel=0.5), dense(8, kernel=0.5)],
        ALONE.format("its beta"),
    ),
    "one unit, after what shrank less": (
        [dense(1, kernel=1e-4), normalize()],
        ALONE.format("its beta"),
    ),
    "a scale": ([layers.Rescaling(1e-7)], f"rescaling: {SHRUNK.format('8.71e-08')}"),
    "a scale, further up": (
        [dense(4, kernel=1.0), layers.Rescaling(3e-7), dense(4, kernel=0.5)],
        f"rescaling: {SHRUNK.format('5.23e-07')}",
    ),
    "a small kernel": (
        [dense(4, kernel=1e-7), dense(4, kernel=0.5)],
        f"dense: {SHRUNK.format('1.74e-07')}... 0.871), through its kernel (up to 1e-07)",
    ),
    "before a layer that is dead anyway": (
        [dense(1, kernel=1.0), normalize(), dead_layer()],
        "dense_1 (relu): all 4 units are 0 for every input",
    ),
    "a layer by a layer": (
        [dense(4, "sigmoid", kernel=0.3) for _ in range(12)],
        "dense_...: gives the same for every input ...), those of the model by at most 0.871",
    ),
}


@pytest.mark.parametrize("name", SHRINKING)
def test_what_shrinks_differences(name):
    parts, expected = SHRINKING[name]
    keras.utils.set_random_seed(3)
    line = explain(stack(*parts))
    assert says(f"{expected}...", line), line


def test_normalization_over_several_units_is_none_over_one():
    keras.utils.set_random_seed(3)
    assert explain(stack(dense(2), normalize())) is None
    two = explain(stack(dense(2, kernel=1.0), normalize()))
    assert two is not None
    assert "over one unit" not in two


class Refusing(keras.layers.Layer):
    """Takes only inputs that differ little."""

    def compute_output_shape(self, shape):
        return shape

    def call(self, inputs):
        if keras.ops.max(inputs) - keras.ops.min(inputs) > 1e-3:
            raise AssertionError("planted")
        return 0 * inputs + 1


def test_a_layer_may_refuse_inputs_that_differ_more():
    line = explain(stack(layers.Rescaling(1e-5), Refusing()))
    expected = "gives the same for every input though its own inputs differ (by at most 8.71e-06)"
    assert line == f"refusing: {expected}"


def test_two_calls_of_a_layer_with_the_same_numbers_are_said_once():
    dead = dead_layer()

    def call_twice(x):
        return layers.Concatenate()([dead(x), dead(layers.Rescaling(1.00001)(x))])

    assert explain(branch(call_twice)).count("units are 0") == 1


# --- inputs


def test_inputs_of_a_scale_that_swamps_the_weights():
    model = stack(dense(4, "sigmoid", kernel=0.5))
    assert says(
        "dense (sigmoid): all 4 units are saturated at 1 for every input (before sigmoid ...);"
        " inputs that reached 1 instead of 1e+06 would give outputs that differ",
        explain(model, X * 1e6),
    )


def test_the_scale_of_inputs_is_no_reason_where_another_changes_nothing():
    assert says(
        "dense (relu): all 4 units are 0 for every input (...), through its bias (-1e+04)",
        explain(stack(dense(4, "relu", kernel=1.0, bias=-1e4)), X * 100),
    )
    small = explain(stack(dead_layer()), X * 1e-9)
    assert small == "dense (relu): all 4 units are 0 for every input (before relu at most -100)"


def test_inputs_that_differ_by_rounding():
    line = explain(stack(), 1e7 + X)
    assert line == "the inputs: they reach 1e+07 and differ by at most 1, which counts as rounding"


def test_inputs_that_are_the_same_in_the_precision_of_the_model():
    line = explain(stack(), 1 + 1e-12 * X.astype(np.float64))
    assert line == "the inputs: as float32 they are all the same"


def test_small_outputs_of_small_inputs():
    """Within the absolute tolerance, though no layer is to blame."""
    line = explain(keras.Sequential([dense(2, kernel=1.0)]), X * 1e-12)
    assert line == (
        "the inputs: they reach 1e-12 and differ by at most 8.71e-13, which counts as rounding;"
        " inputs that reached 1 instead of 1e-12 would give outputs that differ"
    )


def test_raw_images():
    x = (255 * X).astype(np.uint8)
    line = explain(stack(dense(1, "relu", kernel=-1.0, bias=1.0)), x)
    assert says("...; inputs that reached 1 instead of 255 would give outputs that differ", line)


def test_inputs_that_differ_in_their_bits_only():
    x = np.ones((4, 2), np.float32)
    x[0], x[1:, 0] = 0.0, -0.0
    x[:, 1] = 0.0
    assert explain(stack(), x) == "the inputs: as float32 they are all the same"
    x[:, 1] = np.nan
    assert explain(stack(), x) == "the inputs: 4 of 8 values are NaN or infinite"


def test_equal_inputs_say_nothing():
    assert explain(stack(dead_layer()), np.ones((4, 2), np.float32)) is None


# --- NaN and infinities


def test_where_nan_comes_from():
    x = np.where(X > 0.9, np.nan, X).astype(np.float32)
    line = explain(stack(dense(4)), x)
    assert line == "the inputs: 4 of 32 values are NaN or infinite"
    line = explain(stack(dense(4, kernel=1.0), layers.Rescaling(1e30), layers.Rescaling(1e30)))
    assert says(
        "rescaling_1: 64 of 64 outputs are NaN or infinite, though its inputs (up to"
        " 1.97e+30) are finite",
        line,
    )
    line = explain(stack(dense(4), dense(3, kernel=np.inf)))
    assert line == "dense_1: its kernel is NaN or infinite (12 of 12 values)"


# --- training


SAME = {"init/dense/kernel": "a", "weights/dense/kernel": "a"}


@pytest.mark.parametrize(
    ("settings", "fact"),
    [
        ({"epochs": 0, "fingerprints": SAME, "y": np.zeros(16, int)}, UNTRAINED),
        ({"fingerprints": SAME, "y": np.zeros(16, int)}, "; training changed no weight"),
        ({"fingerprints": {**SAME, "weights/dense/kernel": "b"}}, ""),
        ({"y": np.full(16, 3)}, "; all 16 training labels are 3"),
        ({"y": np.full((16, 1), 3)}, "; all 16 training labels are 3"),
        ({"y": np.full((16, 2), 0.5)}, "; all 16 training targets are the same"),
        ({"y": np.arange(16)}, ""),
    ],
)
def test_one_fact_about_training(settings, fact):
    line = explain(stack(dense(4, kernel=0.0)), **settings)
    assert line == f"dense: its kernel is all zeros{fact}"


BROKEN = np.where(np.arange(8) % 4, 1.0, np.nan).reshape(4, 2)


@pytest.mark.parametrize(
    ("train_x", "y", "fact"),
    [
        (BROKEN, np.arange(4), "; 2 values of the training inputs are NaN or infinite"),
        (X, BROKEN, "; 2 values of the training targets are NaN or infinite"),
        (None, BROKEN, "; 2 values of the training targets are NaN or infinite"),
        (
            np.full((3000, 2), np.inf),
            BROKEN,
            "; 6000 values of the training inputs and 2 values of the training targets are NaN or"
            " infinite",
        ),
        (X, np.zeros(4, int), ""),
    ],
)
def test_nan_in_rows_that_were_trained_on(train_x, y, fact):
    line = explain(stack(dense(4, kernel=np.nan)), train_x=train_x, y=y)
    assert line == f"dense: its kernel is NaN or infinite (8 of 8 values){fact}"


def test_nan_in_rows_matters_only_where_outputs_are_not_finite_and_weights_were_trained():
    same = explain(stack(dense(4, kernel=0.0)), train_x=BROKEN, y=np.arange(4))
    assert same == "dense: its kernel is all zeros"
    line = explain(stack(dense(4, kernel=np.nan)), train_x=BROKEN, y=np.arange(4), epochs=0)
    assert line == f"dense: its kernel is NaN or infinite (8 of 8 values){UNTRAINED}"


# --- the look itself


def test_calls_that_are_not_alike():
    model = stack(dense(4))
    some = np.zeros((1, 16, 2), np.float32)
    assert explain(model, outputs=some).startswith("some calls only")
    healthy = np.stack([X, X])
    assert explain(stack(dead_layer()), outputs=healthy) is None
    assert says(f"dense (relu): {DEAD}", explain(stack(dead_layer()), outputs=np.stack([X, 0 * X])))


def test_the_model_and_keras_are_left_as_they_were():
    model = stack(dead_layer(), layers.Dropout(0.5))
    calls = keras.Layer.__call__, keras.Operation.__call__
    explain(model)
    weights = [v.numpy() for v in model.variables]
    explain(model)
    for before, after in zip(weights, model.variables, strict=True):
        np.testing.assert_array_equal(before, after.numpy())
    assert (keras.Layer.__call__, keras.Operation.__call__) == calls
    assert model.layers[0].activation is keras.activations.relu


class Failing(keras.layers.Layer):
    """In order until it is told to fail."""

    fails = False

    def call(self, inputs):
        if self.fails:
            raise ValueError("planted")
        return inputs


def test_keras_is_left_as_it_was_by_a_call_that_fails():
    calls = keras.Layer.__call__, keras.Operation.__call__
    failing = Failing()
    model = stack(failing)
    model(X)
    failing.fails = True
    with pytest.raises(ValueError, match="planted"):
        explain(model, outputs=np.zeros((1, 16, 2), np.float32))
    assert (keras.Layer.__call__, keras.Operation.__call__) == calls
