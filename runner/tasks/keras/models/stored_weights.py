"""Gives a declared model the weights in a file, and freezes what is declared so. Imports Keras.

A model whose layers take their shapes from the rows has no weights yet when a config is read. What
it is to get waits at the model until it is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import keras

from runner.errors import ConfigError, nearest
from runner.tasks.keras.keras_internals import find_layers as find_layers_of
from runner.tasks.keras.models.weight_file import (
    UnnamedLayerError,
    WeightFile,
    find_layers,
    read_weights,
)

WAITING = "waiting_weights"
"""Attribute of a model that is to get weights as soon as it is built."""

MOST_NAMED = 20
"""Most layers of a file that a message names."""


@dataclass(frozen=True)
class Waiting:
    """What a model is to get once it is built."""

    file: WeightFile
    layers: tuple[str, ...] | None
    """Names of the layers that get weights; None: all that have any."""
    path: str
    key: str
    """Key of the config, for errors."""


def with_weights(
    key: str,
    model: Any,
    path: str,
    layers: list[str] | None = None,
    trainable: bool | None = None,
) -> Any:
    """Return a model that starts from the weights in a file, matched by the names of layers.

    Layers that the file has and the model lacks are left out.

    Args:
        key: dotted key of the node of the config, for errors.
        model: the model.
        path: a .weights.h5 or .keras file, relative to the directory that the program was started
            in.
        layers: names of the layers that get weights, after the names of the models that they are
            in (`body/hidden`); the others start as they would. null: every layer with weights must
            be in the file.
        trainable: false: none of the model's weights changes in training.

    Raises:
        ConfigError: the file cannot be read, lacks a layer, or has weights of another shape.
    """
    if not isinstance(model, keras.Model):
        raise ConfigError(f"{key}.model", "must be a model of Keras", type(model).__name__)
    chosen = None if layers is None else tuple(layers)
    waiting = Waiting(read_weights(path, f"{key}.path"), chosen, path, key)
    if model.built:
        _assign(model, waiting)
    else:
        setattr(model, WAITING, waiting)
    if trainable is False:
        freeze(model)
    return model


def finish_model(model: Any, declared: Any) -> None:
    """Do what could not be done before a model was built: give it weights, and freeze layers.

    Keras does not pass on `trainable=False` to what a Sequential or a wrapper is constructed with,
    or makes later, and would train it.

    Args:
        model: a model that is built.
        declared: the node of the config that declares it, as plain values.

    Raises:
        ConfigError: weights do not fit; see `with_weights`.
    """
    every = find_layers_of(model, (keras.Layer,))
    for layer in every:
        waiting = vars(layer).get(WAITING)
        if waiting is not None:
            _assign(layer, waiting)
            delattr(layer, WAITING)
    if _declares_frozen(declared):
        for layer in every:
            if not layer.trainable:
                freeze(layer)


def freeze(layer: Any) -> None:
    """Make every weight of a layer, and of the layers in it, stay as it is in training."""
    # Keras passes on a change only, and a layer may have been constructed as frozen.
    layer.trainable = True
    layer.trainable = False


def _declares_frozen(node: Any) -> bool:
    if isinstance(node, list):
        return any(map(_declares_frozen, node))
    if not isinstance(node, Mapping):
        return False
    return node.get("trainable") is False or any(map(_declares_frozen, node.values()))


def _assign(model: Any, waiting: Waiting) -> None:
    """Put the weights of a file into a model that is built.

    Keras writes the model's own weights to a file; those in it that are to change are replaced;
    Keras reads the file. So how it stores a layer's weights is its own affair.
    """
    with TemporaryDirectory() as directory:
        path = Path(directory, "model.weights.h5")
        model.save_weights(path)
        with h5py.File(path, "r+") as own:
            try:
                _replace(own, waiting)
            except UnnamedLayerError as error:
                rule = "needs a Keras that writes the names of layers"
                raise ConfigError(f"{waiting.key}.path", rule, keras.__version__) from error
        model.load_weights(path)


def _replace(own: h5py.File, waiting: Waiting) -> None:
    key, stored = f"{waiting.key}.path", waiting.file.layers
    there = dict(find_layers(own))
    for name in waiting.layers or ():
        if name not in there:
            rule = "must name layers of the model that have weights"
            raise ConfigError(
                f"{waiting.key}.layers", rule, name, nearest(name, there) or _list(there)
            )
    wanted = {name: each for name, each in there.items() if _is_wanted(name, waiting.layers)}
    for name, arrays in wanted.items():
        if name not in stored:
            hint = nearest(name, stored) or f"The file has {_list(stored)}"
            raise ConfigError(key, f"has no weights for the layer {name}", waiting.path, hint)
        shapes = {place: each.shape for place, each in arrays.items()}
        others = {place: each.shape for place, each in stored[name].items()}
        if shapes != others:
            rule = f"has weights of other shapes for the layer {name}"
            sizes = f"{_show(others)} in {waiting.path} and {_show(shapes)} in the model"
            raise ConfigError(key, rule, sizes)
    for name, arrays in wanted.items():
        for place, array in arrays.items():
            array[...] = stored[name][place].astype(array.dtype)


def _is_wanted(name: str, layers: tuple[str, ...] | None) -> bool:
    return layers is None or name in layers


def _list(names: Mapping[str, Any]) -> str:
    shown = list(names)[:MOST_NAMED]
    return ", ".join(shown) + (f" and {len(names) - MOST_NAMED} more" * (len(names) > MOST_NAMED))


def _show(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return " ".join(str(shape) for shape in shapes.values())
