"""Names of metrics, outputs, losses and layers that do not exist are told, with the nearest one."""

from __future__ import annotations

import re

import pytest
from conftest import run_cli

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]

STOPPING = "{_target_: keras.callbacks.EarlyStopping, monitor: val_acc"

OUTPUTS = (
    "data.source._target_=field_data.two_targets",
    "data.units=2",
    "~model",
    "+model._target_=field_data.two_outputs",
    "+model.units=1",
    "train.metrics=[]",
    "train.loss={kind: sparse_categorical_crossentropy, size: mse}",
)

GRAPH = (
    "~model",
    "+model={_target_: runner.models.graph, inputs: {a: {shape: [64]}}, nodes: {"
    "kind: {layer: {_target_: keras.layers.Dense, units: 10, activation: softmax}, from: a},"
    "size: {layer: {_target_: keras.layers.Dense, units: 1, name: length}, from: a}},"
    " outputs: %s}",
)


def run(directory, *arguments):
    return run_cli(
        directory,
        *("train.epochs=1", "replicates=1", "replays=0", "builds=1", "calls=1"),
        *(() if any("model" in each for each in arguments) else ("model=linear",)),
        *arguments,
        "-m",
        RUNNER_TRUST="field_data,odd_rows",
    )


RUNS = {
    "monitor": (
        ("train.validation.part=split", f"train.callbacks=[{STOPPING}}}]"),
        r"train\.callbacks\[0\]\.monitor: must name what is logged of an epoch \(accuracy, loss,"
        r" val_accuracy, val_loss\)\. Received: val_acc\. Did you mean 'val_accuracy'\?",
    ),
    "file": (
        (
            "train.validation.part=split",
            "train.callbacks=[{_target_: keras.callbacks.ModelCheckpoint,"
            " filepath: 'm{val_acc:.2f}.keras'}]",
        ),
        r"train\.callbacks\[0\]\.filepath: must name what is logged of an epoch .*"
        r" Did you mean 'val_accuracy'\?",
    ),
    "evaluation": (
        ("train.epochs=9", "train.evaluate.at=best", "train.evaluate.by=acuracy"),
        r"train\.evaluate\.by: must be one of loss, accuracy\. Received: acuracy\. Did you mean"
        r" 'accuracy'\?",
    ),
    "loss": (
        ("train.loss=mean_squared_eror",),
        r"train\.loss: is no loss of Keras\. Received: mean_squared_eror\. Did you mean"
        r" 'mean_squared_error'\?",
    ),
    "metric": (
        ("train.metrics=[acuracy]",),
        r"train\.metrics: is no metric of Keras\. Received: acuracy\. Did you mean 'accuracy'\?",
    ),
    "optimizer": (
        ("train.optimizer=adm",),
        r"train\.optimizer: is no optimizer of Keras\. Received: adm\. Did you mean 'adam'\?",
    ),
    "output": (
        (*OUTPUTS, "train.loss_weights={knd: 2, size: 1}"),
        r"train\.loss_weights\.knd: must be one of the outputs of the model, kind, size\."
        r" Received: knd\. Did you mean 'kind'\?",
    ),
    "no_output": (
        (*OUTPUTS, "train.metrics=[accuracy]"),
        r"train\.metrics: must be by output, as the model has several \(kind, size\)\. Received:"
        r" \['accuracy'\]\. Such as \[\{kind: \[accuracy\]\}\]",
    ),
    "lacking_weight": (
        (*OUTPUTS, "train.loss_weights={size: 1}"),
        r"train\.loss_weights: must have a weight for each output that has a loss"
        r" \(kind, size\)\. Received: size",
    ),
    "single": (
        ("train.loss_weights={size: 1}",),
        r"train\.loss_weights\.size: is by the name of an output, and the model has one without a"
        r" name",
    ),
    "both_weights": (
        ("data.source._target_=field_data.weighted", "data.units=2", "train.class_weight={0: 2.0}"),
        r"train\.class_weight: does not go with the weights of rows that data\.source returns\."
        r" Received: \{0: 2\.0\}\. Multiply them .*",
    ),
    "class_of_which": (
        (*OUTPUTS, "train.class_weight={0: 2.0}"),
        r"train\.class_weight: is for models with one output; data\.source returns several"
        r" targets\. .*",
    ),
    **{
        kind: (
            (f"data.source._target_=odd_rows.{kind}_labels", "data.units=2"),
            r"data\.source: must return targets that are numbers\. Received: .*cat.* \(text\)\."
            r" Number them: names, y = numpy\.unique\(y, return_inverse=True\)",
        )
        for kind in ("text", "object", "byte")
    },
}
"""What is known only in a run: arguments, and the whole line."""

