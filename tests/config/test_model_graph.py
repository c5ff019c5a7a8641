"""Graphs of layers in a config: how they are read, and one line for what is wrong with them."""

from __future__ import annotations

import pytest
import yaml

from runner.config.model_graph import check_graphs, read_graph
from runner.errors import ConfigError

RESIDUAL = """
inputs:
  x: {shape: [4]}
nodes:
  sum: {layer: {_target_: keras.layers.Add}, from: [x, change]}
  change: {layer: {_target_: keras.layers.Dense, units: 4}, from: x}
  last: {layer: {_target_: keras.layers.Dense, units: 2}, from: sum}
outputs: last
"""
"""A node may stand before those that it is called on."""


def read(text, **changes):
    return read_graph({**yaml.safe_load(text), **changes}, "model")


def change(**changes):
    """The residual graph with other entries: NAME__KEY=value."""
    content = yaml.safe_load(RESIDUAL)
    for name, value in changes.items():
        above, _, key = name.rpartition("__")
        node = content["nodes"].setdefault(above, {}) if above else content
        node[key.rstrip("_")] = value
    return content


def refusal(content):
    with pytest.raises(ConfigError) as raised:
        read_graph(content, "model")
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_nodes_come_after_what_they_are_called_on_whatever_their_order():
    graph = read(RESIDUAL)
    assert [each.name for each in graph.nodes] == ["change", "sum", "last"]
    content = yaml.safe_load(RESIDUAL)
    content["nodes"] = dict(reversed(content["nodes"].items()))
    assert read_graph(content, "model") == graph


def test_of_nodes_that_could_come_next_the_first_by_name_does():
    dense = {"layer": {"_target_": "keras.layers.Dense", "units": 1}, "from": "x"}
    nodes = dict.fromkeys("cab", dense)
    nodes["z"] = {"layer": {"_target_": "keras.layers.Add"}, "from": ["c", "a", "b"]}
    graph = read(RESIDUAL, nodes=nodes, outputs="z")
    assert [each.name for each in graph.nodes] == ["a", "b", "c", "z"]
    assert graph.nodes[-1].sources == ("c", "a", "b")


