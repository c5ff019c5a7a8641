"""What is predicted of a configuration: known answers, and nothing where it is not known."""

from __future__ import annotations

import pytest
import yaml
from configs import (
    AUGMENTED,
    DROPPING,
    FLATTEN,
    NOISE,
    PINNED,
    YOURS,
    dense,
    model,
    own_seed,
    subject,
)
from conftest import run_cli
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted_cases import CASES

from runner.analysis.surprises import AXES, format_predicted, surprises
from runner.config.schema import SOURCES
from runner.record.store import read_run
from runner.static.predict import Prediction, may_use_gpu, predict
from runner.static.sources import absent_sources

UNSET = {"strategy": "unset", "value": None}
RANDOM = {"strategy": "random", "value": None}
OFF = {"enabled": False}


def derived(*vary, **more):
    return {"strategy": "derived", "value": 0, "vary": list(vary), **more}


def fixed(**more):
    return {"strategy": "fixed", "value": 42, **more}


def states(**changes):
    """The predicted states of inputs, calls, builds and runs, by their first letters."""
    found = predict(subject(**changes))
    return "".join(getattr(found, axis).state[0] for axis in AXES)


def sgd(rate):
    return {"_target_": "keras.optimizers.SGD", "learning_rate": rate}


def starting(activation="relu", bias="zeros", kernel="glorot_uniform"):
    return dense(32, activation, initializer=kernel, bias_initializer=bias)


def constant(value):
    return {"_target_": "keras.initializers.Constant", "value": value}


def normal(stddev):
    return {"_target_": "keras.initializers.RandomNormal", "stddev": stddev}


def uniform(low, high):
    return {"_target_": "keras.initializers.RandomUniform", "minval": low, "maxval": high}


