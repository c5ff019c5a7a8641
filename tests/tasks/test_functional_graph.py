"""Graphs of layers in a config, built: what they compute, and what is said of their faults."""

from __future__ import annotations

import fnmatch

import keras
import numpy as np
import pytest
from matching import says
from planted import DEAD, X, explain

from runner.config.instantiate import instantiate_node
from runner.errors import ConfigError
from runner.tasks.keras.model import fingerprint_weights


def dense(units, **more):
    return {"_target_": "keras.layers.Dense", "units": units, **more}


def graph(nodes, outputs, inputs=None, **more):
    """A model of the nodes NAME: (layer, from)."""
    content = {
        "inputs": inputs or {"x": {"shape": [2]}},
        "nodes": {
            name: {"layer": layer, "from": source} for name, (layer, source) in nodes.items()
        },
        "outputs": outputs,
        **more,
    }
    return instantiate_node({"_target_": "runner.models.graph", **content}, "model")


def layer(name, **arguments):
    return {"_target_": f"keras.layers.{name}", **arguments}


CONSTANT = "keras.initializers.Constant"
DEAD_LAYER = dense(4, activation="relu", bias_initializer={"_target_": CONSTANT, "value": -100.0})
BLOCK = dense(4, kernel_initializer="zeros")
SOFTMAX = dense(2, activation="softmax")


@pytest.fixture(autouse=True)
def _same_weights_each_time():
    """What explains a dead unit depends on its weights, which are drawn."""
    keras.utils.set_random_seed(3)


# --- what is built


def test_a_residual_block_computes_what_it_says():
    model = graph({"change": (dense(2), "x"), "sum": (layer("Add"), ["x", "change"])}, "sum")
    kernel, bias = (each.numpy() for each in model.weights)
    np.testing.assert_allclose(model(X), X + X @ kernel + bias, rtol=1e-6)


def test_layers_have_the_names_of_their_nodes_unless_they_have_their_own():
    model = graph({"a": (dense(2), "x"), "b": (dense(2, name="mine"), "a")}, "b")
    assert list(fingerprint_weights("init", model)) == [
        "init/a/kernel", "init/a/bias", "init/mine/kernel", "init/mine/bias",
    ]  # fmt: skip


def test_a_shared_layer_has_one_set_of_weights():
    two = {"left": {"shape": [2]}, "right": {"shape": [2]}}
    nodes = {
        "read": (dense(3, activation="tanh"), "left"),
        "again": ("read", "right"),
        "apart": (layer("Subtract"), ["read", "again"]),
    }
    model = graph(nodes, "apart", two)
    assert len(model.weights) == 2
    assert not np.asarray(model({"left": X, "right": X})).any()
    assert np.asarray(model({"left": X, "right": X[::-1]})).any()


def test_inputs_are_taken_and_outputs_given_by_name():
    two = {"left": {"shape": [2]}, "right": {"shape": [2], "dtype": "int32"}}
    nodes = {
        "number": (layer("Rescaling", scale=2.0), "right"),
        "both": (layer("Concatenate"), ["left", "number"]),
    }
    model = graph(nodes, {"twice": "number", "all": "both"}, two)
    result = model({"left": X, "right": np.ones((16, 2), np.int32)})
    assert {name: tuple(each.shape) for name, each in result.items()} == {
        "twice": (16, 2), "all": (16, 4),
    }  # fmt: skip
    as_list = graph(nodes, ["both", "number"], two)
    assert [each.shape[1] for each in as_list({"left": X, "right": X.astype("int32")})] == [4, 2]


def test_a_layer_is_called_with_arguments_by_name():
    grid = {"words": {"shape": [5, 4]}}
    attention = layer("MultiHeadAttention", num_heads=1, key_dim=2)
    source = {"query": "words", "value": "words", "use_causal_mask": True}
    model = graph({"seen": (attention, source)}, "seen", grid)
    x = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
    changed = x.copy()
    changed[0, 4] += 1
    before, after = np.asarray(model(x)), np.asarray(model(changed))
    np.testing.assert_allclose(before[0, :4], after[0, :4], atol=1e-6)
    assert (before[0, 4] != after[0, 4]).any()


