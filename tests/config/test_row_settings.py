"""How a config says that rows are split: what it must say, and what it may not."""

from __future__ import annotations

import pytest

from runner.config.checks.row_settings import GROUPED
from runner.config.compose import open_configs
from runner.config.validate import validate
from runner.errors import ConfigError

pytestmark = pytest.mark.composes

CSV = ["data=csv", "data.source.path=x.csv", "data.source.target=y", "data.units=3"]
TFRECORD = [
    "data=tfrecord", "data.source.path=x", "data.source.test_path=y",
    "data.source.features={x:{dtype:float32,shape:[8]},y:{dtype:int64,shape:[]}}", "data.units=3",
]  # fmt: skip


def compose(*overrides):
    with open_configs(None) as configs:
        composed = configs.compose(list(overrides))
    validate(composed.cfg)
    return composed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["data.split.fold=1"],
            "data.split.fold: needs data.split.folds. Received: 1. Such as data.split.folds=5",
        ),
        (
            ["data.split.folds=5", "data.split.fold=5"],
            "data.split.fold: must be less than data.split.folds, 5, as folds count from 0."
            " Received: 5",
        ),
        (
            ["data.split.by=time", "data.split.folds=5"],
            "data.split.folds: must be null with data.split.by=time, which holds out the last rows"
            " only. Received: 5",
        ),
        (
            ["data.split.folds=5", "data.split.seed=null", "seed=random"],
            "data.split.seed: must be a number with data.split.folds, or each fold is one of"
            " another split. Received: null",
        ),
        (
            ["data.split.folds=5", "data.split.seed=null", "seed.generators=[tensorflow]"],
            "data.split.seed: must be a number with data.split.folds, or each fold is one of"
            " another split. Received: null",
        ),
        (
            ["data.split.folds=5", "seed=derived", "seed.paired=false"],
            "seed.paired: must be true with data.split.folds, or each fold is one of another"
            " split. Received: false",
        ),
        (
            ["data.split.by=group"],
            "data.split.by: needs the group of each row, which runner.data.digits does not return."
            f" Received: group. {', '.join(GROUPED)} do",
        ),
        (
            [*TFRECORD, "data.split.by=group"],
            "data.split.by: needs the group of each row, which runner.datasets.tfrecord does not"
            f" return. Received: group. {', '.join(GROUPED)} do",
        ),
        (
            [*CSV, "data.split.by=group"],
            "data.split.group: must name a column with the group of each row for"
            " data.split.by=group. Received: null",
        ),
        (
            [*CSV, "data.split.group=patient"],
            "data.split.group: is not used by data.split.by=random. Received: patient. Use"
            " data.split.by=group",
        ),
    ],
)
def test_settings_that_do_not_go_together(given, message):
    with pytest.raises(ConfigError) as caught:
        compose(*given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "given",
    [
        ["data.split.by=stratify", "data.split.folds=3", "data.split.fold=2"],
        ["data.split.folds=5", "data.split.seed=null"],
        ["data.split.folds=5", "data.split.seed=null", "seed=derived"],
        ["data.split.by=time", "data.split.seed=null", "seed=unset"],
        [*CSV, "data.split.by=group", "data.split.group=patient"],
        ["data.source._target_=my_data.load", "data.split.by=group"],
    ],
)
def test_settings_that_do(given, monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "my_data")
    monkeypatch.setattr("runner.config.instantiate.is_in_directory", lambda package: True)
    assert len(compose(*given).id) == 12


def test_a_field_that_was_added_later_is_in_the_id_once_it_is_set():
    ids = [
        compose(*given).id
        for given in (
            [],
            ["data.split.by=random", "data.split.fold=0"],
            ["data.split.by=stratify"],
            ["data.split.folds=5"],
            ["data.split.folds=5", "data.split.fold=1"],
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
