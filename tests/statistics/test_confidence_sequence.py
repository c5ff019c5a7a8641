"""Confidence sequences: coverage however often one looks, their inversion, and their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from runner.statistics.confidence_sequence import (
    Bounds,
    Method,
    bound_bounded,
    bound_mean,
    bound_normal,
    log_capital,
    width_in_sds,
)


def test_capital_is_the_average_of_the_bets():
    shares = np.array([0.5, 0.75, 0.25])
    found = math.exp(log_capital(shares, 0.5)[-1])
    bets = np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])
    expected = np.mean([np.prod(1 + bet * (shares / 0.5 - 1)) for bet in bets])
    assert found == pytest.approx(expected)


def test_nothing_is_won_on_average_if_the_mean_is_as_bet_against():
    shares = np.random.default_rng(0).random((40_000, 4))
    assert np.exp(log_capital(shares, 0.5)[:, -1]).mean() == pytest.approx(1, abs=0.02)


def test_bounds_are_where_the_capital_reaches_its_level():
    values = np.random.default_rng(0).normal(0.1, 0.2, 80)
    found = bound_bounded(values, 1.0, 0.05)
    shares = (values + 1) / 2
    low = optimize.brentq(lambda m: log_capital(shares, m)[-1] - math.log(40), 0.01, 0.99)
    high = 1 - optimize.brentq(lambda m: log_capital(1 - shares, m)[-1] - math.log(40), 0.01, 0.99)
    assert found == pytest.approx((2 * low - 1, 2 * high - 1))


def test_bounds_are_in_the_units_of_the_values():
    values = np.random.default_rng(0).uniform(-1, 1, 50)
    one, tenth = bound_bounded(values, 1, 0.05), bound_bounded(values / 10, 0.1, 0.05)
    assert np.array(tenth) * 10 == pytest.approx(np.array(one))
    mirrored = bound_bounded(-values, 1, 0.05)
    assert (-mirrored.high, -mirrored.low) == pytest.approx(tuple(one))


def test_nothing_is_known_before_the_first_value():
    assert bound_bounded(np.array([]), 1.0, 0.05) == Bounds(-1, 1)
    assert bound_normal(np.array([]), 0.05) == Bounds(-math.inf, math.inf)


def test_a_value_beyond_the_bounds_is_refused():
    with pytest.raises(ValueError, match="must be in"):
        bound_bounded(np.array([0.2, 1.1]), 1.0, 0.05)


@pytest.mark.parametrize("count", [5, 12, 60])
def test_the_normal_bounds_are_those_of_the_integrated_likelihood_ratio(count):
    """The noncentral t density, averaged over effects ~ N(0, 1), against the central one."""
    half = width_in_sds(count, 0.05)
    t = half * math.sqrt(count)

    def density(effect):
        return stats.nct.pdf(t, count - 1, effect * math.sqrt(count)) * stats.norm.pdf(effect)

    mixture, _ = integrate.quad(density, -8, 8, points=[0, half], limit=200)
    assert mixture / stats.t.pdf(t, count - 1) == pytest.approx(20, rel=1e-4)


def test_four_normal_values_bound_nothing_and_five_do():
    assert math.isinf(width_in_sds(4, 0.05))
    assert math.isfinite(width_in_sds(5, 0.05))


def test_equal_values_bound_nothing():
    assert bound_normal(np.full(100, 0.3), 0.05) == Bounds(-math.inf, math.inf)


def test_steps_widen_the_bounds():
    values = np.array([0.01, 0.02, 0.02, 0.03, 0.02, 0.01])
    found = bound_normal(values, 0.05)
    sd = math.sqrt(np.var(values, ddof=1) + 0.01**2 / 12)
    assert found.high - found.low == pytest.approx(2 * width_in_sds(6, 0.05) * sd)


DRAWS = {
    "normal": lambda rng: np.clip(rng.normal(0.1, 0.1, 150), -1, 1),
    "skewed": lambda rng: rng.choice([0.2, -0.8], 150, p=[0.9, 0.1]),
    "coin": lambda rng: rng.choice([0.0, 1.0], 150, p=[0.9, 0.1]),
}


@pytest.mark.parametrize(
    ("name", "method"),
    [*((name, Method.BOUNDED) for name in DRAWS), ("normal", Method.NORMAL)],
)
def test_the_mean_is_ever_outside_in_5_percent_at_most(name, method):
    """Of 200 sequences, looked at after every value; 18 would be a chance of 1 in 100."""
    rng = np.random.default_rng(0)
    outside = 0
    for _ in range(200):
        values = DRAWS[name](rng)
        if method is Method.BOUNDED:
            share = (0.1 + 1) / 2
            sides = [log_capital((values + 1) / 2, share), log_capital((1 - values) / 2, 1 - share)]
            outside += max(side.max() for side in sides) >= math.log(40)
        else:
            found = [bound_mean(values[:n], method, 1.0, 0.05) for n in range(1, 151)]
            outside += not all(each.low <= 0.1 <= each.high for each in found)
    assert outside <= 17
