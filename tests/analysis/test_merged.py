"""Reasons of several builds that are one reason, and the numbers that it is given."""

from __future__ import annotations

import pytest

from runner.analysis.findings.collapse_reasons import merge_reasons

SAME = "dense (tanh): gives the same for every input up to rounding (differences of at most {})"

MERGED = {
    "the largest of what is a most": (
        [SAME.format(each) for each in ("9.9e-08", "1.2e-07", "3e-09")],
        SAME.format("1.2e-07"),
    ),
    "negative numbers": (
        [f"dense (relu): 0 for every input (before relu at most {n})" for n in (-9.7, -0.3, -100)],
        "dense (relu): 0 for every input (before relu at most -0.3)",
    ),
    "from the smallest to the largest": (
        [f"(before tanh {each}), through its kernel (up to 50)" for each in ("-3 to 4", "-5", "2")],
        "(before tanh -5 to 4), through its kernel (up to 50)",
    ),
    "infinities": (
        [f"(before softmax {each})" for each in ("-inf to 4", "2 to inf")],
        "(before softmax -inf to inf)",
    ),
    "scales of inputs": (
        [
            f"they reach {n}; inputs that reached 1 instead of {n} differ"
            for n in ("1e+06", "2e+06")
        ],
        "they reach 1e+06 to 2e+06; inputs that reached 1 instead of 1e+06 to 2e+06 differ",
    ),
    "a part of all values": (
        [f"dense: its kernel is NaN or infinite ({n} of 8 values)" for n in (8, 6, 8)],
        "dense: its kernel is NaN or infinite (6 to 8 of 8 values)",
    ),
    "a part of all outputs": (
        [f"dense: {n} of 16 outputs are NaN, though its inputs (up to {n}.5) are" for n in (16, 9)],
        "dense: 9 to 16 of 16 outputs are NaN, though its inputs (up to 16.5) are",
    ),
    "values of rows trained on": (
        [f"{n} values of the training inputs are NaN or infinite" for n in (11, 9)],
        "9 to 11 values of the training inputs are NaN or infinite",
    ),
    "which unit": (
        [f"head (softmax): saturated, unit {n} of 3 is 1 and the others 0" for n in (2, 0)],
        "head (softmax): saturated, one unit of 3 is 1 and the others 0",
    ),
    "limits": (
        [f"its unit is saturated at {each} for every input" for each in (1, 0, "0 or 1")],
        "its unit is saturated at 0 or 1 for every input",
    ),
    "a limit below zero": (
        [f"its unit is saturated at {each} for every input" for each in (1, -1)],
        "its unit is saturated at -1 or 1 for every input",
    ),
    "nothing measured": (["dense: its kernel is all zeros"] * 3, "dense: its kernel is all zeros"),
}


@pytest.mark.parametrize("name", MERGED)
def test_reasons_that_differ_in_measured_numbers_only(name):
    reasons, expected = MERGED[name]
    assert merge_reasons(reasons) == [(expected, len(reasons))]


@pytest.mark.parametrize(
    "reasons",
    [
        ["dense_1: its kernel is all zeros", "dense_2: its kernel is all zeros"],
        ["all 4 units are 0 for every input", "all 8 units are 0 for every input"],
        ["all 24 training labels are 0", "all 24 training labels are 1"],
        ["its kernel is NaN (8 of 8 values)", "its kernel is NaN (8 of 9 values)"],
        ["(before relu at most 1)", "(before relu at most 1), through its bias (-1)"],
        ["a (before relu at most 1)", "a (before relu 1)"],
        ["a: its bias (1)", "a: its bias (2)"],
        ["it is 0 whatever comes in", "it is 1 whatever comes in"],
    ],
)
def test_other_numbers_make_another_reason(reasons):
    assert merge_reasons(reasons) == [(each, 1) for each in reasons]


def test_the_commonest_comes_first_and_the_order_of_builds_does_not_matter():
    reasons = ["zeros", "at most 1", "at most 2", "at most 3", "zeros", "ones"]
    expected = [("at most 3", 3), ("zeros", 2), ("ones", 1)]
    assert merge_reasons(reasons) == expected
    assert dict(merge_reasons(reasons[::-1])) == dict(expected)
    assert merge_reasons([]) == []