def test_models_are_nested_either_way():
    inner = {
        "_target_": "runner.models.graph",
        "inputs": {"a": {"shape": [2]}, "b": {"shape": [2]}},
        "nodes": {"both": {"layer": layer("Add"), "from": ["a", "b"]}},
        "outputs": "both",
    }
    chain = {"_target_": "keras.Sequential", "layers": [dense(2, kernel_initializer="ones")]}
    model = graph({"c": (chain, "x"), "g": (inner, {"a": "x", "b": "c"})}, "g")
    np.testing.assert_allclose(model(X), X + X.sum(1, keepdims=True), rtol=1e-6)
    assert list(fingerprint_weights("init", model)) == ["init/c/dense/kernel", "init/c/dense/bias"]
    one = {**inner, "inputs": {"a": {"shape": [2]}}}
    one["nodes"] = {"both": {"layer": layer("Add"), "from": ["a", "a"]}}
    sequence = {"_target_": "keras.Sequential", "layers": [one, layer("Rescaling", scale=2.0)]}
    np.testing.assert_allclose(instantiate_node(sequence, "model")(X), 4 * X, rtol=1e-6)


def test_weights_of_nested_graphs_are_told_apart_by_the_names_of_the_nodes_around_them():
    inner = {
        "_target_": "runner.models.graph",
        "inputs": {"a": {"shape": [2]}},
        "nodes": {"read": {"layer": dense(2), "from": "a"}},
        "outputs": "read",
    }
    outer = {**inner, "nodes": {"deep": {"layer": inner, "from": "a"}}, "outputs": "deep"}
    nodes = {"one": (inner, "x"), "two": (outer, "x"), "read": (layer("Add"), ["one", "two"])}
    for name in (None, "whole"):
        kernels = [
            n for n in fingerprint_weights("w", graph(nodes, "read", name=name)) if "ker" in n
        ]
        assert kernels == ["w/one/read/kernel", "w/two/deep/read/kernel"]
    dead = {**inner, "nodes": {"read": {"layer": DEAD_LAYER, "from": "a"}}}
    assert says(f"one/read (relu): {DEAD}", explain(last({"one": (dead, "x")}, "one")))


def test_the_order_of_nodes_decides_nothing():
    """It is no part of a configuration's id, so it must not be a part of what is drawn."""
    nodes = {"b": (dense(3), "x"), "a": (dense(3), "x"), "sum": (layer("Add"), ["a", "b"])}
    results = []
    for each in (nodes, dict(reversed(nodes.items()))):
        keras.utils.set_random_seed(7)
        results.append(fingerprint_weights("init", graph(each, "sum")))
    assert results[0] == results[1]


# --- what does not fit


@pytest.mark.parametrize(
    ("nodes", "line"),
    [
        (
            {"a": (dense(3), "x"), "sum": (layer("Add"), ["x", "a"])},
            "model.nodes.sum: Add does not fit inputs of shapes (2,) and (3,). ValueError: *2*3*",
        ),
        (
            {"sum": (layer("Conv2D", filters=1, kernel_size=3), "x")},
            "model.nodes.sum: Conv2D does not fit an input of shape (2,). ValueError: *ndim*",
        ),
        (
            {"sum": (layer("Dense", units=2), {"input": "x"})},
            "model.nodes.sum: Dense does not fit an input of shape (2,). *",
        ),
        (
            {"sum": (layer("Dense", unit=2), "x")},
            "model.nodes.sum.layer: its _target_ raised *unit*",
        ),
        (
            {"sum": ({"_target_": "keras.initializers.Zeros"}, "x")},
            "model.nodes.sum.layer: must be a layer of Keras. Received: Zeros",
        ),
        (
            {
                "rows": (layer("Reshape", target_shape=[2, 1]), "x"),
                "sum": (layer("LSTM", units=2, return_state=True), "rows"),
            },
            "model.nodes.sum: must give one tensor, and LSTM gives several. Received: *",
        ),
        (
            {"a": (dense(2, name="b"), "x"), "sum": (dense(2, name="b"), "a")},
            "model: is no model: ValueError: *unique*",
        ),
    ],
)
def test_what_does_not_fit_gets_one_line_with_its_key(nodes, line):
    with pytest.raises(ConfigError) as raised:
        graph(nodes, "sum")
    text = str(raised.value)
    assert "\n" not in text
    assert fnmatch.fnmatchcase(text, line.replace("[", "[[]")), text


