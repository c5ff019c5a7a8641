"""Which means and SDs are possible, against every set of counts that there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from runner.published.chance import all_equal, count_tail, holm, same_ties, smaller_sd, welch_p
from runner.published.possible_sums import find_sums, is_possible_sd, largest_sd
from runner.published.printed_number import parse_cell, parse_number


def number(text):
    found = parse_number(text)
    assert found is not None
    return found


@pytest.mark.parametrize(("rows", "n"), [(7, 3), (9, 4), (25, 2)])
@pytest.mark.parametrize("ddof", [0, 1])
def test_exactly_the_sds_of_all_counts_are_possible(rows, n, ddof):
    """Every printed mean and SD of real counts is possible, and of other SDs few are."""
    runs = np.array(list(product(range(rows + 1), repeat=n))) / rows * 100
    real = {
        (f"{mean:.2f}", f"{sd:.2f}")
        for mean, sd in zip(runs.mean(axis=1), runs.std(axis=1, ddof=ddof), strict=True)
    }
    row = 100 / rows
    for mean, sd in real:
        assert is_possible_sd(number(mean), number(sd), n, row, ddof), (mean, sd)
    # Within the scale, and with values that are printed to 0.01, nothing else is.
    middle = [mean for mean, _ in real if 40 < float(mean) < 60]
    for mean in middle[:20]:
        for hundredths in range(0, 2000, 7):
            sd = f"{hundredths / 100:.2f}"
            if is_possible_sd(number(mean), number(sd), n, row, ddof):
                assert near_real(mean, sd, real), (mean, sd)


def near_real(mean, sd, real):
    """Whether counts have this mean and an SD within the rounding; float and decimal halves
    part."""
    return any(m == mean and abs(float(s) - float(sd)) < 0.0101 for m, s in real)


def test_grim_as_in_its_paper():
    """Brown and Heathers (2017): a mean of 5.19 of 28 whole numbers is impossible; 5.18 is not."""
    assert not find_sums(number("5.19"), 28)
    assert list(find_sums(number("5.18"), 28)) == [145]
    assert list(find_sums(number("5.21"), 28)) == [146]


def test_the_largest_sd_is_that_of_the_extreme_values():
    assert largest_sd(number("0.5"), 2, 1.0) == pytest.approx(np.std([0, 1], ddof=1), abs=1e-9)
    assert largest_sd(number("0.7500"), 4, 1.0) == pytest.approx(np.std([1, 1, 1, 0], ddof=1), 1e-3)
    # Of two values with the mean 0.9 the smaller one is at least 0.8.
    assert largest_sd(number("0.9000"), 2, 1.0) == pytest.approx(np.std([1, 0.8], ddof=1), 1e-3)


def test_chances_against_draws():
    rng = np.random.default_rng(1)
    drawn = np.rint(rng.normal(0, 1.3, (200_000, 3)))
    equal = float((np.ptp(drawn, axis=1) == 0).mean())
    assert all_equal(1.3, 1.0, 3) == pytest.approx(equal, rel=0.05)
    assert all_equal(2000.0, 1.0, 2) == pytest.approx(1 / (2 * np.sqrt(np.pi) * 2000), rel=1e-6)
    small = float((rng.normal(0, 2, (200_000, 4)).std(axis=1, ddof=1) < 0.9).mean())
    assert smaller_sd(2.0, 0.9, 4) == pytest.approx(small, rel=0.05)
    three = float((rng.random((200_000, 4)) < [0.1, 0.2, 0.6, 0.5]).sum(axis=1).__ge__(3).mean())
    assert count_tail([0.1, 0.2, 0.6, 0.5], 3) == pytest.approx(three, rel=0.05)


def test_ties_are_bounded_from_above():
    rng = np.random.default_rng(2)
    drawn = np.sort(np.rint(rng.normal(0, 20, (100_000, 6))), axis=1)
    pairs = (np.diff(drawn, axis=1) == 0).sum(axis=1)
    assert (pairs >= 3).mean() <= same_ties([2, 2, 2], 20.0, 1.0) * 3
    assert same_ties([1] * 6, 20.0, 1.0) == 1.0


def test_welch_and_holm_are_those_of_scipy_and_the_paper():
    from scipy.stats import ttest_ind

    one, other = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 5.5, 9.0])
    found = welch_p(other.mean() - one.mean(), (one.var(ddof=1) / 3, other.var(ddof=1) / 4), (3, 4))
    assert found == pytest.approx(ttest_ind(one, other, equal_var=False).pvalue)
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == [0, 3]


@pytest.mark.parametrize(
    ("text", "mean", "sd"),
    [
        ("93.2", "93.2", None),
        ("93.2 (1.9)", "93.2", "1.9"),
        ("93.2(1.9)", "93.2", "1.9"),
        ("93.2 ± 1.9", "93.2", "1.9"),
        ("93.2 +- 1.9", "93.2", "1.9"),
        ("93.2+/-1.9 %", "93.2", "1.9"),
        ("93.2% (±1.9%)", "93.2", "1.9"),
        ("$93.2 \\pm 1.9$", "93.2", "1.9"),
        ("**93.2** (1.9)", "93.2", "1.9"),
        ("\\textbf{.932}", ".932", None),
        ("-1e-3", "-1e-3", None),
    ],
)
def test_cells_are_read_as_they_are_printed(text, mean, sd):
    cell = parse_cell(text)
    assert cell is not None
    assert cell.mean.text == mean
    assert (cell.sd.text if cell.sd else None) == sd


@pytest.mark.parametrize("text", ["", "n/a", "about 93", "93.2 (1.9", "1,234.5", "93.2 1.9"])
def test_what_is_no_number_is_not_read_as_one(text):
    assert parse_cell(text) is None


def test_digits_and_halves():
    assert (number("93.20").digits, number("93.20").half) == (2, pytest.approx(0.005))
    assert number("93").half == 0.5
    assert parse_number("93,2", decimal_comma=True).value == 93.2
