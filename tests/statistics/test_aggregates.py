"""Interquartile means and performance profiles: against SciPy and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.numeric.jackknife import Estimate
from runner.statistics.aggregates import DRAWS, estimate_iqm, make_profile, resample, trim

RNG = np.random.default_rng(0)
SCORES = [RNG.normal(0.8, 0.05, 12), RNG.normal(0.5, 0.2, 12), RNG.normal(0.9, 0.01, 12)]


@pytest.mark.parametrize("count", range(1, 14))
def test_the_iqm_is_scipys_trimmed_mean(count):
    values = np.random.default_rng(count).normal(size=count)
    assert trim(values) == pytest.approx(stats.trim_mean(values, 0.25))


def test_over_tasks_all_scores_are_trimmed_together():
    found = estimate_iqm(SCORES, 0.95)
    assert found.value == pytest.approx(stats.trim_mean(np.concatenate(SCORES), 0.25))
    assert found.low < found.value < found.high


def test_the_interval_is_scipys_bootstrap():
    expected = stats.bootstrap(
        (SCORES[0],), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=20_000,
        method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    found = estimate_iqm(SCORES[:1], 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1.5e-3)


def test_runs_are_drawn_within_their_task():
    for part in resample([np.array([1.0, 1.5]), np.array([5.0])]):
        one, other = part
        assert set(np.unique(one)) <= {1.0, 1.5}
        assert set(np.unique(other)) == {5.0}
        assert one.shape == (DRAWS, 2)


def test_the_same_runs_have_the_same_interval():
    assert estimate_iqm(SCORES, 0.95) == estimate_iqm(SCORES, 0.95)


def test_two_runs_have_no_interval():
    assert estimate_iqm([np.array([1.0, 2.0])], 0.95) == Estimate(1.5)


def test_equal_scores_have_exactly_their_value():
    assert estimate_iqm([np.full(9, 0.1)], 0.95) == (0.1, 0.1, 0.1)


@pytest.mark.parametrize(("count", "least", "most"), [(3, 0.5, 0.85), (10, 0.86, 0.98)])
def test_the_interval_is_good_from_10_runs_and_too_narrow_at_3(count, least, most):
    """As the paper says, which is why fewer than 10 get a warning."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        found = estimate_iqm([rng.normal(0, 1, count)], 0.95)
        held += found.low <= 0 <= found.high
    assert least < held / 100 < most


def test_a_profile_is_the_share_above_each_threshold():
    one, other = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.3, 0.3, 0.3])
    points = make_profile([one, other], [0.0, 0.2, 0.3, 0.4], 0.95)
    assert [each.share.value for each in points] == [1, (0.5 + 1) / 2, (0.25 + 0) / 2, 0]
    assert points[0].share == (1, 1, 1)
    assert points[1].share.low < 0.75 < points[1].share.high


def test_the_band_of_a_profile_is_the_bootstraps():
    scores = SCORES[0]
    (point,) = make_profile([scores], [0.8], 0.9)
    count = (scores > 0.8).sum()
    # The number above among n drawn runs is binomial.
    expected = stats.binom.ppf([0.05, 0.95], 12, count / 12) / 12
    assert (point.share.low, point.share.high) == pytest.approx(tuple(expected))


def test_the_profile_of_two_runs_has_no_band():
    assert make_profile([np.array([1.0, 2.0])], [1.5], 0.95)[0].share == Estimate(0.5)
