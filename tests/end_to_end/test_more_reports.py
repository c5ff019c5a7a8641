"""Further public reports of trainings that always, or never, gave the same; what is said of each.

Each names the thread, and tells in our own words what was done. Expected is what a right product
says.
"""

from __future__ import annotations

import json

import keras
import pytest
from conftest import run_cli

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.process,
    # NumPy's, about what Keras hands over to it where this process saves weights.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def run(directory, source, layers, *arguments):
    """A small sweep; `layers` are YAML, or the name of a function of tests/apps/more_reports.py."""
    model = (
        f"+model={{_target_: keras.Sequential, layers: [{layers}]}}"
        if "{" in layers
        else f"+model._target_=more_reports.{layers}"
    )
    return run_cli(
        directory,
        *("~data", f"+data.source._target_=more_reports.{source}", "+data.units=2"),
        *("~model", model, "train.batch_size=8", "train.epochs=2", "replays=0"),
        *arguments,
        "-m",
        RUNNER_TRUST="more_reports",
    )


def dense(units, activation="softmax", more=""):
    return f"{{_target_: keras.layers.Dense, units: {units}, activation: {activation}{more}}}"


def rows_by(ended, key):
    """The table's rows by the value of an override, as text."""
    return {str(value): row for value, row in ended.rows(key).items()}


def find_told(ended, code, key):
    """The values of an override, as texts, under which a finding speaks."""
    findings = ended.results.findings
    return {str(each) for each in findings[findings["code"] == code][key]}


def read_stages(ended, configuration):
    """Stage to digest of the first build of a configuration's first run."""
    runs = ended.results.runs
    directory = runs[runs["configuration"] == configuration]["dir"].iloc[0]
    record = json.loads((ended.sweep / str(directory) / "record.json").read_text())
    return record["fingerprints"][0]


# keras-team/keras#500: whatever the inputs, a network answered 1: its last layer was a softmax over
# a single unit.
def test_softmax_over_one_unit(tmp_path):
    usual = ("loss=mse", "train.metrics=[]", "seed=unset", "replicates=2", "builds=1")
    ended = run(tmp_path, "rows", dense(1), *usual)
    (row,) = ended.results.table.to_dict("records")
    assert row["verdict"] == "collapsed"
    assert any("softmax over one unit" in each for each in ended.results.sentences)


# keras-team/keras#5992: one answer for every row; dropout came after the softmax, so that half of
# the outputs were 0 in training, whatever the weights were.
def test_dropout_behind_the_last_layer(tmp_path):
    last = "{_target_: keras.layers.Dropout, rate: 0.5}"
    for layers, told in ((f"{dense(2)}, {last}", True), (f"{last}, {dense(2)}", False)):
        model = f"+model={{_target_: keras.Sequential, layers: [{layers}]}}"
        ended = run_cli(tmp_path, "lint", "~model", model)
        assert ("RUN309" in ended.out) is told, ended.out


# keras-team/keras#2711: accuracy stood still from the first epoch to the last; outputs were sigmoid
# units under a loss for exclusive classes.
def test_sigmoid_units_under_a_loss_for_one_class(tmp_path):
    for activation, told in (("sigmoid", True), ("softmax", False)):
        layers = f"+model={{_target_: keras.Sequential, layers: [{dense(10, activation)}]}}"
        ended = run_cli(tmp_path, "lint", "~model", layers)
        assert ("RUN307" in ended.out) is told, ended.out


# keras-team/keras#6216: two predictions in a row differed, though nothing is drawn: a recurrent
# layer was stateful, and began the second call where the first had ended.
def test_a_stateful_layer_makes_calls_differ(tmp_path):
    usual = ("seed=fixed", "replicates=2", "builds=1", "probe.inputs=8", "data.split.by=time")
    held = ("data.split.test_fraction=0.1667", "+model.stateful=true,false")
    ended = run(tmp_path, "steps", "remembering", *usual, *held)
    assert ended.status == 0, ended.err
    rows = rows_by(ended, "model.stateful")
    assert rows["True"]["across_calls"] == "differs"
    assert rows["False"]["across_calls"] == "same"
    assert find_told(ended, "OBS309", "model.stateful") == {"True"}


