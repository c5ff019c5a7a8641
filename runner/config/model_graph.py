"""Reads a graph of layers that a config declares as `runner.models.graph`, and checks its shape.

Nothing is built here. A graph that this module has read has no unknown name, no circle, and nothing
that leads nowhere; whether each layer fits its inputs only building it can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import ConfigError, nearest

GRAPH = "runner.models.graph"
"""The name by which a config asks for a graph."""

WITH_WEIGHTS = "runner.models.with_weights"
"""The name by which a config asks for a model with weights from a file."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""What an input, a node or an output may be called: a name that Keras, TensorFlow and a command
line can all take."""

ARGUMENTS = ("inputs", "nodes", "outputs", "name", "trainable")
INPUT_KEYS = ("shape", "dtype")
NODE_KEYS = ("layer", "from")


@dataclass(frozen=True)
class GraphInput:
    """An input of a graph."""

    name: str
    shape: tuple[int | None, ...]
    """Lengths of the axes of one row; None for an axis of any length."""
    dtype: str | None
    """Name of a type; None for Keras's own default."""


@dataclass(frozen=True)
class GraphNode:
    """A layer, and what it is called on."""

    name: str
    layer: Mapping[str, Any] | str
    """The layer as it is declared, with its `_target_`; or the name of another node, whose layer
    is used again."""
    source: Any
    """What the layer is called on: a name, a list of names, or arguments by their names, each of
    which is a name, a list of names, or a value that is no text."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Every name in `source`."""
        return tuple(name for _, name in find_names(self.source, ""))


@dataclass(frozen=True)
class ModelGraph:
    """A graph in which every name is known and everything leads to an output."""

    inputs: tuple[GraphInput, ...]
    """The inputs, sorted by name."""
    nodes: tuple[GraphNode, ...]
    """The nodes, each after all that it is called on. Of nodes that could come next, the first by
    name does: the order in which a config lists them changes nothing, as it does not change the
    configuration's id."""
    outputs: str | tuple[str, ...] | dict[str, str]
    """One node, several, or the name of each output to its node."""
    name: str | None
    trainable: bool | None


def read_graph(arguments: Mapping[str, Any], key: str) -> ModelGraph:
    """Read a graph from its arguments.

    Args:
        arguments: the node of the config without `_target_`, as plain and resolved values.
        key: dotted key of the node, for errors.

    Raises:
        ConfigError: the graph breaks a rule; the message names the key.
    """
    _check_known(arguments, ARGUMENTS, key, "an argument of a graph")
    inputs = [_read_input(*each) for each in _items(arguments, "inputs", key)]
    nodes = [_read_node(*each) for each in _items(arguments, "nodes", key)]
    for each in nodes:
        if each.name in {other.name for other in inputs}:
            raise ConfigError(f"{key}.nodes.{each.name}", "is already the name of an input")
    by_name = {each.name: each for each in nodes}
    known = [*(each.name for each in inputs), *by_name]
    for each in nodes:
        where = f"{key}.nodes.{each.name}"
        for place, name in find_names(each.source, f"{where}.from"):
            if name not in known:
                raise _unknown(place, "must name an input or a node", name, known)
        _check_shared(each, by_name, f"{where}.layer")
    outputs = _read_outputs(arguments.get("outputs"), by_name, f"{key}.outputs")
    ordered = _order(by_name, key)
    _check_used(inputs, by_name, outputs, key)
    return ModelGraph(
        tuple(sorted(inputs, key=lambda each: each.name)),
        ordered,
        outputs,
        _read_kind(arguments, "name", str, key),
        _read_kind(arguments, "trainable", bool, key),
    )


