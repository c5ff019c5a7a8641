"""The search finds a smallest set, in few trials where there is one culprit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.remedy.remedies import ALL
from runner.remedy.search import minimize


@given(needed=st.sets(st.integers(0, 9), min_size=1))
def test_exactly_what_is_needed_is_left(needed):
    assert set(minimize(range(10), lambda tried: needed <= set(tried))) == needed


@given(culprit=st.integers(0, len(ALL) - 1))
def test_one_culprit_takes_at_most_six_trials(culprit):
    tried = []

    def works(chosen):
        tried.append(list(chosen))
        return culprit in chosen

    assert minimize(range(len(ALL)), works) == [culprit]
    distinct = {tuple(each) for each in tried}
    assert len(distinct) <= 8


def test_one_change_needs_no_trial():
    assert minimize(["only"], lambda _: False) == ["only"]
