"""Numbers of replicates: against SciPy's distributions, by simulation, and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from runner.errors import ConfigError
from runner.numeric.intervals import bound_differing, mean_interval
from runner.numeric.jackknife import Estimate
from runner.statistics.judgement import MOST_REPLICATES
from runner.statistics.power import (
    Needed,
    Wanted,
    estimate_normal_sd,
    needed_for_difference,
    needed_for_verdict,
    needed_for_width,
    plan_replicates,
    power_of_t_test,
)

RUNS = [0.93, 0.94, 0.925, 0.931, 0.95]


def width_at(count, sd, confidence=0.95):
    return 2 * stats.t.ppf((1 + confidence) / 2, count - 1) * sd / math.sqrt(count)


@pytest.mark.parametrize("sd", [0.001, 0.01, 0.2])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_a_width_is_reached_at_the_number_and_not_one_before(sd, confidence):
    count = needed_for_width(sd, 0.05, confidence)
    assert width_at(count, sd, confidence) <= 0.05
    assert count == 2 or width_at(count - 1, sd, confidence) > 0.05


def test_the_width_is_that_of_the_interval_that_sweeps_print():
    values = np.linspace(0, 1, 20)
    found = mean_interval(values)
    assert needed_for_width(found.sd, found.high - found.low + 1e-12, 0.95) == 20


@pytest.mark.parametrize("runs", [2, 5, 30])
@pytest.mark.parametrize("effect", [0.2, 1.0, 3.0])
def test_power_is_that_of_the_noncentral_t(runs, effect):
    degrees, shift = 2 * runs - 2, effect / math.sqrt(2 / runs)
    critical = stats.t.ppf(0.975, degrees)
    expected = stats.nct.sf(critical, degrees, shift) + stats.nct.cdf(-critical, degrees, shift)
    assert power_of_t_test(0.5, effect * 0.5, runs, 0.95) == pytest.approx(expected, abs=1e-6)


def test_power_far_out_is_1_and_not_missing():
    for runs in (2, 100, MOST_REPLICATES):
        assert 0.8 < power_of_t_test(1e-4, 0.5, runs, 0.95) <= 1


def test_the_textbooks_number():
    """Cohen (1988): d = 0.5, two-sided 5%, power 80% takes 64 a group; d = 0.8 takes 26."""
    assert needed_for_difference(1.0, 0.5, 0.95, 0.8) == 64
    assert needed_for_difference(1.0, 0.8, 0.95, 0.8) == 26


def test_a_planned_difference_is_found_as_often_as_planned():
    rng = np.random.default_rng(0)
    count = needed_for_difference(1.0, 1.0, 0.95, 0.8)
    one, other = rng.normal(0, 1, (4000, count)), rng.normal(1, 1, (4000, count))
    found = stats.ttest_ind(one, other, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_the_interval_of_the_sd_holds_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [estimate_normal_sd(list(rng.normal(0, 2, 5)), 0.95) for _ in range(2000)]
    assert np.mean([each.low <= 2 <= each.high for each in found]) == pytest.approx(0.95, abs=0.015)


def test_the_interval_of_the_sd_is_chi_squares():
    found = estimate_normal_sd(RUNS, 0.95)
    sd = np.std(RUNS, ddof=1)
    low, high = sd * np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    assert found == (pytest.approx(sd), pytest.approx(low), pytest.approx(high))


def test_fewer_than_3_runs_plan_nothing():
    plan = plan_replicates(RUNS[:2], 0.95, Wanted(width=0.01, difference=0.01), same=False)
    assert (plan.runs, plan.sd) == (2, Estimate())
    assert plan.width == plan.difference == Needed()


def test_equal_values_plan_nothing_from_their_sd():
    plan = plan_replicates([0.5] * 9, 0.95, Wanted(width=0.01, verdict=True), same=False)
    assert plan.sd == Estimate(0.0)
    assert plan.width == Needed()
    assert plan.verdict is None


def test_the_upper_end_needs_more():
    plan = plan_replicates(RUNS, 0.95, Wanted(width=0.01, difference=0.01), same=False)
    assert plan.width.at_sd < plan.width.at_upper
    assert plan.difference.at_sd < plan.difference.at_upper


def test_too_many_are_not_proposed():
    assert needed_for_width(1.0, 1e-6, 0.95) is None
    assert needed_for_difference(1.0, 1e-6, 0.95, 0.8) is None


def test_a_verdict_needs_what_its_bound_needs():
    count = needed_for_verdict(0.95)
    assert bound_differing(count - 1, 0.95) < 0.1 <= bound_differing(count - 2, 0.95)
    assert plan_replicates([], 0.95, Wanted(verdict=True), same=True).verdict == count
    assert plan_replicates([], 0.95, Wanted(verdict=True), same=False).verdict is None


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"width": 0}, "--width"),
        ({"width": math.nan}, "--width"),
        ({"difference": -1}, "--difference"),
        ({"difference": math.inf}, "--difference"),
        ({"width": 1, "power": 1}, "--power"),
        ({"width": 1, "power": 0}, "--power"),
        ({}, "power"),
    ],
)
def test_impossible_wishes_are_refused(given, key):
    with pytest.raises(ConfigError, match=f"^{key}: must be"):
        Wanted(**given)
