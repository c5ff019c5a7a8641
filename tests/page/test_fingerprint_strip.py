"""Fingerprints in a strip: which builds share a letter, and which stages share a column."""

from __future__ import annotations

import pytest
from paged_sweeps import add_run, make_mixed
from synthetic import write

from runner.analysis.results import collate
from runner.page import fingerprint_strip
from runner.page.fingerprint_strip import MISSING, MOST_COLUMNS, make_strip


def strip_of(directory, place=0, first=None):
    return make_strip(collate(directory).evidence[place], first)


def letters(strip, column):
    return [row[strip.columns.index(column)] for row in strip.letters]


def test_runs_share_a_letter_exactly_where_their_digests_are_equal(tmp_path):
    make_mixed(tmp_path)
    strip = strip_of(tmp_path, 1)
    assert letters(strip, "data") == [0] * 5
    assert letters(strip, "init/dense/bias") == [0] * 5
    # The last row is the replay of run 2.
    assert letters(strip, "init/dense/kernel") == letters(strip, "outputs") == [0, 1, 2, 3, 2]


def test_the_shown_digests_are_those_of_the_letters(tmp_path):
    run = add_run(tmp_path, 0, 1)
    other = add_run(tmp_path, 1, 2)
    strip = strip_of(tmp_path)
    shown = strip.digests[strip.columns.index("outputs")]
    whole = [each.fingerprints[0]["outputs"] for each in (run, other)]
    assert [full.startswith(short) for full, short in zip(whole, shown, strict=True)] == [True] * 2


def test_a_stage_that_was_not_recorded_has_no_letter(tmp_path):
    add_run(tmp_path, 0, 1, fingerprints=[{"data": "d", "outputs": "o"}])
    add_run(tmp_path, 1, 1, fingerprints=[{"data": "d", "order/0": "r", "outputs": "o"}])
    strip = strip_of(tmp_path)
    assert letters(strip, "order/0") == [MISSING, 0]


def test_builds_stand_below_each_other_and_are_compared_too(tmp_path):
    for job in range(2):
        add_run(tmp_path, job, 1, fingerprints=[{"init/a": "x"}, {"init/a": "y"}])
    strip = strip_of(tmp_path)
    assert strip.rows == ((0, 0), (1, 0), (0, 1), (1, 1))
    assert letters(strip, "init/a") == [0, 0, 1, 1]


def test_failed_runs_without_fingerprints_have_no_row(tmp_path):
    write(tmp_path, 0)
    assert strip_of(tmp_path) is None
    add_run(tmp_path, 1, 1)
    assert strip_of(tmp_path).rows == ((1, 0),)


@pytest.mark.parametrize("epochs", [MOST_COLUMNS + 1, 500])
def test_many_epochs_share_columns_without_hiding_where_runs_part(tmp_path, epochs):
    """A column of several stages differs where one of them does, and the first stands alone."""
    for job in range(2):
        orders = {f"order/{e}": f"{e}{job if e == 7 else ''}" for e in range(epochs)}
        add_run(tmp_path, job, 1, fingerprints=[{"data": "d", **orders, "outputs": str(job)}])
    strip = strip_of(tmp_path, first="order/7")
    assert len(strip.columns) <= 12
    assert letters(strip, "order/7") == [0, 1]
    (rest,) = (name for name in strip.columns if name.startswith("order/8 + "))
    assert rest == f"order/8 + {epochs - 9} more"
    assert letters(strip, rest) == [0, 0]
    blind = strip_of(tmp_path)
    (every,) = (name for name in blind.columns if name.startswith("order/0 + "))
    assert letters(blind, every) == [0, 1]


def test_many_layers_share_columns_too(tmp_path):
    layers = {f"init/dense_{i}/kernel": str(i) for i in range(30)}
    layers |= {f"weights/dense_{i}/kernel": str(i) for i in range(30)}
    add_run(tmp_path, 0, 1, fingerprints=[{"data": "d", **layers, "outputs": "o"}])
    assert len(strip_of(tmp_path).columns) <= MOST_COLUMNS


def test_what_is_left_out_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint_strip, "MOST_ROWS", 3)
    for job in range(5):
        add_run(tmp_path, job, 1)
    strip = strip_of(tmp_path)
    assert (len(strip.rows), strip.left_out) == (3, 2)