def test_an_input_of_no_known_type_gets_one_line():
    with pytest.raises(ConfigError, match=r"^model\.inputs\.x: is no input: ValueError: .*fl0at"):
        graph({"a": (dense(2), "x")}, "a", {"x": {"shape": [2], "dtype": "fl0at"}})


# --- why outputs are the same for every input


def last(nodes, source):
    return graph({**nodes, "last": (SOFTMAX, source)}, "last")


def test_a_dead_branch_beside_a_skip_is_not_the_reason():
    nodes = {
        "dead": (DEAD_LAYER, "x"),
        "narrow": (dense(2), "dead"),
        "sum": (layer("Add"), ["x", "narrow"]),
    }
    assert explain(last(nodes, "sum")) is None
    nodes["cut"] = (layer("Rescaling", scale=0.0), "sum")
    line = explain(last(nodes, "cut"))
    assert line == "cut: all its outputs are 0 for every input though its own inputs differ"


def test_both_branches_are_named_by_their_nodes():
    nodes = {
        "dead": (DEAD_LAYER, "x"),
        "blocked": (BLOCK, "x"),
        "both": (layer("Concatenate"), ["dead", "blocked"]),
    }
    line = explain(last(nodes, "both"))
    assert says(f"dead (relu): {DEAD} and blocked: its kernel is all zeros", line) or says(
        f"blocked: its kernel is all zeros and dead (relu): {DEAD}", line
    )


def test_a_layer_inside_of_a_nested_model_is_named_with_it():
    chain = {"_target_": "keras.Sequential", "layers": [dense(3), DEAD_LAYER]}
    line = explain(last({"body": (chain, "x")}, "body"))
    assert says(f"body/dense_1 (relu): {DEAD}", line)


def test_a_shared_layer_is_blamed_once():
    nodes = {
        "dead": (DEAD_LAYER, "x"),
        "turned": (layer("Rescaling", scale=-1.0), "x"),
        "again": ("dead", "turned"),
        "both": (layer("Concatenate"), ["dead", "again"]),
    }
    line = explain(last(nodes, "both"))
    assert line is not None
    assert line.startswith("dead (relu): all 4 units are 0 for every input"), line


def test_a_shared_layer_is_blamed_where_it_is_at_fault():
    """Its first call lets inputs through; what it is called on the second time does not."""
    nodes = {
        "read": (dense(4), "x"),
        "nothing": (layer("Rescaling", scale=0.0), "x"),
        "again": ("read", "nothing"),
        "apart": (layer("Multiply"), ["read", "again"]),
    }
    line = explain(last(nodes, "apart"))
    assert line is not None
    assert line.startswith("nothing: all its outputs are 0 for every input"), line


def test_of_two_outputs_both_must_be_at_fault():
    nodes = {"dead": (DEAD_LAYER, "x"), "alive": (dense(2), "x"), "blocked": (BLOCK, "x")}
    assert explain(graph({k: nodes[k] for k in ("dead", "alive")}, ["dead", "alive"])) is None
    line = explain(graph({k: nodes[k] for k in ("dead", "blocked")}, ["dead", "blocked"]))
    assert says(f"dead (relu): {DEAD} and blocked: its kernel is all zeros", line)
