"""OBS205, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts


def facts(x, y=None):
    x = np.asarray(x, float)
    y = np.zeros(len(x)) if y is None else np.asarray(y, float)
    clean = np.zeros((2, x.shape[1])), np.zeros(2)
    return describe_parts((x, y), clean, in_order=False)


def test_fires(tmp_path):
    measured = facts([[1, np.nan], [np.inf, 2]], [0, np.nan])
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS205")
    assert found.observation.where == "train"
    assert found.observation.seen == (
        "2 of 4 inputs and 1 of 2 targets of the training part are NaN or infinite."
    )


def test_quiet(tmp_path):
    measured = facts([[1, 2], [3, 4]])
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS205")


def test_quiet_for_whole_numbers_and_texts(tmp_path):
    y = np.zeros(2)
    for name, x in (("whole", np.ones((2, 2), int)), ("text", np.array([["a"], ["b"]]))):
        measured = describe_parts((x, y), (x, y), in_order=False)
        assert not of_code(find_in(tmp_path / name, [{"facts": measured}] * 2), "OBS205")
