"""Models without code through the command line: graphs, model files, and what comes with Keras."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from runner.record.store import read_run

GRAPH = """
_target_: runner.models.graph
inputs:
  pixels: {shape: [64]}
nodes:
  old:
    layer: {_target_: runner.models.load, path: kept.keras, trainable: false}
    from: pixels
  new:
    layer: {_target_: keras.layers.Dense, units: 10, activation: relu}
    from: pixels
  both:
    layer: {_target_: keras.layers.Add}
    from: [old, new]
  classes:
    layer: {_target_: keras.layers.Dense, units: 10, activation: softmax}
    from: both
outputs: classes
"""
"""A model in a file, frozen, beside a layer that is trained."""

WEIGHTS = """
_target_: runner.models.with_weights
path: kept.keras
layers: [hidden]
model:
  _target_: keras.Sequential
  layers:
    - {_target_: keras.layers.Dense, units: 32, activation: relu, name: hidden, trainable: false}
    - {_target_: keras.layers.Dense, units: 10, activation: softmax}
"""
"""A model whose shapes come from the rows, with the weights of a part of another."""

DEAD = """
_target_: runner.models.graph
inputs:
  pixels: {shape: [64]}
nodes:
  dead:
    layer:
      _target_: keras.layers.Dense
      units: 4
      activation: relu
      bias_initializer: {_target_: keras.initializers.Constant, value: -1000.0}
    from: pixels
  blocked:
    layer: {_target_: keras.layers.Dense, units: 4, kernel_initializer: zeros, trainable: false}
    from: pixels
  both:
    layer: {_target_: keras.layers.Concatenate}
    from: [dead, blocked]
  classes:
    layer: {_target_: keras.layers.Dense, units: 10, activation: softmax}
    from: both
outputs: classes
"""
"""Two branches, neither of which lets an input through."""

MOBILE = """
_target_: runner.models.graph
inputs:
  pixels: {shape: [64]}
nodes:
  image:
    layer:
      _target_: keras.Sequential
      layers:
        - {_target_: keras.layers.Reshape, target_shape: [8, 8, 1]}
        - {_target_: keras.layers.UpSampling2D, size: 4}
    from: pixels
  colours: {layer: {_target_: keras.layers.Concatenate}, from: [image, image, image]}
  classes:
    layer:
      _target_: keras.applications.MobileNetV2
      weights: null
      input_shape: [32, 32, 3]
      alpha: 0.35
      classes: 10
    from: colours
outputs: classes
"""

QUICK = ("builds=1", "replicates=2", "train.epochs=1", "-m")


@pytest.fixture
def run(cli, tmp_path):
    """Run the command line where these models and a file that Keras wrote are."""
    work = tmp_path / "work"
    (work / "my" / "model").mkdir(parents=True)
    texts = {
        "kept": "_target_: runner.models.load\npath: kept.keras\n",
        "beside": GRAPH, "weights": WEIGHTS, "dead": DEAD, "mobile": MOBILE,
        "misfit": WEIGHTS.replace("32", "31"),
    }  # fmt: skip
    for name, text in texts.items():
        (work / "my" / "model" / f"{name}.yaml").write_text(text)
    x = keras.Input((64,))
    hidden = layers.Dense(32, activation="relu", name="hidden")(x)
    model = keras.Model(x, layers.Dense(10, activation="softmax", name="old")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(work / "kept.keras")
    return lambda *arguments: cli("--config-dir=my", *arguments, RUNNER_TRUST="")


pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.slow
def test_files_and_graphs_of_them_repeat_and_what_is_frozen_stays(run):
    ended = run("model=beside,dead", "seed=fixed", *QUICK)
    assert ended.status == 0, ended.err
    rows = ended.rows("model")
    assert rows["beside"]["verdict"] == "repeatable"
    assert rows["dead"]["verdict"] == "collapsed"
    said = " ".join(ended.out.split())
    assert "blocked: its kernel is all zeros" in said
    assert "dead (relu): all 4 units are 0 for every input" in said
    records = [read_run(path) for path in sorted(ended.sweep.glob("*/record.json"))]
    first = next(f for f in (r.fingerprints[0] for r in records) if "init/new/kernel" in f)
    assert first["init/old/hidden/kernel"] == first["weights/old/hidden/kernel"]
    assert first["init/new/kernel"] != first["weights/new/kernel"]


def test_what_is_wrong_with_a_model_gets_one_line(run):
    ended = run("model=beside", "model.nodes.both.from=[old,knew]")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == (
        "model.nodes.both.from[1]: must name an input or a node. Received: knew."
        " Did you mean 'new'?\n"
    )


@pytest.mark.exhaustive
def test_weights_that_do_not_fit_end_the_run_with_one_line(run):
    ended = run("model=misfit", *QUICK)
    assert ended.status == 1
    assert ended.out.count("model.path: has weights of other shapes for the layer hidden") == 1
    (error,) = set(ended.results.runs["error"])
    assert error == (
        "model.path: has weights of other shapes for the layer hidden."
        " Received: (64, 32) (32,) in kept.keras and (64, 31) (31,) in the model"
    )


@pytest.mark.exhaustive
def test_the_verdict_on_a_graph_and_on_a_file_under_every_strategy(run):
    ended = run("model=residual,kept,weights", "seed=unset,fixed,random,derived", *QUICK)
    assert ended.status == 0, ended.err
    expected = {
        "unset": "uncontrolled", "fixed": "repeatable",
        "random": "seed-driven", "derived": "seed-driven",
    }  # fmt: skip
    table = ended.results.table
    assert len(table) == 12
    for _, row in table.iterrows():
        assert row["verdict"] == expected[row["seed"]], (row["model"], row["seed"])
        assert not row["surprise"], row["surprise"]


@pytest.mark.exhaustive
def test_a_file_is_deterministic_where_only_its_weights_could_have_varied(run):
    """Nothing is seeded, and nothing is left to be seeded."""
    ended = run(
        "model=kept,residual", "seed=unset", "shuffle=off", "builds=2", "replicates=2", "-m"
    )
    rows = ended.rows("model")
    assert rows["kept"]["verdict"] == "deterministic"
    assert rows["residual"]["verdict"] == "uncontrolled"


@pytest.mark.exhaustive
def test_a_model_that_comes_with_keras_runs_without_trust(run):
    """After six steps its moving statistics still let next to nothing through: both are said."""
    ended = run("model=mobile", "seed=fixed", "train.batch_size=256", *QUICK)
    assert ended.status == 0, ended.err
    (row,) = (row for _, row in ended.results.table.iterrows())
    assert (row["verdict"], row["across_runs"]) == ("collapsed", "same")
    assert row["reason"].startswith("classes/block_")
    assert "OBS305" in set(ended.results.findings["code"])
