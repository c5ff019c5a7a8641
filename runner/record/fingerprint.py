"""Digests of the stages of a run, by which two runs are compared without keeping their arrays."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

DIGITS = 16
"""Hexadecimal digits kept of a digest: 64 bits, so a million digests match by chance at 3e-8."""


def digest(*arrays: npt.ArrayLike) -> str:
    """Return DIGITS hexadecimal digits of the types, shapes and bits of arrays, in order."""
    state = hashlib.sha256()
    for each in arrays:
        # ascontiguousarray would make a scalar an array of one element.
        array = np.asarray(each, order="C")
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(_bytes(array))
    return state.hexdigest()[:DIGITS]


def row_ids(*arrays: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Return numbers that are equal for bitwise equal rows.

    Args:
        arrays: at least one, each (row, ...), with as many rows; a row is a row of each.

    Returns:
        (row,): the digest of each row as a number.
    """
    ids = [int(digest(*row), 16) for row in zip(*arrays, strict=True)]
    return np.array(ids, dtype=np.uint64)


def stable_names(paths: Sequence[str], model: str) -> list[str]:
    """Give the variables of a model names that are the same in every build of it.

    Keras counts layers over the whole process, so the second build of a model has `dense_2` where
    the first had `dense`. Here they are counted over one model: `dense`, `dense_1`. A number that
    the user wrote looks the same and is counted anew too: `block_1`, `block_2` become `block`,
    `block_1`. A name that is taken gets `:1`, `:2`, so that no variable hides another.

    Args:
        paths: `variable.path` of each of the model's variables, such as
            `sequential_1/dense_3/bias`, in order.
        model: the model's name, which begins the paths of some kinds of models and is left out.

    Returns:
        One name for each path, in the same order.
    """
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    given: Counter[str] = Counter()
    names = []
    for path in paths:
        parts = []
        for part in path.removeprefix(f"{model}/").split("/"):
            base, _, number = part.rpartition("_")
            if not base or not number.isdigit():
                base = part
            index = seen[base].setdefault(part, len(seen[base]))
            parts.append(base if index == 0 else f"{base}_{index}")
        name = "/".join(parts)
        names.append(f"{name}:{given[name]}" if given[name] else name)
        given[name] += 1
    return names


def _bytes(array: npt.NDArray[np.generic]) -> bytes | memoryview:
    # The buffer of an object array (of strings) holds pointers only.
    if array.dtype.hasobject:
        return repr(array.tolist()).encode()
    return array.reshape(-1).view(np.uint8).data if array.size else b""
