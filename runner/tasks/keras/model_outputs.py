"""Finds the names by which a built model's outputs are given losses and metrics.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras

from runner.config.checks.output_names import check_output_names, names_outputs
from runner.config.schema import Train
from runner.data.nest import Nest, map_nest
from runner.errors import ConfigError


def check_outputs(model: Any, train: Train, inputs: Nest) -> None:
    """Refuse settings of training that name outputs which a built model does not have.

    Nothing is said of a model whose outputs have no names.

    Args:
        model: the model, built.
        train: the config's settings of training.
        inputs: one row or more (row, ...).

    Raises:
        ConfigError: a setting names another output, or does not say of which of several it is.
    """
    if len(getattr(model, "outputs", None) or ()) < 2 and not names_outputs(train):
        return
    names = find_output_names(model, inputs)
    if names:
        check_output_names(train, names)
    elif len(getattr(model, "outputs", None) or ()) == 1 and (key := names_outputs(train)):
        raise ConfigError(key, "is by the name of an output, and the model has one without a name")


def find_output_names(model: Any, inputs: Nest) -> list[str] | None:
    """Return the names of a built model's outputs, as Keras takes them; None: they have none."""
    try:
        # Nothing is computed, so that no random layer draws.
        returned = model.compute_output_spec(map_nest(_describe, inputs))
    except Exception:  # code of one's own may raise anything, and training says why
        return None
    if isinstance(returned, dict):
        return sorted(str(name) for name in returned)
    names = [str(each) for each in getattr(model, "output_names", None) or ()]
    count = len(returned) if isinstance(returned, tuple | list) else 1
    return names if len(set(names)) == count else None


def _describe(array: Any) -> Any:
    kind = "string" if array.dtype.kind in "OSU" else str(array.dtype)
    return keras.KerasTensor((None, *array.shape[1:]), kind)
