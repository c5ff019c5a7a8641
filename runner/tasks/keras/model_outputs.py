"""Finds the names by which a built model's outputs are given losses and metrics.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras

from runner.config.checks.output_names import check_output_names, names_outputs
from runner.config.schema import Train
from runner.data.nest import Nest, map_nest
from runner.data.rows import Rows
from runner.errors import ConfigError


def check_outputs(model: Any, train: Train, like: Rows) -> None:
    """Refuse settings of training that name outputs which a built model does not have.

    Nothing is said of a model whose outputs have no names, unless names are needed.

    Args:
        model: the model, built.
        train: the config's settings of training.
        like: one row or more.

    Raises:
        ConfigError: a setting names another output, or does not say of which of several it is; or
            targets or a setting are by name, and the model returns several outputs without names.
    """
    key = names_outputs(train)
    wanted = key or ("data.source" if isinstance(like.y, dict) else None)
    count = len(getattr(model, "outputs", None) or ())
    if count < 2 and not wanted:
        return
    returned = _find_returned(model, like.x)
    names = _find_names(model, returned)
    if names:
        check_output_names(train, names)
    elif isinstance(returned, tuple | list) and len(returned) > 1 and wanted:
        what = "is by the name of an output" if key else "returns targets by name"
        rule = f"{what}, and the model returns {len(returned)} outputs without names"
        raise ConfigError(wanted, rule, None, "Let its call return a dictionary of names")
    elif count == 1 and key:
        raise ConfigError(key, "is by the name of an output, and the model has one without a name")


def _find_returned(model: Any, inputs: Nest) -> Any:
    """Return what a built model returns, without computing it; None: this is not known."""
    try:
        # Nothing is computed, so that no random layer draws.
        return model.compute_output_spec(map_nest(_describe, inputs))
    except Exception:  # code of one's own may raise anything, and training says why
        return None


def _find_names(model: Any, returned: Any) -> list[str] | None:
    """Return the names of a built model's outputs, as Keras takes them; None: they have none."""
    if returned is None:
        return None
    if isinstance(returned, dict):
        return sorted(str(name) for name in returned)
    names = [str(each) for each in getattr(model, "output_names", None) or ()]
    count = len(returned) if isinstance(returned, tuple | list) else 1
    return names if len(set(names)) == count else None


def _describe(array: Any) -> Any:
    kind = "string" if array.dtype.kind in "OSU" else str(array.dtype)
    return keras.KerasTensor((None, *array.shape[1:]), kind)
