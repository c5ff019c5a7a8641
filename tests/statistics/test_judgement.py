"""Values of runs against published results: intervals and tests worked out by other means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.statistics.judgement import (
    Answer,
    judge_compatible,
    judge_different,
    judge_equivalent,
)
from runner.statistics.published_result import read_published

RUNS = [0.648, 0.641, 0.652, 0.646, 0.65]


def published(**given):
    return read_published("published", given)


def test_the_prediction_interval_is_the_textbooks():
    """Hahn and Meeker: mean ± t(0.975; n-1) s sqrt(1/n + 1/m)."""
    found = judge_compatible(published(mean=0.68, sd=0.02, n=3), RUNS, 0.95)
    half = stats.t.ppf(0.975, 2) * 0.02 * np.sqrt(1 / 3 + 1 / 5)
    assert (found.low, found.high) == (pytest.approx(0.68 - half), pytest.approx(0.68 + half))
    assert found.answer is Answer.COMPATIBLE


def test_rounding_widens_the_interval():
    exact = judge_compatible(published(mean=0.68, sd=0.02, n=3), RUNS, 0.95)
    rounded = judge_compatible(published(mean=0.68, sd=0.02, n=3, digits=2), RUNS, 0.95)
    assert rounded.low < exact.low < exact.high < rounded.high
    half = 0.005 + stats.t.ppf(0.975, 2) * 0.025 * np.sqrt(1 / 3 + 1 / 5)
    assert rounded.high == pytest.approx(0.68 + half)


def test_a_published_sd_of_0_that_was_rounded_is_no_certainty():
    assert judge_compatible(published(mean=0.65, sd=0, n=5), RUNS, 0.95).answer is not (
        Answer.COMPATIBLE
    )
    rounded = published(mean=0.65, sd=0, n=5, digits=2)
    assert judge_compatible(rounded, RUNS, 0.95).answer is Answer.COMPATIBLE


def test_far_away_is_different():
    found = judge_compatible(published(mean=0.8, sd=0.01, n=10), RUNS, 0.95)
    assert found.answer is Answer.DIFFERENT
    assert found.needed is None


def test_a_difference_is_welchs():
    first, second = [0.70, 0.69, 0.71, 0.70], RUNS
    test = stats.ttest_ind(second, first, equal_var=False)
    found = judge_different(
        published(mean=np.mean(first), sd=np.std(first, ddof=1), n=4), RUNS, 0.95
    )
    interval = test.confidence_interval(0.95)
    assert (found.low, found.high) == (
        pytest.approx(interval.low),
        pytest.approx(interval.high),
    )
    assert found.answer is Answer.DIFFERENT


def test_the_permutation_test_has_to_agree():
    rng, split = np.random.default_rng(0), 0
    for _ in range(60):
        first, second = rng.exponential(1, 5), rng.exponential(2.5, 4)
        welch = stats.ttest_ind(first, second, equal_var=False).pvalue
        exact = stats.permutation_test((first, second), _gap, n_resamples=np.inf).pvalue
        found = judge_different(published(values=list(first)), list(second), 0.95)
        assert (found.answer is Answer.DIFFERENT) == (max(welch, exact) < 0.05)
        split += (welch < 0.05) != (exact < 0.05)
    assert split  # the two tests do disagree sometimes


def _gap(x, y):
    return np.mean(x) - np.mean(y)


def test_with_too_few_runs_for_permutation_welchs_test_decides():
    first = published(values=[0.1, 0.1001])
    assert judge_different(first, [0.9, 0.9001], 0.95).answer is Answer.DIFFERENT


def test_means_that_are_alike_are_never_called_the_same():
    found = judge_different(published(mean=0.648, sd=0.003, n=5), RUNS, 0.95)
    assert found.answer is Answer.INCONCLUSIVE


def test_equivalence_is_an_interval_inside_of_the_margin():
    given = {"mean": 0.65, "sd": 0.004, "n": 5}
    for margin, answer in ((0.01, Answer.EQUIVALENT), (0.001, Answer.INCONCLUSIVE)):
        assert judge_equivalent(published(**given, margin=margin), RUNS, 0.95).answer is answer
    far = published(mean=0.8, sd=0.004, n=5, margin=0.05)
    assert judge_equivalent(far, RUNS, 0.95).answer is Answer.DIFFERENT


def test_equivalence_agrees_with_two_one_sided_tests():
    first, margin = np.array([0.64, 0.66, 0.65, 0.655, 0.645]), 0.0125
    ps = [
        stats.ttest_ind(np.array(RUNS) + shift, first, equal_var=False, alternative=side).pvalue
        for shift, side in ((margin, "greater"), (-margin, "less"))
    ]
    for confidence in (0.9, 0.95, 0.99, 0.999):
        found = judge_equivalent(published(values=list(first), margin=margin), RUNS, confidence)
        assert (found.answer is Answer.EQUIVALENT) == (max(ps) < 1 - confidence)


def test_equivalence_needs_a_margin():
    with pytest.raises(ValueError, match="margin"):
        judge_equivalent(published(mean=0.65, sd=0.004, n=5), RUNS, 0.95)


@pytest.mark.parametrize("judge", [judge_compatible, judge_different])
@pytest.mark.parametrize("values", [[], [0.65]])
def test_one_run_concludes_nothing(judge, values):
    assert judge(published(mean=0.1, sd=0.01, n=3), values, 0.95).answer is Answer.INCONCLUSIVE


def test_a_range():
    inside = judge_compatible(published(range=[0.64, 0.66]), RUNS, 0.95)
    assert inside.answer is Answer.COMPATIBLE
    assert judge_compatible(published(range=[0.7, 0.8]), RUNS, 0.95).answer is Answer.DIFFERENT
    near = judge_compatible(published(range=[0.65, 0.66]), [0.64, 0.655, 0.648, 0.643], 0.95)
    assert near.answer is Answer.INCONCLUSIVE
    assert near.needed is not None
    assert near.needed > 4


def test_so_many_runs_do_settle_it():
    """Where the true values are those of the runs so far, most further samples settle it."""
    given = published(mean=0.70, sd=0.02, n=30)
    values = [0.68, 0.70, 0.66, 0.71]
    first = judge_different(given, values, 0.95)
    assert first.answer is Answer.INCONCLUSIVE
    assert first.needed is not None
    rng = np.random.default_rng(0)
    drawn = rng.normal(np.mean(values), np.std(values, ddof=1), (400, first.needed))
    settled = np.mean(
        [judge_different(given, list(each), 0.95).answer is Answer.DIFFERENT for each in drawn]
    )
    assert 0.65 < settled < 0.95  # planned for 0.8


def test_too_few_published_runs_cannot_be_settled():
    given = published(mean=0.70, sd=0.05, n=2)
    assert judge_different(given, [0.66, 0.665, 0.662], 0.95).needed is None


def test_equal_values_have_no_spread():
    found = judge_different(published(mean=0.5, sd=0.01, n=10), [0.1] * 3, 0.95)
    assert found.answer is Answer.DIFFERENT
    both = judge_different(published(values=[0.1, 0.1, 0.1]), [0.1] * 3, 0.95)
    assert both.answer is Answer.INCONCLUSIVE
