"""What is drawn of the training part: fewer rows of a class, other labels, a bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.data.parting import resample as resampling
from runner.data.parting.resample import ResampleRule
from runner.data.rows import Rows
from runner.errors import ConfigError

quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)
labels = st.lists(st.integers(0, 4), min_size=4, max_size=80)


def rule(imbalance=None, label_noise=0.0, bootstrap=False, seed=0):
    return ResampleRule(imbalance or {}, label_noise, bootstrap, seed)


def resample(rule, pair):
    """The rows and the stages, of a pair (x, y)."""
    rows, stages = resampling.resample(rule, Rows(*pair))
    return rows.parts, stages


def part(y):
    y = np.array(y)
    return np.arange(len(y) * 2, dtype=np.float32).reshape(-1, 2), y


def refusal(*arguments):
    with pytest.raises(ConfigError) as caught:
        resample(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_asked_is_nothing_drawn():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    before = part([0, 1, 1])
    (x, y), stages = resample(rule(seed=None), before)
    assert x is before[0]
    assert y is before[1]
    assert stages == {}
    assert np.random.random() == expected  # noqa: NPY002


@quick
@given(labels, seeds)
def test_a_bootstrap_repeats_rows_with_their_targets(y, seed):
    x, y = part(y)
    (drawn_x, drawn_y), stages = resample(rule(bootstrap=True, seed=seed), (x, y))
    assert len(drawn_x) == len(x)
    rows = (drawn_x[:, 0] / 2).astype(int)
    assert np.array_equal(x[rows], drawn_x)
    assert np.array_equal(y[rows], drawn_y)
    assert list(stages) == ["resample"]


def test_a_bootstrap_leaves_out_about_a_third_of_the_rows():
    (x, _), _ = resample(rule(bootstrap=True), part(np.zeros(2000, int)))
    assert 0.60 < len(np.unique(x[:, 0])) / 2000 < 0.66


@quick
@given(labels.filter(lambda y: len(set(y)) > 1), st.floats(0.01, 1), seeds)
def test_noise_gives_a_share_of_the_rows_another_class(y, share, seed):
    x, y = part(y)
    (same_x, noisy), stages = resample(rule(label_noise=share, seed=seed), (x, y))
    assert same_x is x
    assert (noisy != y).sum() == round(share * len(y))
    assert set(noisy.tolist()) <= set(y.tolist())
    assert noisy.dtype == y.dtype
    assert list(stages) == ["label_noise"]


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y.reshape(-1, 1),
        lambda y: y.astype(np.float32),
        lambda y: np.eye(3, dtype=np.float32)[y],
    ],
    ids=["column", "float", "one-hot"],
)
def test_noise_is_the_same_however_classes_are_written(write):
    y = np.arange(30) % 3
    (_, plain), _ = resample(rule(label_noise=0.3), part(y))
    (_, written), _ = resample(rule(label_noise=0.3), (np.zeros((30, 1)), write(y)))
    assert np.array_equal(written, write(plain))


@quick
@given(labels.filter(lambda y: y.count(0) > 0), st.floats(0, 1), seeds)
def test_a_share_of_a_class_stays_in_its_order(y, share, seed):
    x, y = part(y)
    others = int((y != 0).sum())
    left = round(share * int((y == 0).sum()))
    if left + others < 2:
        return
    (kept, classes), _ = resample(rule({0: share}, seed=seed), (x, y))
    assert (classes == 0).sum() == left
    assert (classes != 0).sum() == others
    assert (np.diff(kept[:, 0]) > 0).all()


@pytest.mark.parametrize("key", [7, "7"])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.uint8])
def test_a_class_is_named_as_a_number(key, dtype):
    (_, y), _ = resample(rule({key: 0.5}), part(np.array([7] * 10 + [3] * 10, dtype)))
    assert (y == 7).sum() == 5


ALL = {"imbalance": {1: 0.5}, "label_noise": 0.2, "bootstrap": True}


def test_the_stages_come_in_their_causal_order():
    _, stages = resample(rule(**ALL), part(np.arange(60) % 3))
    assert list(stages) == ["imbalance", "label_noise", "resample"]


def test_the_seed_decides_and_none_is_the_global_generator():
    y = part(np.arange(60) % 3)
    assert resample(rule(**ALL), y)[1] == resample(rule(**ALL), y)[1]
    assert not set(resample(rule(**ALL), y)[1].values()) & set(
        resample(rule(**ALL, seed=1), y)[1].values()
    )
    found = []
    for seed in (3, 3, 4):
        np.random.seed(seed)  # noqa: NPY002
        found.append(resample(rule(**ALL, seed=None), y)[1])
    assert found[0] == found[1] != found[2]


def test_no_stage_shifts_what_another_draws():
    y = part(np.arange(60) % 3)
    together = resample(rule(label_noise=0.2, bootstrap=True), y)[1]
    assert resample(rule(label_noise=0.2), y)[1]["label_noise"] == together["label_noise"]
    assert resample(rule(bootstrap=True), y)[1]["resample"] == together["resample"]


def test_other_rows_move_no_stage():
    first, second = part(np.arange(60) % 3), part(np.arange(60)[::-1] % 3)
    assert resample(rule(**ALL), first)[1] == resample(rule(**ALL), second)[1]


@pytest.mark.parametrize(
    ("given", "y", "message"),
    [
        (
            {"imbalance": {7: 0.5}},
            [0, 1, 1, 6],
            "data.imbalance: must be a class of the training part (0, 1, 6). Received: 7",
        ),
        (
            {"imbalance": {0: 0, 1: 0}},
            [0, 0, 1, 1, 6],
            "data.imbalance: must leave two rows or more to train on. Received: 1 of 5",
        ),
        (
            {"label_noise": 0.5},
            [1, 1, 1],
            "data.label_noise: needs two classes or more in the training part. Received: 1 class",
        ),
        (
            {"label_noise": 0.5},
            [0.5, 1.5, 1],
            "data.label_noise: needs a class for each row, as one whole number or one-hot."
            " Received: float64, 1 a row",
        ),
    ],
)
def test_what_cannot_be_drawn(given, y, message):
    assert refusal(rule(**given), part(y)) == message
