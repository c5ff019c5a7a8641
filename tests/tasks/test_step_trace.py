"""Training traced by steps: what the stages are of, and that nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import run_cli

from runner.analysis.divergence import find_divergence
from runner.config.schema import Config, Data, Seed, Strategy, Trace, Train
from runner.config.seeds import run_seeds
from runner.record.stages import kind_of
from runner.record.store import read_run
from runner.tasks.keras.train import train_and_call

ORDERS = {"every epoch": "[cache,shuffle,batch]", "frozen": "[shuffle,cache,batch]"}
"""A cache after the shuffling repeats the first epoch's order in all further ones."""

STEPS = 45
"""Of an epoch of 1437 digits in batches of 32."""


def ten_rows():
    """For training and for testing."""
    x = np.random.RandomState(0).normal(size=(10, 2)).astype(np.float32)
    return (x, np.arange(10) % 2), (x, np.arange(10) % 2)


def trained(trace=Trace.steps, layers=None, **train):
    """A run of a small model in this process: two epochs of five steps."""
    layers = layers or [{"_target_": "keras.layers.Dense", "units": 2, "activation": "softmax"}]
    cfg = Config(
        model={"_target_": "keras.Sequential", "layers": layers},
        data=Data(source={"_target_": "test_step_trace.ten_rows"}, units=2),
        seed=Seed(strategy=Strategy.fixed, value=1),
        train=Train(**{"epochs": 2, "batch_size": 2, **train}),
        trace=trace,
        builds=1,
        calls=1,
    )
    return train_and_call(cfg, run_seeds(cfg.seed, 0, "0" * 12), Path.cwd())


def steps_of(fingerprints):
    return {stage: each for stage, each in fingerprints.items() if kind_of(stage) == "step"}


# --- stages


def test_steps_count_on_over_the_epochs_and_stand_before_the_weights():
    (build,) = trained().fingerprints
    assert list(steps_of(build)) == [f"step/{k}" for k in range(10)]
    kinds = list(dict.fromkeys(map(kind_of, build)))
    assert kinds == ["data", "init", "order", "step", "weights", "outputs"]
    assert len(set(steps_of(build).values())) == 10


@pytest.mark.parametrize(
    ("size", "last"),
    [(1, range(10)), (2, [1, 3, 4, 6, 8, 9]), (3, [2, 4, 7, 9]), (5, [4, 9]), (7, [4, 9])],
)
def test_a_stage_is_named_after_the_last_step_of_its_execution(size, last):
    (build,) = trained(steps_per_execution=size).fingerprints
    assert list(steps_of(build)) == [f"step/{k}" for k in last]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_stage_is_of_the_variables_after_its_step(size):
    layers = [{"_target_": "keras.layers.Dense", "units": 2, "use_bias": False}]
    loss = {"_target_": "keras.losses.SparseCategoricalCrossentropy", "from_logits": True}
    (once,) = trained(layers=layers, loss=loss, epochs=1, steps_per_execution=size).fingerprints
    (twice,) = trained(layers=layers, loss=loss, epochs=2, steps_per_execution=size).fingerprints
    # The only variable is the kernel, and the first epoch of both is the same.
    assert once["weights/dense/kernel"] == once["step/4"] == twice["step/4"]
    assert twice["weights/dense/kernel"] == twice["step/9"] != twice["step/4"]


def test_what_does_not_train_does_not_change():
    still = {"_target_": "keras.optimizers.SGD", "learning_rate": 0.0}
    layers = [{"_target_": "keras.layers.Dense", "units": 2, "use_bias": False}]
    (build,) = trained(layers=layers, optimizer=still).fingerprints
    assert set(steps_of(build).values()) == {build["init/dense/kernel"]}


def test_an_untrained_model_has_no_steps():
    (build,) = trained(epochs=0).fingerprints
    assert steps_of(build) == {}


def test_a_last_smaller_batch_is_a_step_and_one_left_out_is_none():
    assert len(steps_of(trained(batch_size=4).fingerprints[0])) == 6
    assert len(steps_of(trained(batch_size=4, drop_remainder=True).fingerprints[0])) == 4


