"""Tables in which nothing is wrong: no finding worse than info, whatever the layout."""

from __future__ import annotations

import pytest
from audit_in_process import audit
from published_tables import clean_case

FAST, SLOW = range(20), range(20, 200)


def check(seed, place):
    audited = audit(place, clean_case(seed, place))
    assert audited.codes() == [], audited.findings
    assert audited.status == 0


@pytest.mark.parametrize("seed", FAST)
def test_a_clean_table_is_not_accused(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_many_clean_tables_are_not_accused(seed, tmp_path):
    check(seed, tmp_path)
