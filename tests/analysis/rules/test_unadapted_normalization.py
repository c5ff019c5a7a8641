"""OBS303, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, between


def normalization(means: tuple, sds: tuple) -> list:
    """What a build's normalization received that was not adapted."""
    numbers = {"means": between(*means), "sds": between(*sds)}
    return [[], [Clause("not-adapted", "normalization", numbers=numbers)]]


@pytest.mark.parametrize(
    ("means", "sds"),
    [((0, 0.7), (0, 0.4)), ((-3, 0), (1, 1)), ((0, 0), (0.8, 30)), ((0, 0), (0, 0))],
)
def test_fires(tmp_path, means, sds):
    runs = [{"build_facts": normalization(means, sds)}, {"build_facts": [[], []]}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS303")
    assert "it has mean 0 and variance 1" in found.observation.seen
    assert (found.observation.affected, found.observation.total) == (1, 2)


@pytest.mark.parametrize(("means", "sds"), [((-0.3, 0.4), (0.8, 1.3)), ((0, 0), (0, 1))])
def test_quiet_for_inputs_that_are_normal_already(tmp_path, means, sds):
    runs = [{"build_facts": normalization(means, sds)}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS303")


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"build_facts": [[], []]}] * 2), "OBS303")
