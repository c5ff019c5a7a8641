"""OBS203, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
import pytest
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts


def facts(train, test):
    y = np.zeros(len(train), int), np.zeros(len(test), int)
    return describe_parts((train, y[0]), (test, y[1]), in_order=False)


PIXELS = np.random.default_rng(0).integers(0, 256, (40, 64))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (PIXELS / 255, PIXELS),
        (PIXELS, PIXELS / 255),
        (PIXELS / 255, PIXELS / 255 / 255),
        (PIXELS.astype(np.float32) / 16, PIXELS.astype(np.float32)),
    ],
)
def test_fires(tmp_path, train, test):
    (found,) = of_code(find_in(tmp_path, [{"facts": facts(train, test)}] * 2), "OBS203")
    assert found.observation.seen.startswith("Test inputs are typically ")
    assert (found.observation.affected, found.observation.total) == (2, 2)


def test_fires_with_both_ranges(tmp_path):
    measured = facts(np.array([[0.5], [1.0]]), np.array([[50], [100]]))
    (found,) = of_code(find_in(tmp_path, [{"facts": measured}] * 2), "OBS203")
    assert found.observation.seen == (
        "Test inputs are typically 75 (whole numbers from 50 to 100), training inputs 0.75"
        " (float64 from 0.5 to 1)."
    )


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (PIXELS, PIXELS[:5]),
        (PIXELS / 255, PIXELS[:5].astype(np.float32) / 255),
        (np.zeros((4, 2)), np.ones((4, 2))),  # nothing is typical of zeros
        (np.full((4, 2), np.nan), np.ones((4, 2))),
    ],
)
def test_quiet(tmp_path, train, test):
    assert not of_code(find_in(tmp_path, [{"facts": facts(train, test)}] * 2), "OBS203")


def test_quiet_for_heavy_tails(tmp_path):
    for seed in range(50):
        values = np.random.default_rng(seed).standard_t(1, (300, 4))
        measured = facts(values[:240], values[240:])
        assert not of_code(find_in(tmp_path / str(seed), [{"facts": measured}]), "OBS203")


def test_quiet_where_two_columns_are_of_other_sizes(tmp_path):
    """A zero more or less moves the median from the shares to the incomes."""
    draws = np.random.default_rng(0)
    x = np.stack([draws.uniform(0.1, 1, 100), draws.uniform(2e4, 8e4, 100)], axis=1)
    x[0, 0] = x[99, 1] = 0
    assert not of_code(find_in(tmp_path, [{"facts": facts(x[:80], x[80:])}] * 2), "OBS203")


def test_quiet_for_a_few_tiny_values(tmp_path):
    """As rounding leaves them where there was a 0."""
    tiny = PIXELS[:5] / 255
    tiny[:, :8] = 1e-17
    assert not of_code(find_in(tmp_path, [{"facts": facts(PIXELS / 255, tiny)}] * 2), "OBS203")