QUICK = ("monitor", "output", "both_weights", "text")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.exhaustive) for n in RUNS]
)
def test_a_run_ends_with_one_line(tmp_path, name):
    arguments, line = RUNS[name]
    ended = run(tmp_path, *arguments)
    assert ended.status == 1
    (error,) = ended.results.runs["error"]
    assert re.fullmatch(line, error), error


@pytest.mark.parametrize(
    ("outputs", "settings", "line"),
    [
        (
            "[kind, size]",
            "train.loss={kind: sparse_categorical_crossentropy, size: mse}",
            "train.loss.size: must be one of the outputs of the model, kind, length."
            " Received: size",
        ),
        (
            "{one: kind, two: size}",
            "train.loss_weights={one: 1, tow: 2}",
            "train.loss_weights.tow: must be one of the outputs of the model, one, two."
            " Received: tow. Did you mean 'two'?",
        ),
        (
            "[kind, size]",
            "train.metrics=[accuracy]",
            "train.metrics: must be by output, as the model has several (kind, length). Received:"
            " ['accuracy']. Such as [{kind: [accuracy]}]",
        ),
    ],
)
def test_of_a_graph_it_is_told_before_anything_runs(tmp_path, outputs, settings, line):
    ended = run(tmp_path, GRAPH[0], GRAPH[1] % outputs, settings)
    assert ended.status == 2
    assert ended.err.splitlines() == [line]
    assert not (tmp_path / "outputs").exists()


def test_a_monitor_without_a_metric_that_keras_only_warns_of_is_a_finding(tmp_path):
    arguments = ("train.validation.part=split", f"train.callbacks=[{STOPPING}, mode: max}}]")
    ended = run(tmp_path, *arguments)
    assert ended.status == 0, ended.err
    (found,) = ended.results.findings.query("code == 'OBS407'").to_dict("records")
    assert found["seen"].startswith("EarlyStopping watches val_acc, which was never logged;")
    assert found["change"] == "Did you mean 'val_accuracy'?"
    linted = run_cli(tmp_path, "lint", "model=linear", *arguments)
    assert "RUN605" in linted.out
    mended = run(tmp_path / "mended", *(each.replace("acc", "accuracy") for each in arguments))
    assert not (mended.results.findings["code"] == "OBS407").any()


def test_a_metric_that_keras_names_has_its_name_in_every_build(tmp_path):
    ended = run(
        tmp_path,
        "model=linear",
        "builds=3",
        "train.validation.part=split",
        "train.metrics=[{_target_: keras.metrics.SparseTopKCategoricalAccuracy, k: 2},"
        " {_target_: keras.metrics.SparseTopKCategoricalAccuracy, k: 3}]",
        "train.callbacks=[{_target_: keras.callbacks.EarlyStopping, mode: max,"
        " monitor: val_sparse_top_k_categorical_accuracy}]",
    )
    assert ended.status == 0, ended.err
    names = set(ended.results.table.columns)
    assert not any(re.search(r"accuracy_[2-9]", each) for each in names)


@pytest.mark.parametrize(
    ("chosen", "value", "line"),
    [
        (
            "schedule=cosine",
            "optimizer.learning_rate=0.1",
            "train.optimizer.learning_rate: takes the place of schedule=cosine; give one of the"
            " two. Received: 0.1. The schedule begins at schedule.initial_learning_rate=0.1",
        ),
        (
            "schedule=piecewise",
            "++train.optimizer.learning_rate=0.1",
            "train.optimizer.learning_rate: takes the place of schedule=piecewise; give one of the"
            " two. Received: 0.1. The schedule begins at schedule.values=[...]",
        ),
        (
            "loss=huber",
            "train.loss=mse",
            "train.loss: takes the place of loss=huber; give one of the two. Received: mse",
        ),
        (
            "optimizer=sgd",
            "train.optimizer=adam",
            "train.optimizer: takes the place of optimizer=sgd; give one of the two. Received:"
            " adam",
        ),
    ],
)
@pytest.mark.parametrize("how", ["single", "sweep", "lint"])
def test_a_choice_whose_place_is_taken_is_refused(
    forked_commands, tmp_path, chosen, value, line, how
):
    words = {"single": [], "sweep": ["-m"], "lint": []}[how]
    first = ["lint"] if how == "lint" else []
    ended = forked_commands.run(tmp_path, [*first, chosen, value, *words])
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [line]


def test_a_rate_is_swept_over_where_no_schedule_is_chosen(forked_commands, tmp_path):
    overrides = [
        "optimizer=sgd,adam",
        "schedule=none",
        "optimizer.learning_rate=0.1",
        "dry_run=true",
    ]
    ended = forked_commands.run(tmp_path, [*overrides, "-m"])
    assert ended.returncode == 0, ended.stderr
