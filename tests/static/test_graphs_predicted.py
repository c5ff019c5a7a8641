"""What is predicted of graphs of layers: their sources are known, how inputs flow is not."""

from __future__ import annotations

import pytest
from configs import DROPOUT, dense, own_seed, subject
from test_predict import ACTIVE, OFF, RANDOM, UNSET, fixed, states

from runner.static.sources import absent_sources

ADD = {"_target_": "keras.layers.Add"}
ENDING = dense(10, "softmax", initializer=own_seed(1))


def graph(nodes, outputs="end", **more):
    """A graph of nodes NAME: (layer, from), on 64 inputs."""
    return {
        "_target_": "runner.models.graph",
        "inputs": {"x": {"shape": [64]}},
        "nodes": {n: {"layer": layer, "from": source} for n, (layer, source) in nodes.items()},
        "outputs": outputs,
        **more,
    }


def residual(layer, ending=ENDING):
    return graph({"a": (layer, "x"), "sum": (ADD, ["x", "a"]), "end": (ending, "sum")})


PLAIN = residual(dense(64, "relu"))
PINNED = residual(dense(64, "relu", initializer=own_seed(2)))
DROPPING = residual(DROPOUT)
FROZEN = residual(
    dense(64, initializer=own_seed(2), trainable=False),
    dense(10, initializer=own_seed(1), trainable=False),
)
ALWAYS_ONE = residual(dense(64), dense(1, "softmax"))
BLOCKED = residual(dense(64, initializer="zeros"), dense(10, initializer="zeros"))
MONTE_CARLO = graph(
    {"a": (dense(64), "x"), "drop": (DROPOUT, {"inputs": "a", "training": True}),
     "end": (ENDING, "drop")}
)  # fmt: skip
YOURS = residual({"_target_": "yours.Layer"})
LOADED = residual({"_target_": "runner.models.load", "path": "body.keras"})
NESTED = {"_target_": "keras.Sequential", "layers": [dense(64), PINNED]}
IN_A_GRAPH = residual({"_target_": "keras.Sequential", "layers": [dense(64)]})


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        # the sources are known
        ("usus", {"model": PLAIN}),
        ("usuu", {"model": PLAIN, "seed": UNSET}),
        ("usuu", {"model": PLAIN, "seed": RANDOM}),
        ("usss", {"model": PLAIN, "seed": fixed(scope="build")}),
        ("usss", {"model": PINNED, "seed": UNSET, "shuffle": OFF}),
        ("usss", {"model": FROZEN, "seed": UNSET}),
        ("usus", {"model": NESTED}),
        ("usus", {"model": IN_A_GRAPH}),
        ("usus", {"model": DROPPING}),
        ("uuuu", {"model": DROPPING, "probe": ACTIVE, "seed": UNSET}),
        ("uuus", {"model": DROPPING, "probe": ACTIVE}),
        # how inputs flow is not
        ("usus", {"model": ALWAYS_ONE}),
        ("usss", {"model": BLOCKED, "train": {"epochs": 0}, "seed": fixed(), "shuffle": OFF}),
        # what a layer is called with may change what it does
        ("uuuu", {"model": MONTE_CARLO}),
        ("uuuu", {"model": YOURS}),
        ("uuuu", {"model": LOADED}),
        ("uuuu", {"model": {"_target_": "runner.models.load", "path": "m.keras"}}),
        ("uuuu", {"model": {**PLAIN, "unknown": 1}}),
    ],
)
def test_states(expected, changes):
    assert states(**changes) == expected


@pytest.mark.parametrize(
    ("model", "known"),
    [
        (PLAIN, {"dropout"}),
        (PINNED, {"init", "dropout"}),
        (DROPPING, {"init"}),
        (NESTED, {"dropout"}),
        (MONTE_CARLO, set()),
        (YOURS, set()),
        (LOADED, set()),
    ],
)
def test_sources_that_a_graph_surely_lacks(model, known):
    assert {"init", "dropout"} & set(absent_sources(subject(model=model))) == known
