"""Which layers carry something from one call to the next. Imports TensorFlow."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from runner.numeric.bitwise import Array
from runner.record.reasons import Clause
from runner.tasks.keras.keras_internals import find_layers


def describe_states(model: Any, outputs: Array) -> list[Clause]:
    """Return `kept-state` of each stateful recurrent layer of a model whose calls differ.

    Args:
        model: the model, after its calls.
        outputs: outputs on the probe, of shape (call, input, unit).
    """
    if all(np.array_equal(outputs[0], each, equal_nan=True) for each in outputs[1:]):
        return []
    recurrent = find_layers(model, (keras.layers.RNN,))
    return [Clause("kept-state", each.name) for each in recurrent if each.stateful]
