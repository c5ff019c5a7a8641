"""The reason seen in one layer that gives the same for every input."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from matching import says
from planted import (
    DEAD,
    NanToZero,
    Ones,
    X,
    branch,
    dead_layer,
    dense,
    explain,
    skip_connection,
    stack,
)

REASONS = {
    "tanh, bias": (
        lambda: stack(dense(4, "tanh", bias=1e3)),
        "dense (tanh): all 4 units are saturated at 1 for every input (before tanh ...), through"
        " its bias (1e+03)",
    ),
    "sigmoid, at 0": (
        lambda: stack(dense(1, "sigmoid", kernel=-1e6)),
        "dense (sigmoid): its unit is saturated at 0 for every input (before sigmoid ...), through"
        " its kernel (up to 1e+06)",
    ),
    "a kernel that is large for so many inputs": (
        lambda: stack(dense(100, kernel=1.0), dense(1000, "tanh", kernel=20.0)),
        "dense_1 (tanh): all 1000 units are saturated at 1 for every input (before tanh ...),"
        " through its kernel (up to 20)",
    ),
    "a kernel that is not": (
        lambda: stack(dense(4, "tanh", kernel=50.0)),
        "dense (tanh): all 4 units are saturated at 1 for every input (before tanh ...)",
    ),
    "small kernel": (
        lambda: stack(dense(4, "tanh", kernel=1e-12)),
        "dense (tanh): gives the same for every input up to rounding (differences of at most"
        " ...e-12) though its own inputs differ (by at most 0.871), through its kernel (up to"
        " 1e-12)",
    ),
    "large bias": (
        lambda: stack(dense(4, bias=1e9)),
        "dense: gives the same for every input though its own inputs differ (by at most 0.871)",
    ),
    "relu layer": (
        lambda: stack(dense(4, bias=-9.0), layers.ReLU()),
        "re_lu: all 4 units are 0 for every input (before it at most -...)",
    ),
    "activation layer": (
        lambda: stack(dense(4, bias=-900.0), layers.Activation("sigmoid")),
        "activation (sigmoid): all 4 units are saturated at 0 for every input (before sigmoid ...)",
    ),
    "convolution": (
        lambda: stack(
            layers.Reshape((2, 1)),
            layers.Conv1D(
                3,
                1,
                activation="relu",
                kernel_initializer=keras.initializers.Constant(0.5),
                bias_initializer=keras.initializers.Constant(-9),
            ),
            layers.Flatten(),
        ),
        "conv1d (relu): all 3 units are 0 for every input (before relu at most -...), through its"
        " bias (-9)",
    ),
    "recurrent": (
        lambda: stack(layers.Reshape((2, 1)), layers.GRU(3, kernel_initializer="zeros")),
        "gru: its kernel is all zeros",
    ),
    "both directions": (
        lambda: stack(
            layers.Reshape((2, 1)), layers.Bidirectional(layers.GRU(3, kernel_initializer="zeros"))
        ),
        "bidirectional: its weights named kernel are all zeros",
    ),
    "embedding": (
        lambda: stack(layers.Embedding(2, 3, embeddings_initializer="zeros"), layers.Flatten()),
        "embedding: its embeddings are all zeros",
    ),
    "normalization": (
        lambda: stack(layers.LayerNormalization(gamma_initializer="zeros")),
        "layer_normalization: its gamma is all zeros",
    ),
    "scaled to zero": (
        lambda: stack(layers.Rescaling(0.0)),
        "rescaling: all its outputs are 0 for every input though its own inputs differ",
    ),
    "a layer of the user's own": (
        lambda: stack(Ones()),
        "ones: gives the same for every input though its own inputs differ (by at most 0.871)",
    ),
    "NaN on the way": (
        lambda: stack(dense(4, kernel=np.nan), NanToZero()),
        "dense: its kernel is NaN or infinite (8 of 8 values)",
    ),
    "all inputs negative": (
        lambda: stack(dense(4, "relu", kernel=-1.0)),
        "dense (relu): all 4 units are 0 for every input (before relu at most -0.229)",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_reason(name):
    make, expected = REASONS[name]
    x = np.round(X).astype(np.float32) if name == "embedding" else X
    assert says(expected, explain(make(), x)), explain(make(), x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: stack(dense(4, "relu")),
        lambda: stack(layers.Reshape((2, 1)), layers.GRU(3)),
        skip_connection,
        lambda: branch(lambda x: layers.Concatenate()([dead_layer()(x), x])),
    ],
)
def test_outputs_that_depend_on_the_input_have_no_line(make):
    keras.utils.set_random_seed(1)
    assert explain(make()) is None


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1:UserWarning")
def test_softmax_over_one_unit_comes_before_a_kernel_of_zeros():
    line = explain(keras.Sequential([dense(1, "softmax", kernel=0.0)]))
    assert line == "dense (softmax over one unit): it is 1 whatever comes in"
    line = explain(stack(dense(1), layers.Softmax()))
    assert line == "softmax (softmax over one unit): it is 1 whatever comes in"


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_other_precisions(policy):
    first, last = dead_layer(), layers.Dense(2, dtype="float32")
    first = layers.Dense.from_config({**first.get_config(), "dtype": policy})
    assert says(f"dense... (relu): {DEAD}", explain(keras.Sequential([first, last])))
