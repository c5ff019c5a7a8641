"""What tells rows in another order from other rows, and labels that are no unit's number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.data.parting.classes import check_labels
from runner.data.row_set import MAX_VALUES, describe_row_set
from runner.errors import ConfigError

quick = settings(max_examples=60, deadline=None)
X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10) % 3


def of(*parts):
    (fact,) = describe_row_set(*parts)
    return fact.words["digest"], fact.numbers["rows"].high


@quick
@given(st.permutations(range(10)))
def test_any_order_has_one_digest(order):
    assert of((X[order], Y[order])) == of((X, Y))


def test_other_rows_have_another():
    known = [
        of((X, Y)),
        of((X, Y[::-1])),  # targets went elsewhere
        of((X[:, ::-1], Y)),
        of((-X, Y)),
        of((X.astype(np.float64), Y)),
        of((X.reshape(10, 2, 1), Y)),
        of((X[:9], Y[:9])),
        of((X[:5], Y[:5]), (X[5:], Y[5:])),
        of((X[5:], Y[5:]), (X[:5], Y[:5])),  # a row stays in its part
        of((X, Y, Y)),
        of((np.concatenate([X[:1], X[:9]]), Y)),
    ]
    assert len(set(known)) == len(known)


def test_one_row_that_is_twice_is_not_another_that_is():
    rows = np.array([[1], [1], [2]]), np.array([[1], [2], [2]])
    assert of((rows[0], Y[:3] * 0)) != of((rows[1], Y[:3] * 0))


def test_signs_that_change_places_are_seen():
    one, other = np.array([[-1.0, 1.0]]), np.array([[1.0, -1.0]])
    assert of((one, Y[:1])) != of((other, Y[:1]))


def test_texts_have_a_digest_and_objects_and_much_data_have_none():
    words = np.array(["a", "b", "c"])
    assert of((words, Y[:3])) == of((words[::-1], Y[:3][::-1]))
    assert describe_row_set((words.astype(object), Y[:3])) == []
    much = np.broadcast_to(np.float32(0), (2, MAX_VALUES))
    assert describe_row_set((much, Y[:2])) == []


# --- labels


@pytest.mark.parametrize(
    ("labels", "received"),
    [
        ([0, 7, 7, 1], "label 7; 2 of 4 training rows are outside"),
        ([0, -1, 2], "label -1; 1 of 3 training rows are outside"),
        ([[0, 9], [8, 1], [1, 1]], "label 9; 2 of 3 training rows are outside"),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_labels_beyond_the_units(labels, received, dtype):
    with pytest.raises(ConfigError) as caught:
        check_labels({"training": np.array(labels, dtype)}, 7)
    assert str(caught.value) == (
        "data.source: must give labels from 0 to 6, as the model has 7 output units."
        f" Received: {received}"
    )


def test_labels_that_are_fine():
    check_labels({"training": np.array([0, 6]), "test": np.array([6], np.uint8)}, 7)
    check_labels({"training": np.array([0, -1])}, 7, ignored=-1)
    check_labels({"training": np.array(["a"])}, 1)
