"""Which rows are held out: by shares of classes, by groups, by their order, and by folds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_rules import rule_of

from runner.data.parting.partition import partition
from runner.errors import ConfigError

quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def divide(rule, count, targets=None, groups=None):
    """The training and the test rows; every row is in exactly one of them."""
    order, held = partition(rule, count, targets, groups)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(count))
    assert 0 < held < count
    return order[:-held], order[-held:]


def refusal(rule, count, targets=None, groups=None):
    with pytest.raises(ConfigError) as caught:
        partition(rule, count, targets, groups)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@quick
@given(st.lists(st.integers(3, 30), min_size=2, max_size=5), st.floats(0.2, 0.8), seeds)
def test_each_class_keeps_its_share(sizes, fraction, seed):
    classes = np.repeat(np.arange(len(sizes)), sizes)
    rule = rule_of("stratify", test_fraction=fraction, seed=seed)
    if min(rule.count_held(len(classes)), len(classes) - rule.count_held(len(classes))) < len(
        sizes
    ):
        return
    train, test = divide(rule, len(classes), classes)
    assert len(test) == rule.count_held(len(classes))
    for label, size in enumerate(sizes):
        exact = size * len(test) / len(classes)
        assert abs((classes[test] == label).sum() - exact) < 1 + 1e-9
    assert divide(rule, len(classes), classes)[1].tolist() == test.tolist()
    assert len(train) + len(test) == len(classes)


@quick
@given(st.lists(st.integers(0, 8), min_size=6, max_size=60), st.floats(0.05, 0.95), seeds)
def test_no_group_is_on_both_sides(groups, fraction, seed):
    groups = np.array(groups)
    if len(set(groups)) < 2:
        return
    rule = rule_of("group", test_fraction=fraction, seed=seed)
    train, test = divide(rule, len(groups), groups=groups)
    assert not set(groups[train]) & set(groups[test])
    assert len(set(groups[test])) == rule.count_held(len(set(groups)))


def test_the_last_rows_are_held_out_and_nothing_is_drawn():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    train, test = divide(rule_of("time", test_fraction=0.3, seed=None), 10)
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])
    assert np.random.random() == expected  # noqa: NPY002


LABELS = np.arange(40) % 4
GROUPS = np.array([f"patient {each}" for each in np.arange(40) // 5])


@pytest.mark.parametrize("by", ["random", "stratify", "group"])
@pytest.mark.parametrize("folds", [2, 3, 4, 5])
def test_each_row_is_in_exactly_one_fold(by, folds):
    tested = []
    for fold in range(folds):
        train, test = divide(rule_of(by, folds=folds, fold=fold), 40, LABELS, GROUPS)
        tested += test.tolist()
        if by == "group":
            assert not set(GROUPS[train]) & set(GROUPS[test])
        if by == "stratify":
            counts = Counter(LABELS[test].tolist())
            assert max(counts.values()) - min(counts.values()) <= 1
        if by == "random":
            assert len(test) == rule_of(folds=folds, fold=fold).count_held(40)
    assert sorted(tested) == list(range(40))


@pytest.mark.parametrize("by", ["random", "stratify", "group"])
@pytest.mark.parametrize("folds", [None, 4])
def test_the_seed_decides_and_zero_is_one(by, folds):
    def order(seed):
        return partition(rule_of(by, folds=folds, seed=seed), 40, LABELS, GROUPS)[0].tolist()

    assert order(0) == order(0) != order(1)


@pytest.mark.parametrize("by", ["random", "stratify", "group"])
@pytest.mark.parametrize("folds", [None, 4])
def test_without_a_seed_the_global_generator_decides(by, folds):
    orders = []
    for seed in (3, 3, 4):
        np.random.seed(seed)  # noqa: NPY002
        orders.append(partition(rule_of(by, folds=folds, seed=None), 40, LABELS, GROUPS)[0])
    assert orders[0].tolist() == orders[1].tolist() != orders[2].tolist()


@pytest.mark.parametrize(
    "targets",
    [
        LABELS,
        LABELS.reshape(-1, 1),
        LABELS.astype(np.float32),
        LABELS.astype(str),
        np.eye(4, dtype=np.float32)[LABELS],
        LABELS.astype(np.uint8),
    ],
    ids=["whole", "column", "float", "text", "one-hot", "bytes"],
)
def test_classes_are_found_however_they_are_written(targets):
    assert (
        divide(rule_of("stratify"), 40, targets)[1].tolist()
        == divide(rule_of("stratify"), 40, LABELS)[1].tolist()
    )


@pytest.mark.parametrize(
    ("rule", "targets", "message"),
    [
        (
            rule_of("stratify"),
            np.array([0] * 39 + [7]),
            "data.split.by: stratify needs two rows or more of each class. Received: 1 of class 7",
        ),
        (
            rule_of("stratify", test_fraction=0.05),
            LABELS,
            "data.split.test_fraction: must leave a row for each of 4 classes in both parts."
            " Received: 38 for training and 2 for testing",
        ),
        (
            rule_of("stratify", folds=11),
            LABELS,
            "data.split.folds: must be at most the rows of the rarest class with"
            " data.split.by=stratify. Received: 11 folds, 10 of class 0",
        ),
        (
            rule_of("stratify"),
            np.linspace(0, 1, 40),
            "data.split.by: needs a class for each row, as one whole number or one-hot."
            " Received: float64, 1 a row",
        ),
        (
            rule_of("stratify"),
            {"a": LABELS},
            "data.split.by: needs a class for each row, as one whole number or one-hot."
            " Received: dict",
        ),
        (
            rule_of(folds=41),
            LABELS,
            "data.split.folds: must be at most the number of rows, 40. Received: 41",
        ),
    ],
)
def test_what_cannot_be_stratified_or_folded(rule, targets, message):
    assert refusal(rule, 40, targets) == message


@pytest.mark.parametrize(
    ("rule", "groups", "message"),
    [
        (
            rule_of("group"),
            np.zeros(40),
            "data.split.by: group needs two groups or more. Received: 1 group",
        ),
        (
            rule_of("group", folds=9),
            GROUPS,
            "data.split.folds: must be at most the number of groups, 8. Received: 9",
        ),
        (
            rule_of("group"),
            None,
            "data.split.by: needs one group for each row. Received: none",
        ),
        (
            rule_of("group"),
            GROUPS[:39],
            "data.split.by: needs one group for each row. Received: shape (39,) for 40 rows",
        ),
        (
            rule_of("group"),
            np.array([np.nan, 1] * 20),
            "data.split.by: needs a group for each row. Received: 20 of 40 rows without",
        ),
        (
            rule_of("group"),
            np.array(["a", None] * 20, dtype=object),
            "data.split.by: needs a group for each row. Received: 20 of 40 rows without",
        ),
    ],
)
def test_groups_that_cannot_be_kept_apart(rule, groups, message):
    assert refusal(rule, 40, groups=groups) == message