def check_graphs(node: Any, key: str) -> None:
    """Check each graph in a node of a config, given as plain and resolved values.

    Raises:
        ConfigError: a graph breaks a rule.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            check_graphs(item, f"{key}[{index}]")
    elif isinstance(node, dict):
        if node.get("_target_") == GRAPH:
            read_graph({name: each for name, each in node.items() if name != "_target_"}, key)
        for name, each in node.items():
            check_graphs(each, f"{key}.{name}")


def find_names(source: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield (key, name) for every name of a node in `from` or `outputs`."""
    if isinstance(source, str):
        yield key, source
    elif isinstance(source, list | tuple):
        for index, each in enumerate(source):
            yield from find_names(each, f"{key}[{index}]")
    elif isinstance(source, Mapping):
        for name, each in source.items():
            yield from find_names(each, f"{key}.{name}")


def _items(arguments: Mapping[str, Any], name: str, key: str) -> list[tuple[str, Any, str]]:
    """Return (name, content, key) for each entry of `inputs` or `nodes`."""
    key = f"{key}.{name}"
    entries = arguments.get(name)
    if not isinstance(entries, Mapping) or not entries:
        example = "pixels: {shape: [64]}" if name == "inputs" else "sum: {layer: ..., from: ...}"
        raise ConfigError(key, f"must have names as keys, such as {example}", _shown(entries))
    for each in entries:
        _check_name(each, f"{key}.{each}")
    return [(each, content, f"{key}.{each}") for each, content in entries.items()]


