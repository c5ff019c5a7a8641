"""The unbiased variance of true quality, over simulated trainings whose variance is known."""

from __future__ import annotations

import numpy as np
import pytest

from runner.statistics.true_variance import estimate_true_variance

RNG = np.random.default_rng(0)


def simulate(spread, runs=200, rows=1000):
    """Trainings whose true errors are 0.3 ± spread, each row as hard as any other."""
    true = np.clip(RNG.normal(0.3, spread, runs), 0, 1)
    return RNG.random((runs, rows)) < true[:, None]


def test_trainings_of_equal_quality_have_none_though_their_test_errors_differ():
    wrong = simulate(0)
    assert wrong.mean(axis=1).std() > 0.01
    estimates = [estimate_true_variance(simulate(0, runs=20)) for _ in range(200)]
    assert np.mean(estimates) == pytest.approx(0, abs=2.5e-5)
    assert min(estimates) < 0 < max(estimates)


def test_rows_of_unequal_difficulty_change_nothing():
    """Rows that all trainings get right or wrong have no variance."""
    hard = RNG.random(1000)
    wrong = RNG.random((400, 1000)) < hard
    assert estimate_true_variance(wrong) == pytest.approx(0, abs=3e-5)


@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_the_variance_of_true_errors_is_found(spread):
    estimates = [estimate_true_variance(simulate(spread, runs=50)) for _ in range(60)]
    assert np.sqrt(np.mean(estimates)) == pytest.approx(spread, rel=0.1)


def test_it_is_the_published_formula():
    wrong = RNG.random((7, 11)) < 0.4
    n, errors = 11, wrong.astype(float)
    expected = (
        n
        / (n - 1)
        * (
            np.var(errors.mean(1), ddof=1)
            - sum(np.var(errors[:, i], ddof=1) for i in range(n)) / n**2
        )
    )
    assert estimate_true_variance(wrong) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(1, 10), (0, 10), (5, 1), (5, 0)])
def test_one_run_or_row_has_none(shape):
    assert estimate_true_variance(np.zeros(shape, bool)) is None
