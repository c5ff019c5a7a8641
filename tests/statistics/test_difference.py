"""Differences of means: against SciPy's tests, by simulation, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.statistics.difference import (
    Shown,
    estimate_paired,
    estimate_unpaired,
)

RNG = np.random.default_rng(0)
A, B = RNG.normal(0.9, 0.01, 8), RNG.normal(0.88, 0.02, 6)
PAIRS = RNG.normal(0.01, 0.01, 9)


def test_pairs_have_students_interval():
    found = estimate_paired([PAIRS], 0.95)
    expected = stats.ttest_1samp(PAIRS, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_runs_have_welchs_interval():
    found = estimate_unpaired([A], [B], 0.9)
    expected = stats.ttest_ind(A, B, equal_var=False).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_sign_flip_test_is_scipys():
    found = estimate_paired([PAIRS], 0.95)
    expected = stats.permutation_test(
        (PAIRS,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert found.p_flip == pytest.approx(expected.pvalue)


def test_many_pairs_have_no_exact_test():
    assert estimate_paired([RNG.normal(0, 1, 17)], 0.95).p_flip is None
    assert estimate_paired([RNG.normal(0, 1, 16)], 0.95).p_flip is not None


def test_over_tasks_the_interval_holds_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        pairs = [rng.normal(0, 1, 4), rng.normal(0, 3, 6)]
        found = estimate_paired(pairs, 0.95)
        held += found.low <= 0 <= found.high
    assert held / 2000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clear_difference_is_shown(sign):
    shown = Shown.A if sign > 0 else Shown.B
    assert estimate_paired([sign * (PAIRS + 0.1)], 0.95).shown is shown
    assert estimate_unpaired([sign * (A + 1)], [sign * B], 0.95).shown is shown


def test_what_is_not_shown_is_not_called_equal():
    found = estimate_paired([RNG.normal(0, 1, 10)], 0.95)
    assert found.shown is Shown.NOTHING
    assert str(found.shown) == "not shown to differ"


def test_two_pairs_show_nothing():
    assert estimate_paired([np.array([1.0, 1.1])], 0.95).shown is Shown.TOO_FEW
    assert estimate_unpaired([A[:2]], [B], 0.95).shown is Shown.TOO_FEW
    assert estimate_paired([PAIRS, PAIRS[:2]], 0.95).shown is Shown.TOO_FEW


def test_the_exact_test_has_to_agree():
    """Student's interval excludes 0, and 4 of 256 ways to flip signs give as much."""
    pairs = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.1, 1.2, -0.2])
    found = estimate_paired([pairs], 0.99)
    assert found.p_flip == 4 / 256
    assert found.low > 0
    assert found.shown is Shown.NOTHING
    assert estimate_paired([pairs], 0.95).shown is Shown.A


@pytest.mark.parametrize(("count", "shown"), [(5, Shown.NOTHING), (6, Shown.A)])
def test_one_difference_in_all_pairs_is_shown_by_the_exact_test_alone(count, shown):
    found = estimate_paired([np.full(count, 0.1)], 0.95)
    assert (found.low, found.high, found.mean) == (None, None, 0.1)
    assert found.shown is shown


def test_no_difference_in_any_pair_is_not_called_equal():
    assert estimate_paired([np.zeros(50)], 0.95, margin=0.1).shown is Shown.NOTHING


def test_samples_that_do_not_vary_are_parted_by_chance_too_where_they_are_few():
    assert estimate_unpaired([np.ones(3)], [np.zeros(3)], 0.95).shown is Shown.NOTHING
    assert estimate_unpaired([np.ones(5)], [np.zeros(5)], 0.95).shown is Shown.A


def test_equivalence_is_two_one_sided_tests():
    for margin in (0.02, 0.025, 0.03, 0.06):
        low = stats.ttest_ind(A, B - margin, equal_var=False, alternative="greater").pvalue
        high = stats.ttest_ind(A, B + margin, equal_var=False, alternative="less").pvalue
        found = estimate_unpaired([A], [B], 0.95, margin).shown
        assert (found is Shown.EQUIVALENT) == (max(low, high) < 0.05)


def test_means_at_the_margin_are_rarely_called_equivalent():
    rng = np.random.default_rng(0)
    called = sum(
        estimate_paired([rng.normal(0.5, 1, 20)], 0.95, 0.5).shown is Shown.EQUIVALENT
        for _ in range(2000)
    )
    assert called / 2000 < 0.06


def test_alike_samples_are_rarely_told_apart():
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(2000):
        told += estimate_paired([rng.normal(0, 1, 8)], 0.95).shown is not Shown.NOTHING
    assert told / 2000 < 0.06
