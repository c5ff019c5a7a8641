"""OBS204, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
import pytest
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts


def windows(series, length=8):
    return np.stack([series[i : i + length] for i in range(len(series) - length)])


def facts(x, held):
    """What is measured of windows of which those in `held` are the test part."""
    train = np.setdiff1d(np.arange(len(x)), held)
    y = np.zeros(len(x))
    return describe_parts((x[train], y[train]), (x[held], y[held]), in_order=False)


SERIES = np.sin(np.arange(200) ** 1.1)
RANDOM = np.random.default_rng(0).permutation(192)[:40]


@pytest.mark.parametrize("shape", [(192, 8), (192, 8, 1)])
def test_fires(tmp_path, shape):
    measured = facts(windows(SERIES).reshape(shape), RANDOM)
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS204")
    assert "of 40 test rows are a training row moved by one step." in found.observation.seen


def test_quiet_where_the_series_is_cut_by_time(tmp_path):
    measured = facts(windows(SERIES), np.arange(150, 192))
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS204")


def test_quiet_for_rows_of_their_own(tmp_path):
    x = np.random.default_rng(0).normal(size=(192, 8))
    assert not of_code(find_in(tmp_path, [{"facts": facts(x, RANDOM)}] * 2), "OBS204")


def test_quiet_for_constant_rows(tmp_path):
    measured = facts(np.zeros((192, 8)), RANDOM)
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS204")


@pytest.mark.parametrize("columns", [5, 9])
def test_quiet_for_a_table_of_yes_and_no(tmp_path, columns):
    """Where rows have few different values, many are by chance like another one moved."""
    x = np.random.default_rng(0).integers(0, 2, (600, columns)).astype(float)
    measured = facts(x, np.arange(480, 600))
    (shifted,) = [each for each in measured if each.code == "shifted"]
    assert shifted.numbers["shifted"].high > 60
    assert not of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS204")


def test_fires_for_a_series_of_whole_numbers(tmp_path):
    series = np.random.default_rng(0).integers(0, 5, 200)
    assert of_code(find_in(tmp_path, [{"facts": facts(windows(series), RANDOM)}] * 2), "OBS204")
