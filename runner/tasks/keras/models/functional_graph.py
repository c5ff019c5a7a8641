"""Builds a functional Keras model from a graph of layers in a config. Imports Keras."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf

from runner.config.instantiate import instantiate_node
from runner.config.model_graph import GRAPH, WITH_WEIGHTS, GraphNode, ModelGraph, read_graph
from runner.errors import ConfigError
from runner.tasks.keras.models.stored_weights import freeze
from runner.text import format_error
from runner.trust.names import is_application

NAMING = (
    "keras.layers.", "keras.applications.", "keras.Sequential", "keras.models.", GRAPH,
    "runner.models.load",
)  # fmt: skip
"""How the names of callables begin that take a `name` for what they make."""

FAULTS = (ValueError, TypeError, IndexError, KeyError, tf.errors.OpError)
"""What Keras raises for a layer that does not fit."""


def graph(key: str, **arguments: Any) -> keras.Model:
    """Return the functional model that a config declares as a graph.

    A layer without a name gets that of its node. One input takes an array, several take a mapping
    of their names to arrays. The model returns one array, a list or a mapping, as `outputs` is
    written.

    Args:
        key: dotted key of the graph, for errors.
        arguments: see `runner.config.model_graph.read_graph`; layers are not made yet.

    Raises:
        ConfigError: the graph breaks a rule, a layer cannot be made, or does not fit its inputs.
    """
    declared = read_graph(arguments, key)
    # Inside of another model, the paths of variables then begin with the name of this one.
    with keras.name_scope(declared.name) if declared.name else nullcontext():
        return _build(declared, key)


def _build(declared: ModelGraph, key: str) -> keras.Model:
    inputs = {each.name: _make_input(each, f"{key}.inputs.{each.name}") for each in declared.inputs}
    layers = _make_layers(declared, key)
    tensors: dict[str, Any] = dict(inputs)
    for node in declared.nodes:
        owner = node.layer if isinstance(node.layer, str) else node.name
        tensors[node.name] = _call(node, layers[owner], tensors, f"{key}.nodes.{node.name}")
    name = {} if declared.name is None else {"name": declared.name}
    given = next(iter(inputs.values())) if len(inputs) == 1 else inputs
    try:
        model = keras.Model(given, _select(declared.outputs, tensors), **name)
    except FAULTS as error:
        raise ConfigError(key, f"is no model: {format_error(error)}") from error
    if declared.trainable is False:
        freeze(model)
    return model


def _make_input(declared: Any, key: str) -> Any:
    try:
        return keras.Input(declared.shape, dtype=declared.dtype, name=declared.name)
    except FAULTS as error:
        raise ConfigError(key, f"is no input: {format_error(error)}") from error


def _make_layers(declared: ModelGraph, key: str) -> dict[str, Any]:
    """Make the layer of each node that declares one, in the order of the nodes."""
    layers = {}
    for node in declared.nodes:
        if isinstance(node.layer, str):
            continue
        where = f"{key}.nodes.{node.name}.layer"
        # A model that comes with Keras is built at once, with no model around it yet.
        scope = is_application(str(node.layer["_target_"]))
        with keras.name_scope(node.name) if scope else nullcontext():
            layer = instantiate_node(_name(node.layer, node.name), where)
        if not isinstance(layer, keras.Layer):
            raise ConfigError(where, "must be a layer of Keras", type(layer).__name__)
        layers[node.name] = layer
    return layers


def _name(layer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a declared layer with the name of its node, unless it has one of its own."""
    target = str(layer["_target_"]).removeprefix("tensorflow.")
    inner = layer.get("model")
    if target == WITH_WEIGHTS and isinstance(inner, Mapping) and "_target_" in inner:
        return {**layer, "model": _name(inner, name)}
    takes = target.startswith(NAMING) and layer.get("name") is None
    return {**layer, "name": name} if takes else dict(layer)


def _call(node: GraphNode, layer: Any, tensors: Mapping[str, Any], key: str) -> Any:
    """Return the tensor that a layer gives for what its node is called on.

    Raises:
        ConfigError: the layer does not fit, or gives several tensors.
    """
    given = _select(node.source, tensors)
    try:
        if isinstance(given, dict) and not isinstance(layer, keras.Model):
            result = layer(**given)
        else:
            result = layer(given)
    except FAULTS as error:
        shapes = [tuple(tensors[name].shape[1:]) for name in node.sources]
        one = len(shapes) == 1
        rule = (
            f"{type(layer).__name__} does not fit {'an input' if one else 'inputs'} of"
            f" shape{'' if one else 's'} {' and '.join(map(str, shapes))}"
        )
        raise ConfigError(key, rule, None, format_error(error)) from error
    if not isinstance(result, keras.KerasTensor):
        rule = f"must give one tensor, and {type(layer).__name__} gives several"
        raise ConfigError(key, rule, type(result).__name__)
    return result


def _select(names: Any, tensors: Mapping[str, Any]) -> Any:
    """Replace each name in a name, a list or a mapping by its tensor; keep what is no text."""
    if isinstance(names, str):
        return tensors[names]
    if isinstance(names, list | tuple):
        return [_select(each, tensors) for each in names]
    if isinstance(names, Mapping):
        return {name: _select(each, tensors) for name, each in names.items()}
    return names
