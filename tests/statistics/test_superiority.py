"""How often A is higher than B: shares, decisions, and how often they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.statistics.superiority import (
    Superiority,
    compare_pairs,
    compare_runs,
    needed_pairs,
)


def test_the_papers_number_of_pairs():
    assert needed_pairs() == 29
    assert needed_pairs(0.7) == 46


def test_a_tie_counts_half():
    found = compare_pairs([np.array([1.0, -1.0, 0.0, 0.0, 2.0])], 0.95)
    assert found.share.value == (2 + 2 / 2) / 5


def test_the_share_over_runs_is_mann_and_whitneys():
    rng = np.random.default_rng(0)
    a, b = np.round(rng.normal(0.2, 1, 9), 1), np.round(rng.normal(0, 1, 7), 1)
    found = compare_runs([a], [b], 0.95)
    assert found.share.value == pytest.approx(stats.mannwhitneyu(a, b).statistic / 63)


def test_over_tasks_it_is_the_mean_of_the_tasks_shares():
    high, low = np.array([2.0, 3.0, 4.0]), np.array([0.0, 1.0, 1.5])
    assert compare_runs([high, low], [low, high], 0.95).share.value == 0.5
    assert compare_pairs([high, -low - 1], 0.95).share.value == 0.5


def test_the_interval_of_runs_is_a_bootstrap_of_both_sides():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.5, 1, 15), rng.normal(0, 1, 12)
    expected = stats.bootstrap(
        (a, b), lambda x, y: (x[:, None] > y).mean(), vectorized=False, n_resamples=5000,
        method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    found = compare_runs([a], [b], 0.95)
    assert (found.share.low, found.share.high) == pytest.approx(tuple(expected), abs=0.02)


@pytest.mark.parametrize("swapped", [False, True])
def test_clear_differences_are_decided(swapped):
    rng = np.random.default_rng(0)
    high, low = rng.normal(1, 0.1, 30), rng.normal(0, 0.1, 30)
    a, b = (low, high) if swapped else (high, low)
    expected = Superiority.B if swapped else Superiority.A
    assert compare_runs([a], [b], 0.95).answer is expected
    assert compare_pairs([a - b], 0.95).answer is expected
    assert compare_runs([a, a], [b, b], 0.95).answer is expected


def test_a_bootstrap_that_is_a_point_decides_nothing_by_itself():
    """In 5 pairs A is always higher; chance does this once in 16."""
    found = compare_pairs([np.arange(1.0, 6.0)], 0.95)
    assert found.share == (1, 1, 1)
    assert found.answer is Superiority.TOO_FEW
    assert compare_pairs([np.arange(1.0, 7.0)], 0.95).answer is Superiority.A
    assert compare_runs([np.array([5.0, 6, 7])], [np.array([1.0, 2, 3])], 0.95).answer is (
        Superiority.TOO_FEW
    )


def test_two_runs_decide_nothing():
    found = compare_runs([np.array([5.0, 6])], [np.array([1.0, 2])], 0.95)
    assert found.share.low is None
    assert found.answer is Superiority.TOO_FEW


def test_few_pairs_never_say_that_nothing_is_there():
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = compare_pairs([rng.normal(0, 1, 28)], 0.95)
        assert found.answer is not Superiority.NOT_SIGNIFICANT


def test_enough_pairs_say_not_significant_or_not_meaningful():
    signs = np.array([1.0] * 15 + [-1.0] * 15)
    assert compare_pairs([signs], 0.95).answer is Superiority.NOT_SIGNIFICANT
    small = np.array([1.0] * 1200 + [-1.0] * 800)
    assert compare_pairs([small], 0.95).answer is Superiority.NOT_MEANINGFUL


@pytest.mark.parametrize("count", [6, 7, 12])
def test_alike_samples_are_rarely_told_apart(count):
    """In 5% at most; more than 11 of 100 is then a chance of 1 in 250."""
    rng = np.random.default_rng(0)
    told = {"pairs": 0, "runs": 0, "tasks": 0}
    for _ in range(100):
        a, b, c, d = rng.normal(0, 1, (4, count))
        told["pairs"] += compare_pairs([a - b], 0.95).answer in (Superiority.A, Superiority.B)
        told["runs"] += compare_runs([a], [b], 0.95).answer in (Superiority.A, Superiority.B)
        several = compare_runs([a, c], [b, d], 0.95).answer
        told["tasks"] += several in (Superiority.A, Superiority.B)
    assert all(number <= 11 for number in told.values()), told
