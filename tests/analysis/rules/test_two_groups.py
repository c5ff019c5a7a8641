"""OBS404, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
import pytest
from findings_of import find_in, of_code

from runner.analysis.findings.rules.two_groups import find_gap

RUNS = (0.895, 0.893, 0.959, 0.953, 0.962)
"""Five runs of a published table, in two groups."""


def runs_of(values, **fields) -> list[dict]:
    return [{"metrics": [{"accuracy": each}, {"accuracy": 0.0}], **fields} for each in values]


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, runs_of(RUNS)), "OBS404")
    assert found.observation.seen == (
        "accuracy falls into two groups: 2 runs have 0.893 to 0.895, 3 have 0.953 to 0.962."
    )


def test_fires_and_says_that_the_groups_are_those_that_collapsed(tmp_path):
    runs = [
        *runs_of([10.0, 10.0, 10.1], collapse=["dense: its kernel is all zeros", None]),
        *runs_of([0.1, 0.2, 0.3], collapse=[None, None]),
    ]
    (found,) = of_code(find_in(tmp_path, runs), "OBS404")
    assert found.observation.seen.endswith(
        "3 have 10 to 10.1, and the outputs of those with more do not depend on the input."
    )


@pytest.mark.parametrize(
    "values",
    [
        RUNS[1:],  # four runs
        (0.90, 0.90, 0.90, 0.903, 0.903),  # neighbouring steps of an accuracy
        (0.5,) * 6,
        (0.1, 0.5, 0.51, 0.52, 0.53, 0.54),  # one run by itself is no group
        (0.1, 0.2, 0.3, 0.6, 0.7, 0.8),
        (0.1, 0.1, float("nan"), 0.9, 0.9, 0.91),
    ],
)
def test_quiet(tmp_path, values):
    assert not of_code(find_in(tmp_path, runs_of(values)), "OBS404")


@pytest.mark.parametrize("runs", [5, 6, 7, 10, 20, 30])
def test_quiet_for_normal_samples(runs):
    """Of 10,000 samples without groups at most one in a hundred has a gap."""
    samples = np.random.default_rng(runs).normal(size=(10_000, runs))
    assert np.mean([find_gap(each) is not None for each in samples]) < 0.01


def test_fires_for_most_samples_of_groups_that_lie_far_apart():
    draws = np.random.default_rng(0)
    samples = draws.normal(size=(500, 10)) + 20 * (np.arange(10) < 4)
    assert np.mean([find_gap(each) == 6 for each in samples]) > 0.95