# --- nothing else changes


@pytest.mark.parametrize("size", [1, 3])
def test_what_is_trained_is_the_same_with_and_without(size):
    traced = trained(Trace.steps, steps_per_execution=size)
    plain = trained(Trace.epochs, steps_per_execution=size)
    assert traced.digest == plain.digest
    assert traced.metrics == plain.metrics
    assert plain.fingerprints[0].items() < traced.fingerprints[0].items()
    assert steps_of(plain.fingerprints[0]) == {}
    assert find_divergence([traced.fingerprints, plain.fingerprints]).first is None


# --- by the command line


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """Two orders of training, traced by steps, and one of them again without."""
    common = (
        "model=linear", "train.epochs=2", "builds=1", "calls=1", "replicates=1", "replays=0", "-m",
    )  # fmt: skip
    traced, plain = (tmp_path_factory.mktemp(name) for name in ("traced", "plain"))
    grid = f"train.pipeline={','.join(ORDERS.values())}"
    return {
        True: run_cli(traced, grid, "trace=steps", *common),
        False: run_cli(plain, f"train.pipeline={ORDERS['frozen']}", *common),
    }


@pytest.fixture(scope="module")
def runs(sweeps):
    """Directories by whether and how they were traced."""
    for ended in sweeps.values():
        assert ended.status == 0, ended.err
    found = {}
    for traced, ended in sweeps.items():
        for path in ended.sweep.glob("*/record.json"):
            found[traced, read_run(path).configuration.overrides["train.pipeline"]] = path.parent
    return found


def test_orders_that_part_in_the_second_epoch_train_alike_until_then(runs):
    a, b = (read_run(runs[True, order] / "record.json") for order in ORDERS.values())
    (ours,), (theirs,) = a.fingerprints, b.fingerprints
    assert ours["order/0"] == theirs["order/0"]
    differing = [k for k in range(2 * STEPS) if ours[f"step/{k}"] != theirs[f"step/{k}"]]
    assert differing == list(range(STEPS, 2 * STEPS))
    assert find_divergence([a.fingerprints, b.fingerprints]).first == "order/1"
    for each in (ours, theirs):
        del each["order/1"]
    assert find_divergence([[ours], [theirs]]).first == f"step/{STEPS}"


def test_a_diff_names_the_step(runs, tmp_path):
    a, b = (str(runs[True, order]) for order in ORDERS.values())
    shown = run_cli(tmp_path, "diff", a, b)
    assert shown.status == 1
    table = shown.out.partition("\nbuild 0\n")[2]
    said = [line.split()[0] for line in table.splitlines() if line.endswith("  differs")]
    assert said[:4] == ["order/1", "step/45", "step/46", "step/47"]
    assert "45 stages the same: step/0 ... step/44" in shown.out
    assert "42 further stages that differ: step/48 ... step/89" in shown.out
    whole = run_cli(tmp_path, "diff", a, b, "--all")
    assert sum(line.startswith("step/") for line in whole.out.splitlines()) == 2 * STEPS


def test_tracing_changes_neither_outputs_nor_configuration(runs, tmp_path):
    traced, plain = runs[True, ORDERS["frozen"]], runs[False, ORDERS["frozen"]]
    a, b = (read_run(path / "record.json") for path in (traced, plain))
    assert (a.configuration.id, a.digest, a.metrics) == (b.configuration.id, b.digest, b.metrics)
    shown = run_cli(tmp_path, "diff", str(traced), str(plain))
    assert shown.status == 0, shown.out
    assert "90 stages not compared, as only A was traced by steps: step/0 ... step/89" in shown.out
    swapped = run_cli(tmp_path, "diff", str(plain), str(traced), "--format=json")
    assert swapped.status == 0
    stages = json.loads(swapped.out)["builds"][0]["stages"]
    assert {each["state"] for each in stages} == {"same", "not compared"}
