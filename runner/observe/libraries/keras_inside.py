"""What the watch takes from inside of Keras: the one place of it that an upgrade can break.

Where Keras has no such class or name, the order of rows, or the state of its generators, is not
seen; nothing else is lost.
"""

from __future__ import annotations

from typing import Any

ADAPTERS = {
    "array_data_adapter": "ArrayDataAdapter",
    "tf_dataset_adapter": "TFDatasetAdapter",
    "py_dataset_adapter": "PyDatasetAdapter",
    "generator_data_adapter": "GeneratorDataAdapter",
}
"""Module to the class in it by which Keras turns what `fit` was given into a data set."""

ADAPTERS_PACKAGE = "keras.src.trainers.data_adapters"

GENERATOR_STATE = "seed_generator_state"
"""Keras's name of the variable that a stochastic layer keeps its seed and counter in."""


def is_generator_state(variable: Any) -> bool:
    """Whether a variable is the seed and counter of a random generator."""
    return bool(variable.name == GENERATOR_STATE)
