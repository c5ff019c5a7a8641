"""Trainings of public reports that have several inputs, outputs, weights or rows for validation."""

from __future__ import annotations

import pytest
from conftest import run_cli

pytestmark = pytest.mark.process


def run(directory, source, *arguments, replicates=2):
    """A small sweep over a source of tests/apps/field_data.py."""
    return run_cli(
        directory,
        "~data",
        f"+data.source._target_=field_data.{source}",
        "+data.units=2",
        *("train.epochs=2", "replays=0", "builds=1", f"replicates={replicates}"),
        *arguments,
        "-m",
        RUNNER_TRUST="field_data,field_models",
    )


TWO_INPUTS = (
    "+model={_target_: runner.models.graph, inputs: {a: {shape: [4]}, b: {shape: [2]}}, nodes: {"
    "joined: {layer: {_target_: keras.layers.Concatenate}, from: [a, b]},"
    "hidden: {layer: {_target_: keras.layers.Dense, units: 8, activation: relu}, from: joined},"
    "out: {layer: {_target_: keras.layers.Dense, units: 2, activation: softmax}, from: hidden}},"
    " outputs: out}"
)

TWO_OUTPUTS = (
    "~model",
    "+model._target_=field_data.two_outputs",
    "train.loss={kind: sparse_categorical_crossentropy, size: mse}",
    "train.metrics=[{kind: [accuracy], size: [mae]}]",
)


UNNAMED = ("~model", "+model._target_=field_models.TwoUnnamed", "+model.units=2")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return run(
        tmp_path_factory.mktemp("inputs"),
        "two_inputs,field_data.two_inputs_streamed",
        "seed=unset,fixed",
        "~model",
        TWO_INPUTS,
    )


@pytest.mark.exhaustive
def test_several_inputs_are_trained_on_and_judged(inputs):
    assert inputs.status == 0, inputs.err
    table = inputs.results.table.set_index(["data.source._target_", "seed"])
    for source in ("field_data.two_inputs", "field_data.two_inputs_streamed"):
        assert table.loc[(source, "unset"), "verdict"] == "uncontrolled"
        assert table.loc[(source, "unset"), "first_divergence"].startswith("init/")
        assert table.loc[(source, "fixed"), "verdict"] == "repeatable"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return run(
        tmp_path_factory.mktemp("outputs"),
        "two_targets",
        *TWO_OUTPUTS,
        "+model.units=0,1",
        "seed=fixed",
    )


@pytest.mark.slow
def test_outputs_keep_their_names_and_the_worst_is_named(outputs):
    assert outputs.status == 0, outputs.err
    results = outputs.results
    table = results.table.set_index("model.units")
    assert list(table["verdict"]) == ["collapsed", "repeatable"]
    assert {"kind_accuracy_mean", "size_mae_mean"} <= set(table.columns)
    (sentence,) = (each for each in results.sentences if "output size" in each)
    assert "The verdict is that of the output size" in sentence
    for found in results.outputs.values():
        assert [(each.name, each.units) for each in found.parts] == [("kind", 2), ("size", 2)]
        assert found.of("size").values.shape[-1] == 2
        assert (found.of("kind").values.sum(axis=-1) == pytest.approx(1)) is True


@pytest.mark.exhaustive
def test_weights_of_rows_are_taken(tmp_path):
    ended = run(tmp_path, "weighted", "seed=fixed", "model=linear")
    assert ended.status == 0, ended.err
    assert list(ended.results.table["verdict"]) == ["repeatable"]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("part", "found"), [("last", True), ("split", False)])
def test_the_last_rows_of_sorted_ones_are_of_one_class(tmp_path, part, found):
    ended = run(
        tmp_path,
        "sorted_rows",
        "model=linear",
        "data.units=3",
        f"train.validation.part={part}",
        "train.validation.fraction=0.3334",
        replicates=1,
    )
    assert ended.status == 0, ended.err
    told = "40 of 41 rows for validation are of classes that training never saw (2)"
    seen = " ".join(ended.results.findings["seen"]) if len(ended.results.findings) else ""
    assert (told in seen) is found


@pytest.mark.exhaustive
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_py_dataset_is_read_and_its_changes_are_seen(tmp_path, shuffled):
    ended = run(
        tmp_path,
        "batches",
        f"+data.source.shuffled={shuffled}",
        "model=linear",
        "train.pipeline=[batch]",
        "seed=fixed",
    )
    assert ended.status == 0, ended.err
    assert list(ended.results.table["verdict"]) == ["repeatable"]
    codes = set(ended.results.findings["code"]) if len(ended.results.findings) else set()
    assert ("OBS208" in codes) is shuffled


@pytest.mark.exhaustive
def test_what_a_model_does_when_it_is_called_plainly(tmp_path):
    ended = run(
        tmp_path,
        "weighted",
        "~model",
        "+model._target_=field_data.always_dropping",
        "+model.units=2",
        "probe.training=false,null",
        "seed=fixed",
    )
    assert ended.status == 0, ended.err
    table = ended.results.table.set_index("probe.training")
    assert list(table["across_calls"]) == ["same", "differs"]


BY_NAME = "train.loss={kind: sparse_categorical_crossentropy, size: mse}"
NO_METRICS = "train.metrics=[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([BY_NAME], "train.loss.kind: is by the name of an output, and the model returns"),
        (["train.loss=mse"], "data.source: returns targets by name, and the model returns"),
    ],
)
def test_outputs_without_names_get_one_line(tmp_path, given, said):
    ended = run(tmp_path, "two_targets", *UNNAMED, *given, NO_METRICS, replicates=1)
    assert ended.status == 1
    (error,) = ended.results.runs["error"]
    advice = "Let its call return a dictionary of names"
    assert error == f"{said} 2 outputs without names. {advice}"


@pytest.mark.exhaustive
def test_outputs_without_names_can_be_given_names_as_advised(tmp_path):
    named = "+model.named=true"
    ended = run(tmp_path, "two_targets", *UNNAMED, named, BY_NAME, NO_METRICS, "seed=fixed")
    assert ended.status == 0, ended.err
    assert list(ended.results.table["verdict"]) == ["repeatable"]
