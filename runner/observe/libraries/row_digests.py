"""Digests the rows that reach training, as fast as they come: their order, and the set of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.record.fingerprint import DIGITS, digest

Rows = npt.NDArray[np.uint64]

MULTIPLIERS = np.random.Generator(np.random.PCG64(20_201)).integers(
    1, 2**63, size=4096, dtype=np.uint64
) | np.uint64(1)
"""Odd factors of a multilinear hash; fixed, so that all processes give a row one number."""


MOST_HELD = 4 * 2**20
"""Bytes of batches that are kept until they are hashed together, which takes a twentieth of the
time that hashing small batches one by one takes."""

LARGE = 2**17
"""Bytes of a batch that is hashed at once, without a copy: copying it takes longer than hashing."""

BLOCK = 2**16
"""Bytes of rows that are hashed together, so that what is computed of them stays in the cache."""


class PassDigest:
    """Digests the rows of one pass over the data."""

    def __init__(self) -> None:
        self.batches = 0
        self._lengths = hashlib.sha256()
        self._order = hashlib.sha256()
        self._sum = np.uint64(0)
        self._held: list[list[npt.NDArray[Any]]] = []
        self._held_bytes = 0

    def add(self, parts: Sequence[Any]) -> None:
        """Add a batch: arrays whose first axis is that of rows, all of one length."""
        self.batches += 1
        given = [np.asarray(each) for each in parts]
        if sum(each.nbytes for each in given) >= LARGE:
            self._hash_held()
            self._take(hash_rows(given), [])
            return
        arrays = [np.array(each) for each in given]
        if self._held and not _fit(self._held[-1], arrays):
            self._hash_held()
        self._hold(arrays)
        if self._held_bytes > MOST_HELD or not _has_rows(arrays):
            self._hash_held()

    def fingerprints(self, name: str | int) -> dict[str, str]:
        """Return the stages `data/epochNAME`, whatever the order of the rows, and `order/NAME`."""
        self._hash_held()
        order = hashlib.sha256(self._lengths.digest() + self._order.digest())
        return {
            f"data/epoch{name}": f"{int(self._sum):016x}"[:DIGITS],
            f"order/{name}": order.hexdigest()[:DIGITS],
        }

    def _hold(self, arrays: list[npt.NDArray[Any]]) -> None:
        self._held.append(arrays)
        self._held_bytes += sum(each.nbytes for each in arrays)

    def _hash_held(self) -> None:
        if not self._held:
            return
        held, self._held, self._held_bytes = self._held, [], 0
        alone = len(held) == 1
        joined = held[0] if alone else [np.concatenate(each) for each in zip(*held, strict=True)]
        self._take(hash_rows(joined), [] if alone else [len(each[0]) for each in held])

    def _take(self, rows: Rows, lengths: list[int]) -> None:
        """Take the hashes of rows, of batches of these lengths; none: they are one batch."""
        lengths = lengths or [len(rows)]
        self._lengths.update(b"".join(each.to_bytes(8, "little") for each in lengths))
        self._order.update(rows.tobytes())
        with np.errstate(over="ignore"):
            self._sum += _mix(rows).sum(dtype=np.uint64)


def _has_rows(arrays: Sequence[npt.NDArray[Any]]) -> bool:
    """Return whether all arrays have as many rows, of bytes that say what they hold."""
    lengths = {len(each) if each.ndim else None for each in arrays}
    return len(lengths) == 1 and None not in lengths and not any(a.dtype.hasobject for a in arrays)


def _fit(held: Sequence[npt.NDArray[Any]], arrays: Sequence[npt.NDArray[Any]]) -> bool:
    """Return whether the rows of two batches can be joined."""
    return _has_rows(arrays) and [(a.dtype, a.shape[1:]) for a in held] == [
        (a.dtype, a.shape[1:]) for a in arrays
    ]


def hash_rows(parts: Sequence[Any]) -> Rows:
    """Return a number (row,) for each row of several arrays, equal for bitwise equal rows."""
    arrays = [np.asarray(each) for each in parts]
    length = max((len(each) for each in arrays if each.ndim), default=1)
    total = np.zeros(length, np.uint64)
    for number, array in enumerate(arrays):
        if array.ndim == 0 or len(array) != length:
            words = np.full(length, int(digest(array), 16), np.uint64)
        elif array.dtype.hasobject:
            words = np.array([int(digest(each), 16) for each in array], np.uint64)
        else:
            words = _hash_words(array)
        with np.errstate(over="ignore"):
            total = _mix(total + words + np.uint64(number))
    return total


def _hash_words(array: npt.NDArray[Any]) -> Rows:
    """Return a multilinear hash of the bytes of each row."""
    length = len(array)
    data = np.ascontiguousarray(array).reshape(length, -1).view(np.uint8).reshape(length, -1)
    padded = -(-data.shape[1] // 8) * 8
    if padded != data.shape[1]:
        data = np.pad(data, ((0, 0), (0, padded - data.shape[1])))
    words = np.ascontiguousarray(data).view(np.uint64)
    size = max(1, BLOCK // max(1, words.shape[1] * 8))
    if length <= size:
        return _hash_block(words)
    return np.concatenate([_hash_block(words[i : i + size]) for i in range(0, length, size)])


def _hash_block(words: Rows) -> Rows:
    """Return the hash of each row of words (row, word)."""
    total = np.zeros(len(words), np.uint64)
    with np.errstate(over="ignore"):
        for start in range(0, words.shape[1], len(MULTIPLIERS)):
            part = words[:, start : start + len(MULTIPLIERS)]
            # The upper bits of a word reach the result only if they are brought down first.
            mixed = part ^ (part >> np.uint64(29))
            total = _mix(
                total + (mixed * MULTIPLIERS[: part.shape[1]]).sum(axis=1, dtype=np.uint64)
            )
    return total


def _mix(values: Rows) -> Rows:
    """Spread each bit of the numbers over all bits, reversibly.

    The finalizer of splitmix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number
    Generators, OOPSLA 2014.
    """
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