def test_outputs_are_one_node_several_or_named():
    assert read(RESIDUAL).outputs == "last"
    assert read(RESIDUAL, outputs=["sum", "last"]).outputs == ("sum", "last")
    assert read(RESIDUAL, outputs={"b": "sum", "a": "last"}).outputs == {"a": "last", "b": "sum"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            change(last__from_="sun"),
            "model.nodes.last.from: must name an input or a node. Received: sun."
            " Did you mean 'sum'?",
        ),
        (
            change(sum__from_=["x", "chang"]),
            "model.nodes.sum.from[1]: must name an input or a node. Received: chang."
            " Did you mean 'change'?",
        ),
        (
            change(sum__from_={"inputs": "nothing_like_it"}),
            "model.nodes.sum.from.inputs: must name an input or a node. Received: nothing_like_it."
            " There are x, sum, change, last",
        ),
        (
            change(change__from_="last"),
            "model.nodes.change.from: must not lead back to itself."
            " Received: change from last from sum from change",
        ),
        (
            change(change__from_="change"),
            "model.nodes.change.from: must not lead back to itself. Received: change from change",
        ),
        (
            change(inputs={"x": {"shape": [4]}, "y": {"shape": [1]}}),
            "model.inputs.y: is not used: no output depends on it",
        ),
        (
            change(spare__layer={"_target_": "keras.layers.Flatten"}, spare__from_="sum"),
            "model.nodes.spare: is not used: it leads to no output",
        ),
        (
            change(inputs={"x": {"shape": [4]}, "sum": {"shape": [4]}}),
            "model.nodes.sum: is already the name of an input",
        ),
        (
            change(outputs="x"),
            "model.outputs: must name a node. Received: x. There are sum, change, last",
        ),
        (
            change(outputs={"label": "lost"}),
            "model.outputs.label: must name a node. Received: lost. Did you mean 'last'?",
        ),
        (
            change(outputs=["last", "sum", "last"]),
            "model.outputs: must name each node once. Received: last, sum, last",
        ),
        (
            change(outputs=None),
            "model.outputs: must be the name of a node, a list of names, or names of outputs to"
            " names of nodes. Received: null",
        ),
        (
            change(outputs=[["last"], 3]),
            "model.outputs: must be the name of a node, a list of names, or names of outputs to"
            " names of nodes. Received: [['last'], 3]",
        ),
        (change(node={}), "model.node: is not an argument of a graph. Received: {}."
            " Did you mean 'nodes'?"),
        (change(key="a"), "model.key: is not an argument of a graph. Received: a"),
        (
            change(nodes=[{"layer": 1}]),
            "model.nodes: must have names as keys, such as sum: {layer: ..., from: ...}."
            " Received: [{'layer': 1}]",
        ),
        (
            change(inputs=None),
            "model.inputs: must have names as keys, such as pixels: {shape: [64]}. Received: null",
        ),
        (
            change(inputs={"x": [4]}),
            "model.inputs.x: must have a shape, such as {shape: [64]}. Received: [4]",
        ),
        (
            change(inputs={"x": {"shape": [4, 0]}}),
            "model.inputs.x.shape: must be a list of lengths, each at least 1 or null, without the"
            " axis of the rows. Received: [4, 0]",
        ),
        (
            change(inputs={"x": {"shape": [4], "type": "int32"}}),
            "model.inputs.x.type: is not a key of an input. Received: int32."
            " Did you mean 'dtype'?",
        ),
        (
            change(nodes={"a/b": {}}),
            "model.nodes.a/b: must be called by letters, digits and underscores, with a letter"
            " first. Received: a/b",
        ),
        (
            change(last__units=3),
            "model.nodes.last.units: is not a key of a node. Received: 3",
        ),
        (
            change(nodes={"a": {True: "x", "layer": "b"}}),
            "model.nodes.a.True: is not a key of a node. Received: x."
            " Write from: YAML takes on for true",
        ),
        (
            change(nodes={"a": {"_target_": "keras.layers.Dense", "units": 3}}),
            "model.nodes.a: must have its layer under the key layer. Received: keras.layers.Dense",
        ),
        (
            change(last__layer={"units": 3}),
            "model.nodes.last.layer: must be a layer with a _target_, or the name of the node whose"
            " layer it is. Received: {'units': 3}",
        ),
        (
            change(last__layer="chance"),
            "model.nodes.last.layer: must name another node. Received: chance."
            " Did you mean 'change'?",
        ),
        (
            change(last__layer="last"),
            "model.nodes.last.layer: must name another node. Received: last."
            " There are sum, change",
        ),
        (
            change(last__layer="again", again__layer="change", again__from_="sum"),
            "model.nodes.last.layer: must name the node that the layer is declared at, which again"
            " is not. Received: again. Write change",
        ),
        (
            change(last__from_=None),
            "model.nodes.last.from: must be the name of an input or a node, a list of names, or"
            " arguments by their names. Received: null",
        ),
        (
            change(last__from_=[["sum"]]),
            "model.nodes.last.from: must be the name of an input or a node, a list of names, or"
            " arguments by their names. Received: [['sum']]",
        ),
        (
            change(last__from_={"inputs": ["sum", 1]}),
            "model.nodes.last.from.inputs: must be a list of names. Received: ['sum', 1]",
        ),
        (change(trainable="no"), "model.trainable: must be true or false. Received: no"),
    ],
)  # fmt: skip
def test_what_is_wrong_gets_one_line_with_its_key(content, line):
    assert refusal(content) == line


def test_graphs_are_found_inside_of_other_models():
    wrong = {"_target_": "runner.models.graph", **change(last__from_="sun")}
    model = {"_target_": "keras.Sequential", "layers": [{"_target_": "keras.Input"}, wrong]}
    with pytest.raises(ConfigError, match=r"^model\.layers\[1\]\.nodes\.last\.from: must name"):
        check_graphs(model, "model")
    around = {"_target_": "runner.models.graph", **change(last__layer=wrong)}
    with pytest.raises(ConfigError, match=r"^model\.nodes\.last\.layer\.nodes\.last\.from: "):
        check_graphs(around, "model")
