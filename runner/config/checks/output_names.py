"""Checks the names of a model's outputs in the settings of training, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.config.model_graph import GRAPH
from runner.errors import ConfigError, nearest


def check_output_names(train: Any, names: Sequence[str]) -> None:
    """Refuse losses, weights of losses and metrics of outputs that the model does not have.

    Args:
        train: the node `train`, or its dataclass.
        names: the names of the model's outputs; one at least.

    Raises:
        ConfigError: a name is of no output, or metrics are not given by name though there are
            several outputs.
    """
    known = ", ".join(names)
    for key, node in _find_named(train):
        for name in node:
            if str(name) not in names:
                rule = f"must be {'one of the outputs' if len(names) > 1 else 'the output'}"
                rule += f" of the model, {known}"
                raise ConfigError(f"{key}.{name}", rule, name, nearest(str(name), names))
    if len(names) < 2:
        return
    for key in ("metrics", "weighted_metrics"):
        given = list(getattr(train, key))
        if given and not _is_by_output(given):
            rule = f"must be by output, as the model has several ({known})"
            hint = f"Such as [{{{names[0]}: [accuracy]}}]"
            raise ConfigError(f"train.{key}", rule, given, hint)
    weights, losses = train.loss_weights, train.loss
    if _is_mapping(weights) and _is_mapping(losses) and set(losses) - set(weights):
        rule = f"must have a weight for each output that has a loss ({', '.join(losses)})"
        raise ConfigError("train.loss_weights", rule, ", ".join(map(str, weights)))


def names_outputs(train: Any) -> str | None:
    """Return the key of the first setting of training that names outputs; None: none does."""
    return next((f"{key}.{name}" for key, node in _find_named(train) for name in node), None)


def find_declared_outputs(model: Any) -> list[str] | None:
    """Return the names of the outputs of a declared graph; None: the model is no graph.

    Args:
        model: the node `model` as plain values, which is valid.
    """
    if not isinstance(model, Mapping) or model.get("_target_") != GRAPH:
        return None
    outputs = model["outputs"]
    if isinstance(outputs, Mapping):
        return [str(name) for name in outputs]
    return [_name_layer(model["nodes"], each) for each in _listed(outputs)]


def _name_layer(nodes: Mapping[str, Any], name: str) -> str:
    """Return the name of the layer that makes a node, which is the node's unless it has another."""
    node = nodes.get(name)
    layer = node.get("layer") if isinstance(node, Mapping) else None
    while isinstance(layer, str) and layer in nodes and layer != name:
        name, layer = layer, nodes[layer].get("layer")
    return str(layer.get("name", name)) if isinstance(layer, Mapping) else name


def _listed(outputs: Any) -> list[str]:
    return [outputs] if isinstance(outputs, str) else [str(each) for each in outputs]


def _find_named(train: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the key and the mapping of each setting that is given by the names of outputs."""
    for key in ("loss", "loss_weights"):
        node = getattr(train, key)
        if _is_mapping(node) and "_target_" not in node:
            yield f"train.{key}", node
    for key in ("metrics", "weighted_metrics"):
        given = list(getattr(train, key))
        if _is_by_output(given):
            yield f"train.{key}[0]", given[0]


def _is_by_output(metrics: list[Any]) -> bool:
    return len(metrics) == 1 and _is_mapping(metrics[0]) and "_target_" not in metrics[0]


def _is_mapping(node: Any) -> bool:
    return hasattr(node, "items")
