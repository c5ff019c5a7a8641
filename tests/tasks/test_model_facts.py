"""Facts measured of trained models: what they say, and that measuring changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import APPS
from keras import layers

from runner.config.schema import Config, Data, Probe, Seed, Strategy, Train
from runner.config.seeds import run_seeds
from runner.errors import ConfigError
from runner.tasks.keras import model_facts
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.model_facts import describe_model
from runner.tasks.keras.train import flatten_units, train_and_call
from runner.tasks.keras.unadapted import find_missing

sys.path.append(str(APPS))

import planted_faults

LINE = planted_faults.line()


def fit(model, x, y, loss="mse", metrics=(), epochs=1, targets=None) -> Trained:
    """Train a model in one step an epoch, and put it together with its rows."""
    model.compile("adam", loss, metrics=list(metrics) or None, run_eagerly=True)
    if epochs:
        model.fit(x, y, batch_size=len(x), epochs=epochs, verbose=0)
    outputs = flatten_units(model(x[:40]), 40)
    model.evaluate(x, y, verbose=0)
    cfg = Config(model=None, train=Train(epochs=epochs))
    rows = x[:64], y[:64]
    return Trained(
        model, cfg, rows, (x[:40], y[:40]), outputs, y if targets is None else targets, x
    )


def facts(trained: Trained, code: str):
    """The facts of a code, each as its place and its numbers, single ones without their ends."""
    return [
        (
            each.where,
            {
                name: number.low if number.low == number.high else (number.low, number.high)
                for name, number in each.numbers.items()
            },
        )
        for each in describe_model(trained)
        if each.code == code
    ]


# --- nothing changes


def config(model, **changes):
    """Two builds of a model on numbers that follow from the inputs."""
    settings = {
        "model": model,
        "data": Data(source={"_target_": "planted_faults.line"}, units=1),
        "seed": Seed(strategy=Strategy.fixed, value=1),
        "train": Train(epochs=2, batch_size=32, loss="mse", metrics=[]),
        "probe": Probe(inputs=10),
        "builds": 2,
        "calls": 2,
    }
    return Config(**{**settings, **changes})


def stacked(*kinds):
    return {
        "_target_": "keras.Sequential",
        "layers": [*kinds, {"_target_": "keras.layers.Dense", "units": 1, "activation": "relu"}],
    }


MODELS = {
    "dropout": stacked(
        {"_target_": "keras.layers.Dropout", "rate": 0.3},
        {"_target_": "keras.layers.BatchNormalization"},
    ),
    "drawing": stacked(
        {"_target_": "planted_faults.Drawing"}, {"_target_": "keras.layers.BatchNormalization"}
    ),
    "own step": {"_target_": "planted_faults.Own"},
    "raising": stacked(
        {"_target_": "planted_faults.Raising"}, {"_target_": "keras.layers.BatchNormalization"}
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        *("drawing", "own step"),
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("dropout", "raising")),
    ],
)
def test_a_run_is_the_same_with_and_without_facts(name, monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "planted_faults")
    cfg = config(MODELS[name])
    seeds = run_seeds(cfg.seed, 0, "0" * 12)
    with_facts = train_and_call(cfg, seeds, Path.cwd())
    monkeypatch.setattr(model_facts, "MEASURES", ())
    without = train_and_call(cfg, seeds, Path.cwd())
    assert with_facts.fingerprints == without.fingerprints
    assert with_facts.metrics == without.metrics
    assert with_facts.digest == without.digest
    assert len(with_facts.build_facts[-1]) > len(without.build_facts[-1])
    # An earlier build is not called again: what a model draws would change the builds after it.
    assert with_facts.build_facts[0] == without.build_facts[0]


def test_a_fact_that_cannot_be_measured_fails_no_run(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "planted_faults")
    cfg = config(MODELS["raising"])
    measured = train_and_call(cfg, run_seeds(cfg.seed, 0, "0" * 12), Path.cwd())
    codes = {each.code for each in measured.build_facts[-1]}
    assert "moving-statistics" not in codes
    assert {"metric", "last-activation"} <= codes


def test_measuring_sets_moving_statistics_and_weights_back():
    model = planted_faults.Own()
    model.add = layers.BatchNormalization()
    trained = fit(model, *LINE)
    before = [each.numpy() for each in model.variables]
    model_facts.describe_losses(trained)
    for variable, held in zip(model.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), held) or "seed" in variable.path


# --- what layers receive


def codes(*inner):
    return keras.Sequential([*inner, layers.Flatten(), layers.Dense(2, activation="softmax")])


X, LABELS = planted_faults.numbers_of()


@pytest.mark.parametrize(
    "make",
    [
        lambda: codes(layers.Embedding(8, 2, name="e")),
        lambda: codes(layers.Reshape((4, 1)), layers.Embedding(8, 2, name="e")),
        lambda: codes(keras.Sequential([layers.Embedding(8, 2, name="e")], name="inner")),
    ],
    ids=["first", "after another", "nested"],
)
@pytest.mark.parametrize("divided", [1, 8])
def test_inputs_of_embeddings(make, divided):
    x = (X / divided).astype("float32")
    loss = "sparse_categorical_crossentropy"
    ((where, seen),) = facts(fit(make(), x, LABELS, loss), "embedding-inputs")
    assert where in ("e", "inner/e")
    expected = int((x[:64] != np.trunc(x[:64])).sum())
    assert (seen["fractions"], seen["rows"], seen["size"]) == (expected, 8, 256)
    assert (expected > 0) == (divided > 1)


def test_a_normalization_is_adapted_or_not():
    x, y = planted_faults.line(40.0, 9.0)
    for adapt in (False, True):
        found = facts(fit(planted_faults.normalized(1, adapt), x, y), "not-adapted")
        assert [where for where, _ in found] == ([] if adapt else ["inner/scale"])
    given = keras.Sequential([layers.Normalization(mean=0.0, variance=1.0), layers.Dense(1)])
    assert not facts(fit(given, x, y), "not-adapted")


@pytest.mark.parametrize(
    ("layer", "argument"),
    [
        (layers.TextVectorization(), "vocabulary"),
        (layers.StringLookup(), "vocabulary"),
        (layers.IntegerLookup(), "vocabulary"),
        (layers.Discretization(num_bins=3), "bin_boundaries"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_layers_that_fail_unless_they_are_adapted(layer, argument):
    assert find_missing(keras.Sequential([keras.Sequential([layer])]))[0] == (layer, argument)


def test_layers_that_were_given_what_they_need_are_not_missing_it():
    given = [
        layers.StringLookup(vocabulary=["a"]),
        layers.IntegerLookup(vocabulary=[1]),
        layers.Discretization(bin_boundaries=[0.5]),
    ]
    assert find_missing(keras.Sequential(given)) == []


def test_a_layer_that_was_not_adapted_ends_the_run_with_one_clear_line(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "planted_faults")
    bins = {"_target_": "keras.layers.Discretization", "num_bins": 4, "name": "bins"}
    cfg = config(stacked(bins))
    with pytest.raises(ConfigError, match=r"bins \(Discretization\) must be adapted") as raised:
        train_and_call(cfg, run_seeds(cfg.seed, 0, "0" * 12), Path.cwd())
    assert "Give it bin_boundaries, or set train.adapt=[bins]" in str(raised.value)


def normalized_batches(momentum=0.99, trainable=True):
    norm = layers.BatchNormalization(momentum=momentum, name="n")
    norm.trainable = trainable
    return keras.Sequential([layers.Rescaling(9.0, 40.0), norm, layers.Dense(1)])


def test_moving_statistics_are_compared_with_those_of_the_rows():
    ((where, seen),) = facts(fit(normalized_batches(), *LINE, epochs=3), "moving-statistics")
    assert (where, seen["steps"], seen["momentum"]) == ("n", 3, 0.99)
    assert seen["gap_median"] > 3
    assert seen["ratio_median"] < 0.1
    ((_, settled),) = facts(fit(normalized_batches(0.1), *LINE, epochs=9), "moving-statistics")
    assert settled["gap_median"] < 0.5
    assert 0.5 < settled["ratio_median"] < 2
    assert settled["shift"] < 0.5 < seen["shift"]


def test_a_frozen_batch_normalization_trains_as_it_infers():
    assert not facts(fit(normalized_batches(trainable=False), *LINE), "moving-statistics")


# --- the last activation


def functional():
    inputs = keras.Input((8,))
    return keras.Model(inputs, layers.Activation("sigmoid", name="last")(layers.Dense(1)(inputs)))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(1, activation="softplus", name="last")

    def call(self, x):
        return self.last(x)


@pytest.mark.parametrize(
    ("model", "limits"),
    [
        (keras.Sequential([layers.Dense(1, "relu", name="last")]), {"lower": 0}),
        (
            keras.Sequential([layers.Dense(1), layers.ReLU(6, name="last")]),
            {"lower": 0, "upper": 6},
        ),
        (
            keras.Sequential([layers.Dense(1, "tanh", name="last"), layers.Reshape((1,))]),
            {"lower": -1, "upper": 1},
        ),
        (
            keras.Sequential([layers.Dense(1), layers.Softmax(name="last")]),
            {"lower": 1, "upper": 1},
        ),
        (functional(), {"lower": 0, "upper": 1}),
        (
            keras.Sequential([keras.Sequential([layers.Dense(1, "relu", name="last")])]),
            {"lower": 0},
        ),
        (Subclassed(), {"lower": 0}),
    ],
    ids=[
        "relu",
        "ReLU layer",
        "before a reshape",
        "one unit",
        "functional",
        "nested",
        "subclassed",
    ],
)
@pytest.mark.filterwarnings("ignore:(?s).*You are using a softmax")
def test_limits_of_the_last_activation(model, limits):
    ((where, seen),) = facts(fit(model, *LINE), "last-activation")
    assert where.endswith("last")
    assert {key: seen[key] for key in ("lower", "upper") if key in seen} == limits
    y = LINE[1]
    low, high = limits.get("lower", -np.inf), limits.get("upper", np.inf)
    assert seen["beyond"] == int(((y < low) | (y > high)).sum()) > 0


@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "silu"])
def test_an_activation_without_limits_is_no_fact(activation):
    model = keras.Sequential([layers.Dense(1, activation)])
    assert not facts(fit(model, *LINE), "last-activation")


def test_labels_of_several_classes_are_not_compared_with_outputs():
    model = keras.Sequential([layers.Dense(10, "softmax")])
    x, y = LINE[0], np.arange(200) % 10
    assert not facts(fit(model, x, y, "sparse_categorical_crossentropy"), "last-activation")


def test_of_very_many_targets_rows_spread_over_them_are_counted(monkeypatch):
    monkeypatch.setattr("runner.tasks.keras.facts.trained.MOST_TARGETS", 100)
    x, y = LINE[0], np.repeat([-1.0, 1.0], 100)
    ((_, seen),) = facts(fit(keras.Sequential([layers.Dense(1, "relu")]), x, y), "last-activation")
    assert (seen["size"], seen["beyond"]) == (100, 50)


# --- losses and metrics


@pytest.mark.parametrize("reshape", [False, True])
def test_a_train_step_is_tried_with_targets_of_both_shapes(reshape):
    found = facts(fit(planted_faults.Own(reshape=reshape), *LINE), "loss-shapes")
    assert [where for where, _ in found] == ["the loss", "train_step"]
    compiled, own = (seen for _, seen in found)
    assert compiled["given"] == pytest.approx(compiled["reshaped"])
    assert (own["given"] == pytest.approx(own["reshaped"])) == reshape
    ((_, both),) = facts(fit(planted_faults.Own(reshape=True), *LINE), "two-losses")
    assert both["trained"] == pytest.approx(both["evaluated"])


def add_up(y, predicted):
    """A function that compares targets as they come; Keras gives it both in one shape."""
    return keras.ops.mean(keras.ops.square(y - predicted))


def test_only_losses_that_are_no_losses_of_keras_are_tried():
    def find(loss):
        return facts(fit(keras.Sequential([layers.Dense(1)]), *LINE, loss=loss), "loss-shapes")

    assert not find("mse")
    assert not find(keras.losses.Huber())
    ((_, wrapped),) = find(add_up)
    assert wrapped["given"] == pytest.approx(wrapped["reshaped"])
    ((_, own),) = find(planted_faults.Squared())
    assert own["given"] != pytest.approx(own["reshaped"])


def test_targets_of_the_shape_of_predictions_are_no_fact():
    x, y = planted_faults.column()
    model = keras.Sequential([layers.Dense(1)])
    assert not facts(fit(model, x, y, planted_faults.Squared()), "loss-shapes")


@pytest.mark.parametrize(
    ("units", "y", "kind"),
    [
        (3, planted_faults.several()[1][:200], "CategoricalAccuracy"),
        (3, np.arange(200) % 3, "SparseCategoricalAccuracy"),
        (1, np.arange(200) % 2, "BinaryAccuracy"),
    ],
)
def test_what_a_name_became(units, y, kind):
    model = keras.Sequential([layers.Dense(units, "sigmoid")])
    loss = "sparse_categorical_crossentropy" if "Sparse" in kind else "binary_crossentropy"
    trained = fit(model, LINE[0], y, loss, ["accuracy", "acc"])
    found = {
        each.where: each.words["class"] for each in describe_model(trained) if each.code == "metric"
    }
    assert found["accuracy"] == found["acc"] == kind
    assert found["loss"] == loss


def test_rows_with_several_ones_and_with_none_are_counted():
    y = planted_faults.several()[1][:200]
    model = keras.Sequential([layers.Dense(3, "sigmoid")])
    trained = fit(model, LINE[0], y, "binary_crossentropy", ["accuracy"])
    seen = dict(facts(trained, "metric"))["accuracy"]
    ones = y.sum(axis=1)
    assert (seen["several"], seen["none"], seen["others"]) == (
        *(int((ones > 1).sum()), int((ones == 0).sum()), 0),
    )
    onehot = np.eye(3)[np.arange(200) % 3]
    smooth = onehot * 0.7 + 0.1
    for each in (onehot, smooth):
        trained = fit(model, LINE[0], each, "binary_crossentropy", ["accuracy"])
        seen = dict(facts(trained, "metric"))["accuracy"]
        assert (seen["several"], seen["none"], seen["others"]) == (0, 0, 0)


@pytest.mark.parametrize("activation", ["linear", "sigmoid"])
@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.filterwarnings("ignore:(?s).*received .from_logits=True")
def test_what_a_cross_entropy_takes_and_is_given(activation, logits):
    model = keras.Sequential([layers.Dense(1, activation)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if logits else "binary_crossentropy"
    ((_, seen),) = facts(fit(model, LINE[0], np.arange(200) % 2, loss), "loss-inputs")
    assert seen["logits"] == logits
    assert (seen["outside"] > 0) == (activation == "linear")


@pytest.mark.filterwarnings("ignore:(?s).*received .from_logits=True")
def test_keras_undoes_an_activation_before_a_loss_with_logits():
    """So that no finding need speak of it: the loss is the same as without both."""
    x, y = tf.constant(LINE[0]), tf.constant(np.arange(200)[:, None] % 2, tf.float32)
    dense = layers.Dense(1)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    plain = float(loss(y, dense(x)))
    assert float(loss(y, layers.Activation("sigmoid")(dense(x)))) == pytest.approx(plain)


# --- regression


def test_outputs_are_compared_with_targets_and_with_neighbours():
    model = keras.Sequential([layers.Dense(1)])
    ((_, seen),) = facts(fit(model, *LINE), "spread")
    assert seen["outputs"] < seen["targets"]
    assert seen["neighbours"] > 0.5


def test_neighbours_of_noise_explain_nothing():
    noise = np.random.RandomState(0).normal(size=200)
    ((_, seen),) = facts(fit(keras.Sequential([layers.Dense(1)]), LINE[0], noise), "spread")
    assert seen["neighbours"] < 0.2


@pytest.mark.parametrize(
    ("units", "y"),
    [(1, np.arange(200) % 2), (3, np.arange(200) % 3), (3, np.eye(3)[np.arange(200) % 3])],
)
def test_labels_are_no_regression(units, y):
    loss = "binary_crossentropy" if y.ndim == 2 or units == 1 else "sparse_categorical_crossentropy"
    model = keras.Sequential([layers.Dense(units, "sigmoid")])
    assert not facts(fit(model, LINE[0], y, loss), "spread")


def test_an_untrained_model_is_no_regression():
    assert not facts(fit(keras.Sequential([layers.Dense(1)]), *LINE, epochs=0), "spread")