NPZ = {"_target_": "runner.data.npz", "path": "x.npz"}
SOFTMAX = {"_target_": "keras.layers.Softmax"}
INPUT = {"_target_": "keras.Input", "shape": [64]}
ZEROS = dense(10, "softmax", initializer="zeros")
LAYER = {"_target_": "keras.layers.GaussianNoise", "stddev": 0.1}
RESCALING = {"_target_": "keras.layers.Rescaling", "scale": 2.0}
UNTRAINED = {"epochs": 0}
ACTIVE = {"training": True}
GRID = {"_target_": "keras.layers.Reshape", "target_shape": [8, 8]}
IMAGE = {"_target_": "keras.layers.Reshape", "target_shape": [8, 8, 1]}
GRU, LSTM = "keras.layers.GRU", "keras.layers.LSTM"
ONE_ROW = {"_target_": "keras.layers.Reshape", "target_shape": [1, 64]}
ENDING = dense(10, initializer=own_seed(2))
ALONE = {"units": 1, "activation": "softmax"}
ALWAYS_ONE = model(dense(8), dense(1, "softmax"))
EACH_STEP = {"_target_": "keras.layers.TimeDistributed", "layer": dense(10)}
LORA = dense(10, "softmax", initializer=own_seed(1), lora_rank=2)
BLOCK = dense(10, "sigmoid", initializer="zeros")
BIASED = {"bias_initializer": {"_target_": "keras.initializers.Constant", "value": 0.3}}
SIGMOID = dense(10, "sigmoid", initializer=own_seed(1))
EXPONENT = dense(64, "exponential")
HUGE = dense(8, initializer={"_target_": "keras.initializers.RandomNormal", "stddev": 1e30})
ADAM = {"_target_": "keras.optimizers.Adam"}
FTRL = {"_target_": "keras.optimizers.Ftrl", "learning_rate": 0.0}
LARGEST_PIXEL = {"_target_": "keras.layers.GlobalMaxPooling2D"}
CORNER = {"_target_": "keras.layers.Conv2D", "filters": 16, "kernel_size": 1, "strides": 8}
ONE_STEP = {"_target_": LSTM, "units": 32, "kernel_initializer": own_seed(1)}
ONE_BATCH = {"batch_size": 2000}
TWO_BATCHES = {"batch_size": 1000}
BATCH_FIRST = {"pipeline": ["batch", "shuffle"]}


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        # seeds
        ("dsds", {}),
        ("dsdd", {"seed": UNSET}),
        ("dsdd", {"seed": RANDOM}),
        ("dsss", {"seed": fixed(scope="build")}),
        ("dssd", {"seed": {**RANDOM, "scope": "build"}}),
        ("dsdd", {"seed": fixed(scope="call")}),
        ("dsdd", {"seed": fixed(generators=["tensorflow"])}),
        ("dsdd", {"seed": fixed(generators=["python"])}),
        ("dsds", {"seed": fixed(generators=["python"]), "shuffle": OFF}),
        # a seed for each source
        ("dsdd", {"seed": derived("init")}),
        ("dsds", {"seed": derived()}),
        ("dsss", {"seed": derived(scope="build")}),
        ("dsds", {"seed": derived("augment", "dropout", "data")}),
        ("dsdd", {"seed": derived("split")}),
        ("dsdd", {"seed": derived("order")}),
        ("dsdd", {"seed": derived(generators=["tensorflow"])}),
        # initializers with seeds of their own
        ("dsdd", {"model": PINNED, "seed": UNSET}),
        ("dsss", {"model": PINNED, "seed": UNSET, "shuffle": OFF}),
        ("dsss", {"model": PINNED, "seed": RANDOM, "train": {"epochs": 0}}),
        ("dsss", {"model": PINNED, "seed": UNSET, "shuffle": {"seed": 7}}),
        ("dsss", {"model": PINNED, "shuffle": {"seed": 7}}),
        ("dssd", {"model": PINNED, "seed": RANDOM, "shuffle": {"seed": 7}}),
        ("dsdd", {"model": PINNED, "seed": derived("order"), "shuffle": {"seed": 7}}),
        # the split
        ("dssd", {"model": PINNED, "seed": UNSET, "shuffle": OFF, "data.split.seed": None}),
        ("dsss", {"model": PINNED, "shuffle": OFF, "data.split.seed": None}),
        # what cannot have an effect
        ("dsss", {"model": PINNED, "seed": UNSET, "shuffle": {"buffer": 1}}),
        ("dsss", {"model": PINNED, "seed": UNSET, "train.optimizer": sgd(0)}),
        ("dsss", {"model": PINNED, "seed": UNSET, "train": ONE_BATCH | BATCH_FIRST}),
        ("dsuu", {"model": PINNED, "seed": UNSET, "train": ONE_BATCH}),
        ("dsdd", {"model": PINNED, "seed": UNSET, "train": BATCH_FIRST}),
        ("dsdd", {"model": PINNED, "seed": UNSET, "shuffle": {"buffer": 9}}),
        ("dsuu", {"model": PINNED, "seed": UNSET, "shuffle": {"buffer": 9}, "train": TWO_BATCHES}),
        # layers that draw
        ("dsds", {"model": DROPPING}),
        ("ddds", {"model": DROPPING, "probe": {"training": True}}),
        ("uuds", {"model": DROPPING, "probe": {"training": True, "inputs": 1}}),
        # constants
        ("ssss", {"model": model(dense(8, "relu"), dense(1, "softmax")), "seed": UNSET}),
        ("ssss", {"model": model(dense(8, "relu"), ZEROS), "seed": UNSET, "train": UNTRAINED}),
        ("ssuu", {"model": model(ZEROS, dense(10)), "seed": UNSET, "train": UNTRAINED}),
        ("usss", {"model": model(ZEROS), "seed": UNSET, "shuffle": OFF}),
        ("ssss", {"model": model(dense(1), SOFTMAX), "seed": UNSET}),
        ("ssss", {"model": model(dense(1), FLATTEN, SOFTMAX), "seed": UNSET}),
        ("usuu", {"model": model(GRID, dense(1), FLATTEN, SOFTMAX), "seed": UNSET}),
        ("usuu", {"model": model(dense(1), FLATTEN, SOFTMAX), "seed": UNSET, "data.source": NPZ}),
        # of weights inside of other layers, and of those that no initializer is given for
        ("ssuu", {"model": model(ZEROS, model(dense(10))), "seed": UNSET, "train": UNTRAINED}),
        ("ssuu", {"model": model(ZEROS, EACH_STEP), "seed": UNSET, "train": UNTRAINED}),
        ("usuu", {"model": model(LORA), "seed": UNSET, "shuffle": OFF}),
        ("ssuu", {"model": model(ZEROS | {"lora_rank": 2}), "seed": UNSET, "train": UNTRAINED}),
        ("uuuu", {"model": model(dense(10, quantization_config={"bits": 8})), "seed": UNSET}),
        ("uuuu", {"model": model(dense(10, dtype={"class_name": "Own"})), "seed": UNSET}),
        # what is behind a block rounds equal rows in the same way, or may not
        ("ssss", {"model": model(dense(9), BLOCK), "seed": UNSET, "train": UNTRAINED}),
        ("usss", {"model": model(dense(9), BLOCK | BIASED), "seed": UNSET, "train": UNTRAINED}),
        ("usss", {"model": model(BLOCK, SIGMOID), "seed": UNSET, "train": UNTRAINED}),
        # gates depend on the input though softmax is over one unit
        ("usuu", {"model": model(GRID, ALONE | {"_target_": GRU}), "seed": UNSET}),
        ("usuu", {"model": model(GRID, ALONE | {"_target_": LSTM}), "seed": UNSET}),
        # NaN gets through zeros and softmax, and what overflows becomes NaN
        ("usss", {"model": model(ZEROS), "data.source": NPZ, "train": UNTRAINED, "seed": RANDOM}),
        ("usuu", {"model": model(dense(1, "softmax")), "data.source": NPZ, "seed": UNSET}),
        ("usuu", {"model": model(EXPONENT, EXPONENT, ZEROS), "seed": UNSET, "train": UNTRAINED}),
        ("usuu", {"model": model(HUGE, dense(1, "softmax")), "seed": UNSET}),
        ("usuu", {"model": ALWAYS_ONE, "train.optimizer": sgd(1e30), "seed": UNSET}),
        ("usuu", {"model": ALWAYS_ONE, "train.loss": {"_target_": "yours.loss"}, "seed": UNSET}),
        # a recurrent kernel does nothing in the first step
        ("dsuu", {"model": model(ONE_ROW, ONE_STEP, ENDING), "seed": UNSET, "shuffle": OFF}),
        ("dsdd", {"model": model(INPUT, dense(10)), "seed": UNSET}),
        # data of yours may be anything
        ("usuu", {"data.source": YOURS}),
        ("usuu", {"data.source": YOURS, "seed": UNSET}),
        ("usuu", {"data.source": YOURS, "seed": fixed(scope="build")}),
        ("usuu", {"data.source": YOURS, "seed": RANDOM}),
        ("usuu", {"data.source": NPZ, "seed": UNSET}),
        ("usss", {"data.source": NPZ, "seed": UNSET, "model": PINNED, "shuffle": OFF}),
        ("usus", {"data.source": NPZ, "seed": fixed()}),
        ("uuus", {"data.source": NPZ, "data.rows": 90, "model": DROPPING, "probe": ACTIVE}),
        # training that may end in NaN, or does nothing
        ("usus", {"train.optimizer": sgd(1e30)}),
        ("usus", {"train.optimizer": sgd(1e-12)}),
        ("dsds", {"train.optimizer": sgd(0.1)}),
        ("usus", {"train.optimizer": sgd(0.1) | {"momentum": 0.9}}),
        ("usus", {"train.optimizer": sgd(0.1), "train.loss": "mse", "model": model(dense(1))}),
        ("dsds", {"train.loss": "mse", "model": model(dense(1))}),
        ("usus", {"train.loss": "mse"}),
        ("usus", {"train.loss": "binary_crossentropy", "model": model(dense(1, "sigmoid"))}),
        ("usus", {"train.loss": "poisson", "model": model(dense(1))}),
        ("usus", {"train.optimizer": ADAM | {"epsilon": 0.0}}),
        ("usus", {"train.optimizer": ADAM | {"beta_2": 1.0}}),
        ("usuu", {"train.optimizer": sgd(0), "train.loss": "poisson", "seed": UNSET}),
        ("usuu", {"train.optimizer": FTRL, "seed": UNSET, "model": PINNED}),
        # relu may be dead, and softmax over one unit of a hidden layer is
        ("usuu", {"model": model(dense(2, "relu"), dense(2, "softmax")), "seed": UNSET}),
        ("usuu", {"model": model(dense(1, "softmax"), dense(2, "softmax")), "seed": UNSET}),
        ("dsdd", {"model": model(dense(2, "tanh"), dense(2, "softmax")), "seed": UNSET}),
        # units that start dead, saturated or all but alike; what every image may have in common
        ("usuu", {"model": model(starting(bias=constant(-100)), dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(starting("sigmoid", constant(50)), dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(starting(kernel=normal(1e-10)), dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(starting(kernel=uniform(-1.0, 0.0)), dense(10)), "seed": UNSET}),
        ("dsdd", {"model": model(starting(kernel=uniform(-1.0, 1.0)), dense(10)), "seed": UNSET}),
        ("dsdd", {"model": model(starting(kernel=normal(0.1)), dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(IMAGE, LARGEST_PIXEL, dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(IMAGE, CORNER, FLATTEN, dense(10)), "seed": UNSET}),
        ("usuu", {"model": model(*[dense(16, "sigmoid")] * 12, dense(10)), "seed": UNSET}),
        ("dsdd", {"model": model(*[dense(16, "sigmoid")] * 2, dense(10)), "seed": UNSET}),
    ],
)  # fmt: skip
def test_states(expected, changes):
    assert states(**changes) == expected


@pytest.mark.parametrize(
    ("expected", "function", "settings"),
    [
        ("dsss", NOISE, {}),
        ("dsuu", NOISE, {"parallel_calls": 4}),
        ("usuu", {"_target_": "yours.flip", "_partial_": True}, {}),
        ("dsss", {**LAYER, "stddev": 0.0}, {"parallel_calls": 2}),
        ("dsds", LAYER, {}),
        ("dsss", {**LAYER, "seed": 1}, {}),
        ("dsss", RESCALING, {}),
        ("dsss", RESCALING, {"parallel_calls": 2}),
        ("dsuu", RESCALING, {"parallel_calls": 2, "deterministic": False}),
        ("dsuu", {"_target_": "keras.layers.Dense", "units": 64}, {}),
    ],
)
def test_augmentation(expected, function, settings):
    train = {"pipeline": AUGMENTED, "augment": settings}
    changes = {"model": PINNED, "shuffle": OFF, "train.augment.function": function}
    assert states(**changes, train=train) == expected


def test_op_determinism_makes_a_parallel_map_sequential():
    train = {"pipeline": AUGMENTED, "augment": {"parallel_calls": 4}}
    changes = {"model": PINNED, "shuffle": OFF, "train.augment.function": NOISE, "train": train}
    assert states(**changes, runtime={"op_determinism": True}) == "dsss"


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"_target_": "yours.build"}},
        {"model": {"_target_": "keras.applications.MobileNet", "weights": None}},
        {"model": model(FLATTEN, {"_target_": "yours.Layer"}, dense(10))},
        {"model": model(FLATTEN, {"_target_": "keras.layers.Lambda", "function": "f"})},
        {"model": model({"_target_": "keras.layers.GRU", "units": 8, "stateful": True})},
        {"model": model({**dense(10), "_args_": [10]})},
        {"model": model(dense(10, {"_target_": "hydra.utils.get_method", "path": "yours.act"}))},
        {"model": model(dense(10, initializer={"_target_": "yours.Initializer"}))},
        {"task": {"kind": "function", "function": "yours.train"}},
        {"task": {"kind": "command", "command": ["python", "train.py"], "outputs": ["x.npy"]}},
    ],
)
def test_nothing_is_predicted_of_what_is_not_known(changes):
    found = predict(subject(**changes))
    assert states(**changes) == "uuuu"
    assert "not known" in found.runs.reason
    assert absent_sources(subject(**changes)) in ((), ("data", "augment"))


