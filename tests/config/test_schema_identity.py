"""The id of a configuration: what it depends on, and what it does not."""

from __future__ import annotations

import copy
from enum import Enum

import pytest
from omegaconf import OmegaConf

from runner.config.nodes import (
    configuration_id,
    flatten,
    to_plain,
    with_later_defaults,
    without_later_defaults,
)
from runner.config.schema import (
    RUN_KEYS,
    SWEEP_KEYS,
    Config,
    Data,
    Device,
    Seed,
    Strategy,
    later_defaults,
    walk,
)

FIELDS = dict(walk())


@pytest.fixture(scope="module")
def default():
    layer = {"_target_": "keras.layers.Dense", "units": "${data.units}"}
    return OmegaConf.structured(
        Config(
            model={"_target_": "keras.Sequential", "layers": [layer]},
            data=Data(source={"_target_": "runner.data.digits"}, units=10),
            seed=Seed(strategy=Strategy.fixed, value=42),
        )
    )


def changed(cfg, values):
    """A copy with keys set."""
    cfg = copy.deepcopy(cfg)
    for key, value in values.items():
        OmegaConf.update(cfg, key, value, merge=False)
    return cfg


def valid_value(key, current):
    """Another value for a leaf that the schema takes."""
    known = {
        "model": {"_target_": "keras.Sequential", "layers": []},
        "data.source": {"_target_": "runner.data.tiny"},
        "train.augment.function": {"_target_": "runner.augment.add_noise"},
        "data.preload": ["json"],
        "ignore": {"OBS101": "it is meant to"},
        "claims": [{"text": "it never varies", "across_runs": "same"}],
        "task.function": "json.dumps",
        "task.command": ["true"],
        "task.environment": {"A": "1"},
        "task.outputs": ["a.npy"],
        "task.metrics": ["a.json"],
        "task.axes": ["input"],
        "task.params": {"a": 1},
        "task.preload": ["json"],
        "task.args": ["--epochs"],
        "task.remedies": ["sort_sets"],
        "train.metrics": [],
        "train.pipeline": ["batch"],
        "train.optimizer": "sgd",
        "train.loss": "mse",
        "train.adapt": "all",
        "train.callbacks": [{"_target_": "keras.callbacks.TerminateOnNaN"}],
        "train.class_weight": {0: 2.0},
        "train.weighted_metrics": ["accuracy"],
        "seed.vary": ["init"],
        "seed.generators": ["numpy"],
        "seed.strategy": Strategy.derived,
        "data.split.test_fraction": 0.5,
        "data.imbalance": {"7": 0.5},
        "data.label_noise": 0.1,
        "timeout_s": 1.5,
        "resumes": [2],
    }
    if key in known:
        return known[key]
    if isinstance(current, Enum):
        return next(each for each in type(current) if each is not current)
    if isinstance(current, bool):
        return not current
    if current is None:
        return "true" if key in ("runtime.onednn", "runtime.xla") else 3
    return current / 2 if isinstance(current, float) else current + 1


def test_the_id_is_twelve_digits_and_the_same_for_equal_content(default):
    assert configuration_id(copy.deepcopy(default)) == configuration_id(default)
    assert len(configuration_id(default)) == 12
    assert set(configuration_id(default)) <= set("0123456789abcdef")


@pytest.mark.parametrize("key", FIELDS)
def test_the_id_depends_on_every_key_but_how_often_and_where(default, key):
    current = OmegaConf.select(default, key)
    other = changed(default, {key: valid_value(key, current)})
    assert OmegaConf.select(other, key) != current
    same = configuration_id(other) == configuration_id(default)
    assert same == (key.split(".")[0] in (*SWEEP_KEYS, *RUN_KEYS))


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_id_ignores_the_value_only_where_it_is_drawn(default, strategy):
    ids = {
        configuration_id(changed(default, {"seed.strategy": strategy, "seed.value": value}))
        for value in (None, 0, 1)
    }
    assert len(ids) == (1 if strategy is Strategy.random else 3)


def test_the_id_sees_deep_into_declared_callables(default):
    other = changed(default, {"model.layers[0].units": 65})
    assert configuration_id(other) != configuration_id(default)


def test_the_id_is_of_resolved_content(default):
    referring = changed(default, {"train.batch_size": "${data.units}"})
    plain = changed(default, {"train.batch_size": 10})
    assert configuration_id(referring) == configuration_id(plain)


def test_the_id_neither_changes_nor_resolves_the_config(default):
    before = OmegaConf.to_yaml(default)
    configuration_id(default)
    assert OmegaConf.to_yaml(default) == before
    assert "${data.units}" in before


def test_enums_are_told_apart_by_name(default):
    made = {configuration_id(changed(default, {"runtime.device": each})) for each in Device}
    assert len(made) == len(Device)


@pytest.mark.parametrize("key", later_defaults())
def test_a_later_field_at_its_default_leaves_no_trace(default, key):
    """Plans, locks and ids from before it was added are those of today."""
    before = to_plain(default)
    *above, name = key.split(".")
    node = before
    for part in above:
        node = node[part]
    del node[name]
    assert without_later_defaults(before) == without_later_defaults(to_plain(default))
    assert key not in flatten(to_plain(default))
    assert with_later_defaults(flatten(before))[key] == later_defaults()[key]


@pytest.mark.parametrize(
    "key", [k for k in later_defaults() if k.partition(".")[0] not in SWEEP_KEYS]
)
def test_a_later_field_that_is_set_shows(default, key):
    other = changed(default, {key: valid_value(key, OmegaConf.select(default, key))})
    assert key in flatten(to_plain(other)) or any(
        k.startswith(key) for k in flatten(to_plain(other))
    )


def test_configs_of_other_applications_are_left_alone():
    assert without_later_defaults({"data": 1, "seed": None}) == {"data": 1, "seed": None}
    assert with_later_defaults({"data.source": "x"}) == {"data.source": "x"}