# tensorflow/tensorflow#27680 (also #26179 and #29558): the rows came in one order in every epoch,
# though they were shuffled.
def test_one_order_in_every_epoch(tmp_path):
    usual = ("seed=fixed", "replicates=2", "builds=1", "shuffle.reshuffle=true,false")
    ended = run(tmp_path, "rows", dense(2), *usual)
    assert ended.status == 0, ended.err
    for reshuffled, row in rows_by(ended, "shuffle.reshuffle").items():
        stages = read_stages(ended, row["configuration"])
        assert (stages["order/0"] == stages["order/1"]) is (reshuffled == "False")
        # What a config asks for is no finding; lint says what comes of it.
        linted = run_cli(tmp_path, "lint", f"shuffle.reshuffle={reshuffled.lower()}")
        assert ("RUN203" in linted.out) is (reshuffled == "False"), linted.out


# sql-machine-learning/sqlflow#2143: each epoch had the same batches: the cache came after the
# shuffle.
def test_a_cache_behind_the_shuffle(tmp_path):
    stages = "train.pipeline=[shuffle,batch,cache],[cache,shuffle,batch]"
    ended = run(tmp_path, "rows", dense(2), stages, "seed=unset", "replicates=2", "builds=1")
    assert ended.status == 0, ended.err
    (told,) = find_told(ended, "OBS108", "train.pipeline")
    assert told.index("shuffle") < told.index("cache")
    linted = run_cli(tmp_path, "lint", "train.pipeline=[shuffle,batch,cache]")
    assert "RUN203" in linted.out


# keras-team/keras#7085: the averages of a frozen batch normalization changed in training. In Keras
# 3 they do not: a frozen model is the same before and after.
def test_a_frozen_normalization_does_not_move(tmp_path):
    frozen = "{_target_: keras.layers.BatchNormalization, trainable: %s}"
    layers = f"{frozen % 'false'}, {dense(2, more=', trainable: false')}"
    ended = run(tmp_path, "rows", layers, "seed=fixed", "replicates=2", "builds=1")
    assert ended.status == 0, ended.err
    (row,) = ended.results.table.to_dict("records")
    stages = read_stages(ended, row["configuration"])
    initial = [name for name in stages if name.startswith("init/")]
    assert len(initial) == 6  # with the averages
    assert all(stages[name] == stages[name.replace("init", "weights", 1)] for name in initial)
    model = f"+model={{_target_: keras.Sequential, layers: [{layers}]}}"
    assert "RUN304" in run_cli(tmp_path, "lint", "~model", model).out


# qqwweee/keras-yolo3#32: weights were loaded by name, and into the second model of a process none
# were, as Keras had given its layers further numbers.
def test_weights_reach_every_model_of_a_process(tmp_path):
    body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    body.save_weights(tmp_path / "body.weights.h5")
    inner = f"{{_target_: keras.Sequential, layers: [{dense(3, 'linear')}, {dense(2)}]}}"
    loaded = f"_target_: runner.models.with_weights, path: body.weights.h5, model: {inner}"
    model = f"+model={{{loaded}}}"
    ended = run_cli(
        tmp_path,
        *("~data", "+data.source._target_=more_reports.rows", "+data.units=2", "~model", model),
        *("seed=unset", "replicates=2", "replays=0", "builds=3", "train.epochs=0", "-m"),
        RUNNER_TRUST="more_reports",
    )
    assert ended.status == 0, ended.err
    (row,) = ended.results.table.to_dict("records")
    assert row["across_builds"] == row["across_runs"] == "same"


# leondgarse/keras_cv_attention_models#114 (the cause also in keras-team/keras-hub#371): one
# initializer object for many layers, which gives each of them the same weights.
def test_one_initializer_for_several_layers(tmp_path):
    usual = ("seed=unset", "replicates=2", "builds=1", "+model.shared=true,false")
    ended = run(tmp_path, "rows", "one_initializer", *usual)
    assert ended.status == 0, ended.err
    assert find_told(ended, "OBS111", "model.shared") == {"True"}
    (seen,) = ended.results.findings.query("code == 'OBS111'")["seen"]
    assert seen == "The initial weights left/kernel and right/kernel are the same."


# keras-team/tf-keras#320: are layers that augment active only in training? They are: predictions
# repeat, unless the model is called as in training.
def test_augmentation_is_active_in_training_only(tmp_path):
    layers = (
        "{_target_: keras.layers.RandomTranslation, height_factor: 0.4, width_factor: 0.4},"
        f" {{_target_: keras.layers.Flatten}}, {dense(2)}"
    )
    usual = ("seed=fixed", "replicates=2", "builds=1", "probe.training=false,true")
    ended = run(tmp_path, "pictures", layers, *usual)
    assert ended.status == 0, ended.err
    rows = rows_by(ended, "probe.training")
    assert rows["True"]["across_calls"] == "differs"
    assert rows["False"]["across_calls"] == "same"