@pytest.mark.parametrize("name", ["loss", "optimizer", "metrics"])
def test_training_code_of_yours_leaves_open_whether_runs_are_the_same(name):
    own = {"_target_": "yours.make"}
    value = [own] if name == "metrics" else own
    found = predict(subject(**{f"train.{name}": value}))
    assert (found.builds.state, found.runs.state) == ("unknown", "unknown")
    assert found.calls.state == "same"


def test_modules_of_yours_may_seed_what_nobody_else_does():
    preload = {"data.preload": ["yours"]}
    assert states(seed=UNSET, **preload) == "dsdu"
    assert states(seed=RANDOM, **preload) == "dsdd"
    assert states(seed=UNSET, **{"data.preload": ["sklearn.datasets"]}) == "dsdd"


def test_a_gpu_may_add_in_any_order():
    gpu = {"device": "gpu"}
    found = predict(subject(runtime=gpu))
    assert found.runs.reason == "a GPU may add numbers in another order each time"
    assert states(runtime=gpu) == "dudu"
    assert states(runtime={**gpu, "op_determinism": True}) == "dsds"
    assert states(runtime=gpu, seed=UNSET) == "dudd"
    assert may_use_gpu(subject(runtime=gpu).config.runtime)
    assert not may_use_gpu(subject(runtime={"device": "cpu"}).config.runtime)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("a fixed seed reaches every source", {}),
        (
            "nothing is seeded and initial weights are drawn anew, but what the rows of"
            " runner.data.npz hold is not known",
            {"seed": UNSET, "data.source": NPZ},
        ),
        (
            "nothing is seeded and initial weights are drawn anew, which outputs may not show",
            {"seed": UNSET, "model": model(LORA)},
        ),
        ("nothing is seeded and initial weights are drawn anew", {"seed": UNSET}),
        ("each run has another seed and initial weights follow it", {"seed": RANDOM}),
        ("seeds vary by replicate and initial weights follow them", {"seed": derived("init")}),
        ("no source varies by replicate", {"seed": derived()}),
        ("no source that varies by replicate is drawn", {"seed": derived("dropout")}),
        (
            "every initializer has its own seed, nothing is shuffled and no layer is stochastic:"
            " nothing random is left",
            {"model": PINNED, "seed": UNSET, "shuffle": OFF},
        ),
        (
            "one batch holds all rows, so their order matters through rounding only",
            {"model": PINNED, "seed": UNSET, "train": ONE_BATCH},
        ),
        (
            "Python's generator is not seeded and initial weights are drawn anew",
            {"seed": fixed(generators=["numpy", "tensorflow"])},
        ),
    ],
)
def test_reasons(reason, changes):
    assert predict(subject(**changes)).runs.reason == reason


