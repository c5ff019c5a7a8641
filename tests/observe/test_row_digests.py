"""Rows have one number in every process, and passes are told apart by rows and by order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.observe.libraries import row_digests
from runner.observe.libraries.row_digests import PassDigest, hash_rows


def digest_pass(*batches):
    passed = PassDigest()
    for batch in batches:
        passed.add([batch])
    return passed.fingerprints(0)


ROWS = np.random.default_rng(0).normal(size=(12, 5)).astype("float32")


def test_the_order_of_rows_is_told_from_the_rows():
    one = digest_pass(ROWS[:6], ROWS[6:])
    other = digest_pass(ROWS[6:], ROWS[:6])
    assert one["data/epoch0"] == other["data/epoch0"]
    assert one["order/0"] != other["order/0"]


def test_batches_of_another_size_are_another_order():
    one, other = digest_pass(ROWS[:6], ROWS[6:]), digest_pass(ROWS)
    assert one["data/epoch0"] == other["data/epoch0"]
    assert one["order/0"] != other["order/0"]


@given(row=st.integers(0, 11), column=st.integers(0, 4), bit=st.integers(0, 31))
def test_every_bit_of_every_row_counts(row, column, bit):
    changed = ROWS.copy()
    changed.view(np.uint32)[row, column] ^= np.uint32(1 << bit)
    assert (hash_rows([ROWS]) != hash_rows([changed])).tolist() == [i == row for i in range(12)]


@pytest.mark.parametrize(
    "rows",
    [
        np.arange(6, dtype=np.uint8).reshape(6, 1),
        np.arange(42, dtype=np.int16).reshape(6, 7),
        np.array(["a", "b", "cc", "", "a ", "A"], dtype=object),
        np.array([b"a", b"b", b"c", b"d", b"e", b"f"]),
        np.arange(6 * 9000, dtype=np.float64).reshape(6, 9000),
        np.array([True, False, True, False, True, False])[:, None] ^ np.eye(6, 3, dtype=bool),
    ],
    ids=["bytes", "odd-width", "texts", "byte-texts", "wide", "flags"],
)
def test_equal_rows_have_equal_numbers_and_other_rows_have_others(rows):
    numbers = hash_rows([rows])
    distinct = (
        {row.tobytes() if row.dtype != object else row for row in map(np.asarray, rows)}
        if (rows.dtype != object)
        else set(rows)
    )
    assert len(set(numbers.tolist())) == len(distinct)
    assert hash_rows([rows.copy()]).tolist() == numbers.tolist()


def test_parts_of_a_row_are_not_exchanged():
    other = ROWS[:, ::-1].copy()
    assert (hash_rows([ROWS, other]) != hash_rows([other, ROWS])).all()


# --- batches that are hashed together


def passed(*batches):
    digests = PassDigest()
    for batch in batches:
        digests.add(batch)
    return digests.fingerprints(0)


@pytest.mark.parametrize(("name", "value"), [("MOST_HELD", 0), ("LARGE", 0), ("BLOCK", 1)])
def test_what_is_hashed_together_changes_nothing(monkeypatch, name, value):
    batches = [[ROWS[start : start + 5]] for start in range(0, 12, 5)]
    together = passed(*batches)
    monkeypatch.setattr(row_digests, name, value)
    assert passed(*batches) == together


def test_large_batches_among_small_ones_are_taken_in_their_order(monkeypatch):
    batches = [[ROWS[:2]], [ROWS[2:9]], [ROWS[9:11]], [ROWS[11:]]]
    one_by_one = passed(*batches)
    monkeypatch.setattr(row_digests, "LARGE", ROWS[:5].nbytes)
    assert passed(*batches) == one_by_one


def test_where_one_batch_ends_counts_for_the_order_only():
    halves, thirds = (
        passed(*[[ROWS[i : i + size]] for i in range(0, 12, size)]) for size in (6, 4)
    )
    assert halves["data/epoch0"] == thirds["data/epoch0"]
    assert halves["order/0"] != thirds["order/0"]


def test_batches_of_other_shapes_and_types_are_told_apart():
    wide, narrow = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    seen = [
        passed([wide], [narrow]),
        passed([narrow], [wide]),
        passed([wide], [narrow.astype(np.float64)]),
        passed([wide], [narrow], [np.array(["a"] * 4, dtype=object)]),
        passed([wide], [narrow], [np.float32(1)]),
        passed([wide, narrow]),
    ]
    assert len({each["order/0"] for each in seen}) == len(seen)


def test_a_batch_that_changes_afterwards_was_taken_as_it_was():
    batch = ROWS.copy()
    digests = PassDigest()
    digests.add([batch])
    batch[:] = 0
    assert digests.fingerprints(0) == passed([ROWS])
