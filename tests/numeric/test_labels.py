"""Labels that outputs predict, and labels that targets are."""

from __future__ import annotations

import numpy as np
import pytest

from runner.numeric.labels import class_labels, find_labels


def test_the_label_is_the_unit_with_the_largest_score_and_nan_has_none():
    outputs = np.array([[[0.1, 0.7], [0.5, 0.5]], [[np.nan, 1.0], [-1.0, -2.0]]], np.float32)
    assert find_labels(outputs).tolist() == [[1, 0], [-1, 0]]
    assert find_labels(np.array([[3, 1], [2, 4]])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        (np.array([3, 1], np.int64), [3, 1]),
        (np.array([[3], [1]], np.uint8), [3, 1]),
        (np.array([3.0, 1.0]), None),
        (np.array([True, False]), None),
        (np.array([[0, 1], [1, 0]]), None),
    ],
)
def test_targets_are_labels_where_they_are_whole_numbers_one_a_row(targets, labels):
    found = class_labels(targets)
    assert (None if found is None else found.tolist()) == labels
