"""OBS202, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts


def facts(x, test, y=None, test_y=None):
    """What is measured of parts with these inputs (row, column) and targets (row,)."""
    x, test = np.asarray(x, float), np.asarray(test, float)
    y = np.zeros(len(x), int) if y is None else np.asarray(y)
    test_y = np.zeros(len(test), int) if test_y is None else np.asarray(test_y)
    return describe_parts((x, y), (test, test_y), in_order=False)


def test_fires(tmp_path):
    measured = facts([[1, 2], [3, 4], [5, 6]], [[3, 4], [7, 8]])
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS202")
    assert found.observation.seen == "1 of 2 test rows have the inputs of a training row."


def test_fires_and_counts_contrary_targets(tmp_path):
    measured = facts([[1, 2], [3, 4]], [[3, 4], [1, 2]], y=[0, 1], test_y=[0, 0])
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS202")
    assert found.observation.seen == (
        "2 of 2 test rows have the inputs of a training row, 1 of them with another target."
    )


def test_quiet(tmp_path):
    measured = facts([[1, 2], [3, 4]], [[3, 4.5], [1, 1]])
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS202")


def test_quiet_where_rows_repeat_by_nature(tmp_path):
    """As in a table of a few categories, where any two parts share rows."""
    measured = facts([[0, 1], [1, 0], [0, 1], [1, 0], [0, 1]], [[0, 1]])
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS202")
