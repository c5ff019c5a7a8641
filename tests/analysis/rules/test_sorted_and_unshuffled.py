"""OBS207, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
import pytest
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts


def facts(y, in_order=True, distances=False):
    x = np.random.default_rng(0).normal(size=(len(y), 3))
    return describe_parts((x, np.asarray(y)), (x[:2], np.asarray(y[:2])), in_order, distances)


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, [{"facts": facts([0, 0, 1, 1, 2, 2])}] * 2), "OBS207")
    assert found.observation.seen == (
        "6 training rows of 3 classes are sorted by class and are never shuffled."
    )


@pytest.mark.parametrize(
    ("labels", "in_order"),
    [
        ([0, 0, 1, 1, 2, 2], False),
        ([0, 1, 0, 1, 2, 2], True),
        ([0, 0, 0, 0], True),  # one class
        ([0, 1, 2, 3], True),  # a number for each row is no class
        ([0.0, 0.5, 1.0, 2.0], True),
    ],
)
def test_quiet(tmp_path, labels, in_order):
    assert not of_code(find_in(tmp_path, [{"facts": facts(labels, in_order)}] * 2), "OBS207")


def test_fires_for_one_hot_rows(tmp_path):
    (found,) = of_code(
        find_in(tmp_path, [{"facts": facts(np.eye(3)[[0, 0, 1, 1, 2, 2]])}]), "OBS207"
    )
    assert found.observation.seen.startswith("6 training rows of 3 classes are sorted")


def test_quiet_for_whole_numbers_that_are_quantities(tmp_path):
    measured = facts([0, 0, 1, 1, 2, 2], distances=True)
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS207")