def test_a_prediction_by_axis():
    found = predict(subject()).by_axis()
    assert list(found) == list(AXES)
    assert found["runs"].state == "same"
    assert found["runs"].reason == "a fixed seed reaches every source"


# --- any config at all

SCALARS = st.none() | st.booleans() | st.integers(-2, 70) | st.floats() | st.text(max_size=5)
NAMES = st.sampled_from(
    ["keras.Sequential", "keras.layers.Dense", "keras.layers.Dropout", "keras.layers.GRU",
     "keras.layers.Softmax", "keras.layers.Activation", "keras.optimizers.SGD", "yours.f",
     "keras.initializers.Zeros", "sklearn.datasets.load_iris", "runner.data.tiny",
     "runner.augment.add_noise"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["units", "activation", "layers", "rate", "seed", "kernel_initializer", "learning_rate", "rows",
     "stddev", "dropout", "trainable", "filters", "minval", "maxval", "_args_", "use_bias"]
)  # fmt: skip
NODES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda target, rest: {"_target_": target, **rest},
            NAMES,
            st.dictionaries(KEYS, inner, max_size=4),
        )
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.composes
@settings(max_examples=100, deadline=None)
@given(
    st.lists(NODES, max_size=3), NODES, NODES, NODES,
    st.sampled_from([UNSET, RANDOM, fixed(), derived("init")]), st.booleans(),
)  # fmt: skip
def test_every_config_gets_a_prediction(layers, source, optimizer, function, seed, probe):
    made = subject(
        **{
            "model": {"_target_": "keras.Sequential", "layers": layers},
            "data.source": source,
            "train.optimizer": optimizer,
            "train.augment.function": function,
        },
        train={"pipeline": AUGMENTED},
        seed=seed,
        probe={"training": probe},
    )
    found = predict(made)
    assert isinstance(found, Prediction)
    for axis in AXES:
        expected = getattr(found, axis)
        assert expected.state in ("same", "differs", "unknown")
        assert expected.reason
        assert "\n" not in expected.reason
    assert set(absent_sources(made)) <= set(SOURCES)


