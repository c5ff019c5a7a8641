"""What training can be told beside epochs: callbacks, validation, steps, weights, evaluations."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from runner.config.schema import (
    Augment,
    Config,
    Data,
    Evaluate,
    Feed,
    Held,
    Reported,
    Seed,
    Shuffle,
    Strategy,
    Train,
    Validation,
)
from runner.config.seeds import run_seeds
from runner.errors import ConfigError
from runner.tasks.keras.evaluations import rises
from runner.tasks.keras.feed.load import load_data
from runner.tasks.keras.train import train_and_call

DENSE = {"_target_": "keras.layers.Dense", "units": 10, "activation": "softmax"}
STOPPING = {"_target_": "keras.callbacks.EarlyStopping", "monitor": "loss", "patience": 0}


def config(layers=(DENSE,), strategy=Strategy.fixed, shuffle=None, **train):
    """The digits and one dense layer, trained for two epochs unless told otherwise."""
    return Config(
        model={"_target_": "keras.Sequential", "layers": list(layers)},
        data=Data(source={"_target_": "runner.data.digits"}, units=10),
        seed=Seed(strategy=strategy, value=None if strategy is Strategy.unset else 7),
        shuffle=shuffle or Shuffle(),
        train=Train(**{"epochs": 2, "batch_size": 128, **train}),
        builds=1,
        calls=1,
    )


def measure(cfg, directory=None, replicate=0):
    return train_and_call(cfg, run_seeds(cfg.seed, replicate, "0" * 12), directory or Path.cwd())


def stages(measured, kind):
    return {k: v for k, v in measured.fingerprints[0].items() if k.split("/")[0] == kind}


# --- callbacks

# NumPy's, about what Keras hands over to it; a run prints no such warnings.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_a_stopped_training_says_after_how_many_epochs():
    stopping = {**STOPPING, "min_delta": 10.0}  # nothing improves that much
    measured = measure(config(callbacks=[stopping], epochs=9))
    assert measured.metrics[0]["epochs"] == 2
    assert measured.history[0]["epoch"] == [0, 1]
    assert list(stages(measured, "order")) == ["order/0", "order/1"]
    assert list(stages(measured, "logs")) == ["logs/0", "logs/1"]
    assert set(stages(measured, "stopped")) == {"stopped"}
    assert "epochs" not in measure(config()).metrics[0]


def test_callbacks_that_do_nothing_change_no_bit():
    plain = measure(config())
    watched = measure(config(callbacks=[{"_target_": "keras.callbacks.TerminateOnNaN"}]))
    assert watched.digest == plain.digest
    assert {**watched.fingerprints[0], **plain.fingerprints[0]} == watched.fingerprints[0]


def test_a_schedule_of_keras_sets_the_rate_of_each_epoch():
    schedule = {
        "_target_": "keras.optimizers.schedules.PiecewiseConstantDecay",
        "boundaries": [0],
        "values": [0.01, 0.0],
    }
    scheduler = {"_target_": "keras.callbacks.LearningRateScheduler", "schedule": schedule}
    measured = measure(config(callbacks=[scheduler], epochs=3))
    assert measured.history[0]["learning_rate"] == pytest.approx([0.01, 0, 0])


@pytest.mark.parametrize("feed", list(Feed))
def test_a_training_that_stops_within_an_epoch_says_how_far_it_came(feed):
    """How many batches are ready when training stops is chance; no order must show it."""
    nan = {"_target_": "keras.optimizers.SGD", "learning_rate": float("inf")}
    terminate = [{"_target_": "keras.callbacks.TerminateOnNaN"}]
    runs = [
        measure(config(optimizer=nan, callbacks=terminate, batch_size=16, feed=feed))
        for _ in range(3)
    ]
    assert len({str(each.fingerprints[0]) for each in runs}) == 1
    assert runs[0].metrics[0]["epochs"] == 1
    assert stages(runs[0], "order") == {}
    later = [{**STOPPING, "min_delta": 10.0}]
    whole = measure(config(optimizer=nan, callbacks=later, batch_size=16, feed=feed, epochs=1))
    assert stages(runs[0], "stopped") != stages(whole, "stopped")


def test_files_of_callbacks_are_in_the_directory_of_the_run_by_build(tmp_path):
    cfg = config(
        callbacks=[
            {"_target_": "keras.callbacks.ModelCheckpoint", "filepath": "all/{epoch:02d}.keras"},
            {"_target_": "keras.callbacks.CSVLogger"},
            {"_target_": "keras.callbacks.BackupAndRestore"},
            {"_target_": "keras.callbacks.TensorBoard"},
        ]
    )
    cfg.builds = 2
    measure(cfg, tmp_path)
    for build in "01":
        place = tmp_path / "files" / build
        assert {each.name for each in (place / "all").iterdir()} == {"01.keras", "02.keras"}
        assert (place / "log.csv").read_text().startswith("epoch,")
        assert list((place / "logs").rglob("*tfevents*"))


# --- steps


def test_steps_repeat_the_rows_and_count_as_epochs():
    measured = measure(config(steps=30, steps_per_epoch=10))  # 12 steps read all rows once
    assert measured.history[0]["epoch"] == [0, 1, 2]
    assert len(set(stages(measured, "order").values())) == 3
    whole = measure(config(steps=30))
    assert whole.history[0]["epoch"] == [0]
    # The same thirty batches, whatever is called an epoch.
    assert whole.digest == measured.digest


def test_steps_that_read_the_rows_once_are_an_epoch():
    once = measure(config(epochs=1))
    assert measure(config(steps=12)).digest == once.digest


def test_the_first_epoch_can_have_another_number():
    measured = measure(config(initial_epoch=3, epochs=5))
    assert measured.history[0]["epoch"] == [3, 4]
    assert measured.digest == measure(config(epochs=2)).digest


# --- validation


@pytest.mark.parametrize(("part", "rows"), [(Held.split, 288), (Held.last, 288), (Held.test, 359)])
def test_rows_are_held_out_for_validation(part, rows):
    cfg = config(validation=Validation(part=part))
    data = load_data(cfg, run_seeds(cfg.seed, 0, "0" * 12))
    plain = load_data(config(), run_seeds(cfg.seed, 0, "0" * 12))
    assert data.validation.count == rows
    assert data.train.count == plain.train.count - (0 if part is Held.test else rows)
    if part is Held.last:
        assert np.array_equal(data.validation.x, plain.train.x[-rows:])
    assert "val_accuracy" in measure(cfg).history[0]


def test_the_last_rows_are_those_that_keras_would_hold_out():
    cfg = config(validation=Validation(part=Held.last, fraction=0.31))
    seeds = run_seeds(cfg.seed, 0, "0" * 12)
    data, plain = load_data(cfg, seeds), load_data(config(), seeds)
    model = keras.Sequential([keras.layers.Dense(10)])
    model.compile(loss="mse")
    seen = {}
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: seen.setdefault("steps", watch.params["steps"])
    )
    y = np.zeros((plain.train.count, 10), np.float32)
    model.fit(
        plain.train.x, y, batch_size=1, epochs=1, validation_split=0.31, verbose=0,
        callbacks=[watch], steps_per_epoch=None,
    )  # fmt: skip
    assert seen["steps"] == data.train.count


def test_derived_seeds_move_only_the_validation_s_split():
    cfg = config(strategy=Strategy.derived, validation=Validation(part=Held.split))
    cfg.seed.vary = ["split"]
    first, other = (measure(cfg, replicate=each).fingerprints[0] for each in (0, 1))
    assert first["split/validation"] != other["split/validation"]
    assert first["split"] != other["split"]
    same = {"data", "init/dense/kernel", "init/dense/bias"}
    assert {stage: first[stage] for stage in same} == {stage: other[stage] for stage in same}


def test_validation_has_rows_of_its_own():
    source = {"_target_": "runner.data.digits"}
    measured = measure(config(validation=Validation(part=Held.source, source=source)))
    assert "data/validation" in measured.fingerprints[0]
    assert measured.digest == measure(config()).digest  # it changes nothing that is trained


# --- what a metric means


def test_the_best_evaluation_is_reported():
    last = {"_target_": "keras.optimizers.SGD", "learning_rate": 3.0}  # jumps about
    common = {"optimizer": last, "epochs": 6}
    best = measure(config(evaluate=Evaluate(at=Reported.best), **common))
    final = measure(config(**common))
    assert best.digest == final.digest
    assert best.metrics[0]["accuracy"] >= final.metrics[0]["accuracy"]
    alone = measure(config(**{**common, "epochs": int(best.metrics[0]["best_epoch"]) + 1}))
    assert best.metrics[0]["accuracy"] == alone.metrics[0]["accuracy"]
    assert best.metrics[0]["loss"] == alone.metrics[0]["loss"]


@pytest.mark.parametrize(
    ("name", "metric", "rising"),
    [
        ("accuracy", keras.metrics.Accuracy(), True),
        ("kind_accuracy", keras.metrics.Accuracy(), True),
        ("size_mape", keras.metrics.MeanAbsolutePercentageError(name="mape"), False),
        ("kind_kld", keras.metrics.KLDivergence(name="kld"), False),
        ("false_positives", keras.metrics.FalsePositives(), False),
        ("auc", keras.metrics.AUC(), True),
        ("my_score", None, True),
        ("loss", None, False),
    ],
)
def test_the_direction_of_a_metric(name, metric, rising):
    assert rises(name, [] if metric is None else [metric]) is rising


def test_losses_are_best_when_small():
    settings = Evaluate(at=Reported.best, by="loss")
    measured = measure(config(evaluate=settings, epochs=3))
    assert measured.metrics[0]["best_epoch"] == 2


# --- weights


def test_class_weights_reach_the_loss():
    plain, weighted = measure(config()), measure(config(class_weight={0: 50.0}))
    assert plain.digest != weighted.digest
    assert stages(plain, "order") == stages(weighted, "order")


def weigh(weights):
    """The digits, whose training rows have weights."""
    from runner.data.array_sources import digits

    x, y = digits()
    held = x[1500:], y[1500:]
    return (x[:1500], y[:1500], np.full(1500, weights, np.float32)), held


def test_weights_of_rows_reach_the_loss_and_are_data(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "test_training")
    found = []
    for weight in (1.0, 2.0):
        cfg = config()
        cfg.data.source = {"_target_": "test_training.weigh", "weights": weight}
        found.append(measure(cfg))
    assert found[0].fingerprints[0]["data"] != found[1].fingerprints[0]["data"]
    assert found[0].digest != found[1].digest


# --- Keras's own way to read arrays


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("dropout", [[], [{"_target_": "keras.layers.Dropout", "rate": 0.3}]])
def test_arrays_are_read_as_fit_reads_them(shuffled, dropout):
    cfg = config([*dropout, DENSE], feed=Feed.keras, shuffle=Shuffle(enabled=shuffled), epochs=3)
    measured = measure(cfg)
    data = load_data(cfg, run_seeds(cfg.seed, 0, "0" * 12))
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dropout(0.3)] if dropout else []
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    model.build((None, 64))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*data.train.parts, epochs=3, batch_size=128, shuffle=shuffled, verbose=0)
    theirs = model(data.probe(64).x, training=False).numpy()
    assert np.array_equal(measured.arrays.outputs[0, 0], theirs)
    # Measured with Keras 3.15.1: under a seed fit repeats one order in every epoch.
    assert len(set(stages(measured, "order").values())) == 1


# --- layers that learn first


def test_a_normalization_learns_from_the_training_part_only():
    layer = {"_target_": "keras.layers.Normalization", "name": "scale"}
    cfg = config([layer, DENSE], adapt="all")
    measured = measure(cfg)
    assert list(measured.fingerprints[0])[:3] == ["data", "split", "adapt/scale"]
    named = measure(config([layer, DENSE], adapt=["scale"]))
    assert named.digest == measured.digest
    data = load_data(cfg, run_seeds(cfg.seed, 0, "0" * 12))
    mean, variance = data.train.x.mean(axis=0), data.train.x.var(axis=0)
    given = {**layer, "mean": mean.tolist(), "variance": variance.tolist()}
    assert measure(config([given, DENSE])).arrays.outputs == pytest.approx(
        measured.arrays.outputs, abs=1e-4
    )


def test_layers_adapt_to_what_the_layers_before_them_give():
    layers = [
        {"_target_": "keras.layers.Rescaling", "scale": 100.0},
        {"_target_": "keras.layers.Normalization", "name": "scale"},
        DENSE,
    ]
    direct = measure(config([layers[1], DENSE], adapt=["scale"]))
    behind = measure(config(layers, adapt=["scale"]))
    assert behind.fingerprints[0]["adapt/scale"] != direct.fingerprints[0]["adapt/scale"]
    assert behind.arrays.outputs == pytest.approx(direct.arrays.outputs, abs=1e-3)


def test_another_split_is_another_adaptation():
    layer = {"_target_": "keras.layers.Normalization", "name": "scale"}
    cfg = config([layer, DENSE], strategy=Strategy.derived, adapt="all")
    cfg.seed.vary = ["split"]
    found = [measure(cfg, replicate=each).fingerprints[0] for each in (0, 1)]
    assert found[0]["adapt/scale"] != found[1]["adapt/scale"]


def texts():
    """Texts of two kinds, and which kind each is."""
    y = np.arange(60) % 2
    return np.array([f"word{i % 7} {'good' if kind else 'bad'}" for i, kind in enumerate(y)]), y


def test_texts_are_learned_from_and_trained_on(monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "test_training")
    layers = [
        {"_target_": "keras.layers.TextVectorization", "output_mode": "multi_hot", "name": "words"},
        {**DENSE, "units": 2},
    ]
    cfg = config(layers, adapt=["words"], epochs=100, batch_size=16)
    cfg.data.source = {"_target_": "test_training.texts"}
    measured = measure(cfg)
    assert measured.metrics[0]["accuracy"] == 1
    assert "adapt/words" in measured.fingerprints[0]


def test_all_are_those_that_learn_by_themselves(monkeypatch):
    """A TextVectorization adapts the StringLookup inside of it."""
    monkeypatch.setenv("RUNNER_TRUST", "test_training")
    words = {"_target_": "keras.layers.TextVectorization", "output_mode": "multi_hot"}
    cfg = config([words, {**DENSE, "units": 2}], adapt="all", batch_size=16)
    cfg.data.source = {"_target_": "test_training.texts"}
    cfg.builds = 2  # in which Keras gives the layer other names
    for build in measure(cfg).fingerprints:
        found = [stage for stage in build if stage.startswith("adapt/")]
        assert found == ["adapt/text_vectorization"]


def test_a_name_that_keras_gave_counts_without_its_number():
    cfg = config([{"_target_": "keras.layers.Normalization"}, DENSE], adapt=["normalization"])
    cfg.builds = 2
    assert len({build["adapt/normalization"] for build in measure(cfg).fingerprints}) == 1


def test_a_layer_that_cannot_be_adapted_is_refused_with_those_that_can():
    layer = {"_target_": "keras.layers.Normalization", "name": "scale"}
    with pytest.raises(
        ConfigError, match=r"train\.adapt: must name .* Received: scala\. Did you mean"
    ):
        measure(config([layer, DENSE], adapt=["scala"]))


def test_repeated_rows_are_augmented_anew():
    noise = Augment(function={"_target_": "keras.layers.GaussianNoise", "stddev": 0.1})
    cfg = config(
        steps=20, steps_per_epoch=10, augment=noise, pipeline=["augment", "batch", "prefetch"]
    )
    assert len(set(stages(measure(cfg), "augment").values())) == 2
