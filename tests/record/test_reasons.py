"""Reasons of several builds that are one reason, and the numbers that it is given."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import runner
from runner.analysis.findings import wording
from runner.analysis.findings.wording import word_reason
from runner.record.format_2 import read_reason
from runner.record.reasons import (
    Clause,
    Join,
    Number,
    Reason,
    at_most,
    between,
    count,
    merge_reasons,
)


def merge(texts):
    """Sentences of records of format 2, merged and said again."""
    return [
        (word_reason(each), builds) for each, builds in merge_reasons(list(map(read_reason, texts)))
    ]


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
    assert merge(reasons) == [(expected, len(reasons))]


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
    assert merge(reasons) == [(each, 1) for each in reasons]


def test_the_commonest_comes_first_and_the_order_of_builds_does_not_matter():
    reasons = ["zeros", "at most 1", "at most 2", "at most 3", "zeros", "ones"]
    expected = [("at most 3", 3), ("zeros", 2), ("ones", 1)]
    assert merge(reasons) == expected
    assert dict(merge(reasons[::-1])) == dict(expected)
    assert merge([]) == []


def test_a_sentence_of_an_older_record_is_said_as_it_was():
    for texts, _ in MERGED.values():
        for text in texts:
            assert word_reason(read_reason(text)) == text


# --- as they are recorded now


def saturated(low, high, unit):
    numbers = {"unit": count(unit, Join.UNIT), "units": count(3)}
    sums = Clause("before-range", words={"what": "softmax"}, numbers={"sums": between(low, high)})
    return Reason([Clause("softmax-saturated", "head (softmax)", numbers=numbers), sums])


def test_builds_with_other_numbers_are_one_reason():
    found = merge_reasons([saturated(-3, 4, 2), saturated(-5.5, 1, 0)])
    assert found == [(saturated(-5.5, 4, 2).merge(saturated(-5.5, 4, 0)), 2)]
    assert word_reason(found[0][0]) == (
        "head (softmax): saturated, one unit of 3 is 1 and the others 0 for every input (before"
        " softmax -5.5 to 4)"
    )
    assert word_reason(saturated(2, 2, 1)).endswith(
        "unit 1 of 3 is 1 and the others 0 for every input (before softmax 2)"
    )


@pytest.mark.parametrize(
    "other",
    [
        Clause("weight-zero", "dense_1", {"weight": "kernel"}),
        Clause("weight-zero", "dense", {"weight": "gamma"}),
        Clause("weights-zero", "dense", {"weight": "kernel"}),
    ],
)
def test_another_code_place_or_word_is_another_reason(other):
    zero = Reason([Clause("weight-zero", "dense", {"weight": "kernel"})])
    assert merge_reasons([zero, Reason([other]), zero]) == [(zero, 2), (Reason([other]), 1)]
    longer = Reason([*zero.clauses, Clause("not-trained")])
    assert len(merge_reasons([zero, longer])) == 2


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (at_most(0.5), at_most(0.25), "0.5"),
        (at_most(-1.0), at_most(-0.25), "-0.25"),
        (between(1, 2), between(-1, 1.5), "-1 to 2"),
        (count(1797, Join.RANGE), count(12, Join.RANGE), "12 to 1797"),
        (Number(0, 0, Join.LIMITS), Number(1, 1, Join.LIMITS), "0 or 1"),
        (count(2, Join.UNIT), count(2, Join.UNIT), "unit 2"),
        (count(2, Join.UNIT), count(0, Join.UNIT), "one unit"),
        (between(-math.inf, 0), between(0, 1e7), "-inf to 1e+07"),
    ],
)
def test_numbers_are_joined_by_what_they_are(one, other, said):
    assert wording.word_number(one.merge(other)) == said
    assert wording.word_number(other.merge(one)) == said


def test_texts_can_be_changed_everywhere():
    reason = Reason([Clause("weight-zero", "secret", {"weight": "a secret one"})])
    concealed = reason.map_texts(lambda text: text.replace("secret", "***"))
    assert word_reason(concealed) == "***: its a *** one is all zeros"


def test_every_code_that_is_made_has_words_and_no_others_have():
    """Adding a reason takes its words, and the line that makes it."""
    made = set()
    folder = Path(runner.__file__).parent / "tasks" / "keras"
    for path in [*folder.glob("*.py"), *(folder / "causes").glob("*.py")]:
        made |= set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', path.read_text("utf-8")))
    subjects = {f"{unit}-{state}" for unit in ("unit", "units") for state in ("dead", "saturated")}
    training = {f"training-{part}-nonfinite" for part in ("inputs", "targets")}
    assert set(wording.WORDS) - made <= subjects | training
    assert set(wording.FAULTS) <= made


def test_a_number_that_is_none_is_not_joined_with_one_that_is():
    nothing, something = (
        Reason([Clause("through-kernel", numbers={"reach": at_most(each)})])
        for each in (math.nan, 2.0)
    )
    for reasons in ([nothing, something], [something, nothing]):
        said = [word_reason(each) for each, _ in merge_reasons(reasons)]
        assert sorted(said) == [
            ", through its kernel (up to 2)",
            ", through its kernel (up to nan)",
        ]


@pytest.mark.parametrize("clause", [Clause("frozen", "dense"), Clause("weight-zero", "dense")])
def test_what_a_newer_version_recorded_is_said_without_its_words(clause):
    said = word_reason(Reason([clause, Clause("not-trained")]))
    assert said.startswith(f"dense: {clause.code}, which this version has no words for; it was not")