# --- against real runs


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Every case in one sweep of real runs."""
    directory = tmp_path_factory.mktemp("cases")
    group = directory / "my" / "case"
    group.mkdir(parents=True)
    for name, (_, choices, body) in CASES.items():
        defaults = [{f"override /{k}": v} for k, v in {"model": "pinned", **choices}.items()]
        train = {"epochs": 1, "batch_size": 128, **body.get("train", {})}
        text = yaml.safe_dump({"defaults": defaults, **body, "train": train})
        (group / f"{name}.yaml").write_text(f"# @package _global_\n{text}")
    ended = run_cli(
        directory, f"+case={','.join(CASES)}", "replicates=2", "replays=0", "probe.inputs=16",
        f"--config-dir={directory / 'my'}", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    return ended


def read_configurations(swept, case):
    """What is recorded of the configuration of each run."""
    records = [read_run(path) for path in swept.sweep.glob("*/record.json")]
    return [each.configuration for each in records if each.configuration.overrides["case"] == case]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("case", CASES)
def test_real_runs_do_what_was_predicted(swept, case):
    first, second = read_configurations(swept, case)
    predicted = first.predicted
    assert predicted == second.predicted
    assert "".join(predicted[axis].state[0] for axis in AXES) == CASES[case][0]
    row = swept.rows("case")[case]
    measured = {axis: row[f"across_{axis}"] for axis in AXES}
    assert surprises(predicted, measured) == []
    states = {axis: predicted[axis].state for axis in AXES if predicted[axis].state != "unknown"}
    assert {axis: measured[axis] for axis in states} == states
    assert format_predicted(predicted).startswith("inputs ")


@pytest.mark.slow
@pytest.mark.process
def test_what_is_absent_is_in_the_record(swept):
    first, _ = read_configurations(swept, "zeros")
    assert first.absent == ["data", "order", "augment", "dropout"]
