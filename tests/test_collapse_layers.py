"""Why outputs do not depend on the input: the layer and the reason, in this process."""

from __future__ import annotations

import re
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import APPS
from keras import layers

from runner.schema import Config, Probe, Train
from runner.tasks.collapse import explain_collapse
from runner.tasks.keras import flatten_units

sys.path.append(str(APPS))

from collapsing import NanToZero, Ones, dead_layer, skip_connection

BELOW = keras.initializers.Constant(-100)
X = np.linspace(0.1, 1, 32, dtype=np.float32).reshape(16, 2)


def explain(model, x=X, y=None, outputs=None, fingerprints=None, epochs=1, training=False):
    """The line for a model, called twice on x."""
    if not model.built:
        model.build((None, *x.shape[1:]))
    cfg = Config(model=None, train=Train(epochs=epochs), probe=Probe(training=training))
    if outputs is None:
        calls = [flatten_units(model(x, training=training), len(x)) for _ in range(2)]
        outputs = np.stack(calls)
    y = np.arange(len(x)) % 2 if y is None else y
    return explain_collapse(model, x, outputs, cfg, y, fingerprints or {})


def stack(*parts):
    return keras.Sequential([*parts, layers.Dense(2, activation="softmax")])


def says(expected, line):
    """Whether a line is as expected, where ... stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return line is not None and re.fullmatch(pattern, line) is not None
