"""Tells rows in another order from other rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from runner.numeric.bitwise import Array, row_bytes
from runner.record.fingerprint import digest
from runner.record.reasons import Clause, count

CODE = "row_set"
"""Code of the fact."""

MAX_VALUES = 5_000_000
"""Values beyond which no fact is measured, so that it costs a run little time."""

ROW_DIGEST_BYTES = 8
"""Bytes of a row's digest: a million rows have two with the same one at a chance of 3e-8."""


def describe_row_set(*parts: Sequence[Array]) -> list[Clause]:
    """Return `row_set`: a digest of the rows that is the same in whatever order they come.

    Args:
        parts: for each part that the source returned, arrays with a first axis (row,): inputs,
            targets and, where there are any, groups. A row stays in its part.

    Returns:
        One fact; none where there are more than MAX_VALUES values, or they are no plain numbers.
    """
    arrays = [each for part in parts for each in part]
    if any(each.dtype.hasobject for each in arrays):
        return []
    if sum(each.size for each in arrays) > MAX_VALUES:
        return []
    types = [f"{each.dtype.str}{each.shape[1:]}" for each in arrays]
    rows = [np.sort(_digest_rows(part)) for part in parts]
    text = digest(np.frombuffer(" ".join(types).encode(), np.uint8), *rows)
    numbers = {"rows": count(sum(map(len, rows)))}
    return [Clause(CODE, words={"digest": text}, numbers=numbers)]


def _digest_rows(part: Sequence[Array]) -> Array:
    """Return a number for each row (row,) that is equal for equal bits in all arrays."""
    rows = map(b"".join, zip(*map(row_bytes, part), strict=True))
    found = b"".join(hashlib.blake2b(each, digest_size=ROW_DIGEST_BYTES).digest() for each in rows)
    return np.frombuffer(found, dtype=np.uint64)