def _check_name(name: Any, key: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        rule = "must be called by letters, digits and underscores, with a letter first"
        raise ConfigError(key, rule, name)


def _read_input(name: str, content: Any, key: str) -> GraphInput:
    if not isinstance(content, Mapping) or "shape" not in content:
        raise ConfigError(key, "must have a shape, such as {shape: [64]}", _shown(content))
    _check_known(content, INPUT_KEYS, key, "a key of an input")
    shape = content["shape"]
    if not isinstance(shape, list | tuple) or not all(map(_is_length, shape)):
        rule = "must be a list of lengths, each at least 1 or null, without the axis of the rows"
        raise ConfigError(f"{key}.shape", rule, _shown(shape))
    return GraphInput(name, tuple(shape), _read_kind(content, "dtype", str, key))


def _is_length(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 1)


def _read_node(name: str, content: Any, key: str) -> GraphNode:
    if not isinstance(content, Mapping):
        raise ConfigError(key, "must have the keys layer and from", _shown(content))
    if "_target_" in content:
        raise ConfigError(key, "must have its layer under the key layer", content["_target_"])
    _check_known(content, NODE_KEYS, key, "a key of a node")
    layer: Any = content.get("layer")
    source = content.get("from")
    declared = isinstance(layer, Mapping) and "_target_" in layer
    if not declared and not isinstance(layer, str):
        rule = "must be a layer with a _target_, or the name of the node whose layer it is"
        raise ConfigError(f"{key}.layer", rule, _shown(layer))
    _check_source(source, f"{key}.from")
    return GraphNode(name, layer, source)


def _check_source(source: Any, key: str) -> None:
    """Refuse a `from` that is neither a name, nor a list of names, nor arguments by their names."""
    rule = "must be the name of an input or a node, a list of names, or arguments by their names"
    if isinstance(source, Mapping):
        for name, each in source.items():
            if isinstance(each, list) and not all(isinstance(one, str) for one in each):
                raise ConfigError(f"{key}.{name}", "must be a list of names", each)
            if isinstance(each, Mapping):
                raise ConfigError(f"{key}.{name}", "must be a name or a list of names", dict(each))
    elif isinstance(source, list):
        if not all(isinstance(one, str) for one in source):
            raise ConfigError(key, rule, source)
    elif not isinstance(source, str):
        raise ConfigError(key, rule, _shown(source))
    if not any(True for _ in find_names(source, key)):
        raise ConfigError(key, rule, source)


def _check_shared(node: GraphNode, nodes: Mapping[str, GraphNode], key: str) -> None:
    """Refuse a layer that is said to be another node's, which has none of its own."""
    if not isinstance(node.layer, str):
        return
    if node.layer not in nodes or node.layer == node.name:
        others = [each.name for each in nodes.values() if each.name != node.name]
        raise _unknown(key, "must name another node", node.layer, others)
    if isinstance(owner := nodes[node.layer].layer, str):
        rule = f"must name the node that the layer is declared at, which {node.layer} is not"
        raise ConfigError(key, rule, node.layer, f"Write {owner}")


def _read_outputs(
    given: Any, nodes: Mapping[str, GraphNode], key: str
) -> str | tuple[str, ...] | dict[str, str]:
    rule = "must be the name of a node, a list of names, or names of outputs to names of nodes"
    found = list(find_names(given, key))
    flat = given.values() if isinstance(given, Mapping) else given
    if not found or (not isinstance(given, str) and len(found) != len(list(flat))):
        raise ConfigError(key, rule, _shown(given))
    for place, name in found:
        if name not in nodes:
            raise _unknown(place, "must name a node", name, nodes)
    if isinstance(given, Mapping):
        for name in given:
            _check_name(name, f"{key}.{name}")
        return {name: given[name] for name in sorted(given)}
    names = [name for _, name in found]
    twice = next((place for place, name in found if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(key, "must name each node once", ", ".join(names))
    return given if isinstance(given, str) else tuple(names)


def _order(nodes: Mapping[str, GraphNode], key: str) -> tuple[GraphNode, ...]:
    """Return nodes after those that they are called on, otherwise by name.

    Raises:
        ConfigError: nodes are called on each other in a circle.
    """
    waiting = {
        name: {each for each in node.sources if each in nodes} for name, node in nodes.items()
    }
    ordered: list[GraphNode] = []
    while waiting:
        ready = min((name for name, before in waiting.items() if not before), default=None)
        if ready is None:
            circle = _find_circle(waiting)
            rule = "must not lead back to itself"
            raise ConfigError(f"{key}.nodes.{circle[0]}.from", rule, " from ".join(circle))
        ordered.append(nodes[ready])
        del waiting[ready]
        for before in waiting.values():
            before.discard(ready)
    return tuple(ordered)


def _find_circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """Return the names of a circle, from one node back to itself."""
    path = [min(waiting)]
    while True:
        following = min(waiting[path[-1]])
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _check_used(
    inputs: Iterable[GraphInput], nodes: Mapping[str, GraphNode], outputs: Any, key: str
) -> None:
    """Refuse inputs and nodes that no output depends on."""
    reached: set[str] = set()
    front = [name for _, name in find_names(outputs, "")]
    while front:
        name = front.pop()
        if name not in reached:
            reached.add(name)
            front += nodes[name].sources if name in nodes else ()
    for each in inputs:
        if each.name not in reached:
            raise ConfigError(f"{key}.inputs.{each.name}", "is not used: no output depends on it")
    for name in nodes:
        if name not in reached:
            raise ConfigError(f"{key}.nodes.{name}", "is not used: it leads to no output")


def _read_kind(content: Mapping[str, Any], name: str, kind: type, key: str) -> Any:
    """Return an argument that is of a type or null.

    Raises:
        ConfigError: it is something else.
    """
    value = content.get(name)
    if value is not None and not isinstance(value, kind):
        rule = f"must be {'text' if kind is str else 'true or false'}"
        raise ConfigError(f"{key}.{name}", rule, value)
    return value


def _check_known(content: Mapping[Any, Any], known: tuple[str, ...], key: str, what: str) -> None:
    for name, value in content.items():
        if name not in known:
            hint = nearest(str(name), known)
            if name is True:  # what YAML makes of `on`
                hint = "Write from: YAML takes on for true"
            raise ConfigError(f"{key}.{name}", f"is not {what}", _shown(value), hint)


def _unknown(key: str, rule: str, name: str, known: Iterable[str]) -> ConfigError:
    names = list(known)
    hint = nearest(name, names) or (f"There are {', '.join(names)}" if names else None)
    return ConfigError(key, rule, name, hint)


def _shown(value: Any) -> Any:
    """Return a value as YAML writes it in a message: null for None."""
    return "null" if value is None else value
