"""One initial weight changed to the next float: exactly that, and far enough to be seen."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from runner.config.schema import Config, Data, Perturb, Probe, Seed, Strategy, Train
from runner.config.seeds import run_seeds
from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.tasks.keras import train
from runner.tasks.keras.feed import load
from runner.tasks.keras.model import (
    compile_model,
    make_model,
    perturb_random_weight,
    perturb_weight,
)
from runner.tasks.seeding import Seeder

LAYERS = [
    {"_target_": "keras.layers.Dense", "units": 8, "activation": "relu"},
    {"_target_": "keras.layers.Dropout", "rate": 0.5},
    {"_target_": "keras.layers.Dense", "units": 10, "activation": "softmax"},
]


def config(perturb, **changes):
    """Small, on digits, with a seed for every source."""
    settings = {
        "model": {"_target_": "keras.Sequential", "layers": LAYERS},
        "data": Data(source={"_target_": "runner.data.digits"}, units=10),
        "seed": Seed(strategy=Strategy.derived, value=1),
        "train": Train(epochs=0),
        "probe": Probe(inputs=360),
        "builds": 2,
        "calls": 1,
        "perturb": perturb,
    }
    return Config(**{**settings, **changes})


def measure(cfg):
    return train.train_and_call(cfg, run_seeds(cfg.seed, 0, "0" * 12), Path.cwd())


def dense(dtype="float32", kernel=None, **settings):
    """A built model of one dense layer, 3 inputs and 2 units."""
    layer = keras.layers.Dense(2, dtype=dtype, **settings)
    model = keras.Sequential([keras.Input((3,)), layer])
    if kernel is not None:
        layer.kernel.assign(np.asarray(kernel, np.float32).reshape(3, 2))
    return model


def weights(model):
    return {v.path: np.array(v.numpy()) for v in model.variables}


def bits(array):
    return array.view(f"i{array.dtype.itemsize}").astype(np.int64)


def test_one_variable_of_each_build_has_another_fingerprint():
    plain, perturbed = (measure(config(each)) for each in (Perturb.none, Perturb.one_ulp))
    for before, after in zip(plain.fingerprints, perturbed.fingerprints, strict=True):
        differing = {stage for stage in before if before[stage] != after[stage]}
        assert differing - {"outputs"} == {"init/dense_1/kernel", "weights/dense_1/kernel"}
        assert list(before) == list(after)


def test_a_run_changes_the_largest_weight_of_the_last_kernel_by_one_ulp():
    cfg = config(Perturb.one_ulp, builds=1)
    seeds = run_seeds(cfg.seed, 0, "0" * 12)
    seeder = Seeder(seeds, cfg.seed.scope, tuple(cfg.seed.generators))
    rows = load.load_data(cfg, seeds).train
    seeder.enter("init")
    model = make_model(cfg)
    compile_model(cfg, model, rows)
    kernel = model.layers[-1].kernel.numpy()
    place = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    kernel[place] = np.nextafter(kernel[place], np.float32(np.inf))
    assert measure(cfg).fingerprints[0]["init/dense_1/kernel"] == digest(kernel)


def test_training_carries_it_to_the_outputs():
    """In digits some pixels are 0 in every row, and a weight on one of these would do nothing."""
    train = Train(epochs=1)
    plain, perturbed = (
        measure(config(each, train=train, builds=1)) for each in (Perturb.none, Perturb.one_ulp)
    )
    before, after = plain.fingerprints[0], perturbed.fingerprints[0]
    assert next(s for s in before if before[s] != after[s]) == "init/dense_1/kernel"
    assert plain.digest != perturbed.digest


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_one_element_moves_by_one_ulp_of_its_own_type(dtype):
    model = dense(dtype, kernel=[0.5, 0.25, -0.75, 0.125, 0.5, 0.1], bias_initializer="ones")
    before = weights(model)
    path = perturb_weight(model)
    after = weights(model)
    kernel = model.layers[0].kernel.path
    assert path == kernel
    assert after[kernel].dtype == before[kernel].dtype
    moved = bits(after[kernel]) - bits(before[kernel])
    # One bit pattern nearer to 0 is one float up, for a negative number.
    np.testing.assert_array_equal(moved, [[0, 0], [-1, 0], [0, 0]])
    assert after[kernel][1, 0] > before[kernel][1, 0]
    others = {name: value for name, value in before.items() if name != kernel}
    for name, value in others.items():
        assert value.tobytes() == after[name].tobytes()


def test_nothing_is_drawn():
    def state():
        keras.utils.set_random_seed(3)
        model = dense()
        if perturb:
            perturb_weight(model)
        return np.random.rand(), keras.random.normal((2,)).numpy().tolist()  # noqa: NPY002

    perturb = False
    without = state()
    perturb = True
    assert state() == without


def test_a_kernel_of_zeros_is_passed_over():
    first, last = keras.layers.Dense(2), keras.layers.Dense(2, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), first, last])
    assert perturb_weight(model) == first.kernel.path


def test_frozen_weights_are_passed_over():
    first, last = keras.layers.Dense(2), keras.layers.Dense(2, trainable=False)
    model = keras.Sequential([keras.Input((3,)), first, last])
    assert perturb_weight(model) == first.kernel.path


def test_a_variable_with_one_axis_is_taken_where_there_is_no_other():
    layer = keras.layers.LayerNormalization()
    model = keras.Sequential([keras.Input((3,)), layer])
    assert perturb_weight(model) == layer.gamma.path
    assert sorted(layer.gamma.numpy()) == [1, 1, np.nextafter(np.float32(1), np.float32(2))]


def test_infinite_and_missing_weights_are_not_changed():
    kernel = [np.inf, -np.inf, np.nan, 0.5, 0, 0.25]
    model = dense(kernel=kernel)
    perturb_weight(model)
    expected = np.array(kernel, np.float32).reshape(3, 2)
    expected[1, 1] = np.nextafter(np.float32(0.5), np.float32(1))
    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), expected)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(lambda: dense(kernel_initializer="zeros"), id="zeros"),
        pytest.param(lambda: dense(kernel=[np.nan] * 6), id="nan"),
        pytest.param(lambda: dense(trainable=False), id="frozen"),
        pytest.param(
            lambda: keras.Sequential([keras.Input((3,)), keras.layers.ReLU()]), id="weightless"
        ),
    ],
)
def test_a_model_without_such_a_weight_is_refused(model):
    with pytest.raises(ConfigError, match=r"^perturb: needs a trainable weight that is a finite"):
        perturb_weight(model())


# --- another weight in each run


def move(replicate, build=0, **settings):
    """What a run moves of a model whose weights are the same each time, as bit patterns."""
    keras.utils.set_random_seed(3)
    first, last = keras.layers.Dense(4), keras.layers.Dense(2, use_bias=False)
    model = keras.Sequential([keras.Input((3,)), first, last])
    before = weights(model)
    seed = Seed(strategy=Strategy.derived, value=1, vary=[], **settings)
    seeds = run_seeds(seed, replicate, "0" * 12, Perturb.random_ulp)
    perturb_random_weight(model, Seeder(seeds, seed.scope, ()), build)
    places = list(weights(model))  # names differ from model to model
    moved = [
        bits(after) - bits(was)
        for after, was in zip(weights(model).values(), before.values(), strict=True)
    ]
    assert len(places) == len(moved)
    return np.concatenate([each.reshape(-1) for each in moved])


def test_one_entry_moves_by_one_ulp_up_or_down():
    moves = [move(replicate) for replicate in range(40)]
    assert all(np.abs(each).sum() == 1 for each in moves)
    assert {int(each.sum()) for each in moves} == {-1, 1}
    places = {int(np.abs(each).argmax()) for each in moves}
    assert len(places) > 10
    kernel, bias = range(12), range(12, 16)
    assert not places & set(bias)  # which begin with 0
    assert places & set(kernel)
    assert places - set(kernel)


def test_a_replay_moves_the_same_entry():
    assert np.array_equal(move(3), move(3))
    assert not np.array_equal(move(3), move(4))


def test_its_seed_is_recorded_and_changes_no_other():
    seed = Seed(strategy=Strategy.derived, value=1, vary=[])
    plain = run_seeds(seed, 2, "0" * 12).recorded()
    drawn = run_seeds(seed, 2, "0" * 12, Perturb.random_ulp).recorded()
    assert "perturb" not in plain
    assert drawn == {**plain, "perturb": drawn["perturb"]}
    assert drawn["perturb"] not in plain.values()


def test_without_a_seed_of_its_own_the_runs_seed_says_which():
    seed = Seed(strategy=Strategy.random, value=5)
    seeds = run_seeds(seed, 0, "0" * 12, Perturb.random_ulp)
    assert seeds.recorded() == {"value": 5}
    model = dense(kernel=[0.5, 0.25, -0.75, 0.125, 0.5, 0.1])
    again = dense(kernel=[0.5, 0.25, -0.75, 0.125, 0.5, 0.1])
    for each in (model, again):
        perturb_random_weight(each, Seeder(seeds, seed.scope, ()), 0)
    np.testing.assert_array_equal(*(each.layers[0].kernel.numpy() for each in (model, again)))


def test_a_model_without_weights_to_move_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    seeds = run_seeds(Seed(strategy=Strategy.random, value=5), 0, "", Perturb.random_ulp)
    with pytest.raises(ConfigError, match="perturb: needs a trainable weight"):
        perturb_random_weight(model, Seeder(seeds, Seed().scope, ()), 0)
