"""Small Keras models in this process, and why their outputs do not depend on the input."""

from __future__ import annotations

import sys

import keras
import numpy as np
from conftest import APPS
from keras import layers

from runner.analysis.findings.wording import word_reason
from runner.config.schema import Config, Probe, Train
from runner.tasks.keras.causes.collapse import explain_collapse
from runner.tasks.keras.train import flatten_units

# For the models that runs of the command line have too.
sys.path.append(str(APPS))

from collapsing import NanToZero, Ones, dead_layer, skip_connection

__all__ = ["NanToZero", "Ones", "dead_layer", "skip_connection"]

X = np.linspace(0.1, 1, 32, dtype=np.float32).reshape(16, 2)
DEAD = "all 4 units are 0 for every input (before relu at most -9...), through its bias (-100)"


def explain(
    model,
    x=X,
    y=None,
    outputs=None,
    fingerprints=None,
    epochs=1,
    training=False,
    train_x=None,
):
    """The line for a model that was called twice on x."""
    cfg = Config(model=None, train=Train(epochs=epochs), probe=Probe(training=training))
    if outputs is None:
        calls = [flatten_units(model(x, training=training), len(x)) for _ in range(2)]
        outputs = np.stack(calls)
    y = np.arange(len(x)) % 2 if y is None else y
    reason = explain_collapse(model, x, outputs, cfg, y, fingerprints or {}, train_x)
    return reason and word_reason(reason)


def stack(*parts):
    """Layers under a last one that is in order."""
    return keras.Sequential([*parts, layers.Dense(2, activation="softmax")])


def branch(make):
    """A functional model of what `make` does with its inputs."""
    inputs = keras.Input((2,))
    return keras.Model(inputs, layers.Dense(2)(make(inputs)))


def dense(units=4, activation=None, kernel=None, bias="zeros", **settings):
    """A dense layer with constants for weights."""
    constant = keras.initializers.Constant
    return layers.Dense(
        units,
        activation,
        kernel_initializer="glorot_uniform" if kernel is None else constant(kernel),
        bias_initializer=constant(bias) if isinstance(bias, float) else bias,
        **settings,
    )
