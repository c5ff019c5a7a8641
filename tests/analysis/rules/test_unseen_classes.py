"""OBS201, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts, describe_validation


def facts(train: list, test: list, distances: bool = False):
    """What is measured of parts with these targets."""
    parts = [(np.zeros((len(y), 2)), np.array(y)) for y in (train, test)]
    return describe_parts(*parts, in_order=False, distances=distances)


def test_fires(tmp_path):
    runs = [{"facts": facts([0, 1, 1], [2, 3, 0, 3])}] * 2
    (found,) = of_code(find_in(tmp_path, runs), "OBS201")
    assert found.observation.seen == (
        "3 of 4 test rows are of classes that training never saw (2, 3)."
    )


def test_fires_for_the_worst_run(tmp_path):
    runs = [{"facts": facts([0, 1], [0, 1])}, {"facts": facts([0, 1], [2, 1])}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS201")
    assert (found.observation.affected, found.observation.total) == (1, 2)


def test_quiet(tmp_path):
    runs = [{"facts": facts([0, 1, 2], [1, 2])}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS201")


def test_quiet_for_targets_that_are_no_classes(tmp_path):
    runs = [{"facts": facts([0.5, 1.0], [2.0, 3.0])}, {"facts": []}]
    assert not of_code(find_in(tmp_path, runs), "OBS201")


def test_quiet_for_whole_numbers_that_are_quantities(tmp_path):
    measured = facts([10, 20, 20], [15, 20], distances=True)
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS201")


def test_fires_for_one_hot_rows(tmp_path):
    measured = facts([[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0]])
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}]), "OBS201")
    assert found.observation.seen == (
        "1 of 2 test rows are of classes that training never saw (2)."
    )


def test_quiet_for_rows_of_several_labels(tmp_path):
    measured = facts([[1, 1, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0]])
    assert not of_code(find_in(tmp_path, [{"facts": measured}]), "OBS201")


def test_some_of_many_classes_are_named(tmp_path):
    measured = facts([0, 1], list(range(2, 15)))
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}]), "OBS201")
    assert found.observation.seen.endswith("(2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more).")


def test_fires_for_validation(tmp_path):
    measured = describe_validation(np.array([0, 0, 1]), np.array([1, 2, 2]))
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS201")
    assert found.observation.seen == (
        "2 of 3 rows for validation are of classes that training never saw (2)."
    )
    assert found.observation.change.startswith("Use train.validation.part=split")


def test_quiet_for_validation(tmp_path):
    measured = describe_validation(np.array([0, 0, 1]), np.array([1, 1, 0]))
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS201")
