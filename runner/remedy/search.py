"""Finds a smallest set of changes that still has an effect, trying as few sets as it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")
"""A change."""


def minimize(changes: Sequence[T], works: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a subset that works, from which no single change can be left out.

    The method is delta debugging: Zeller and Hildebrandt, Simplifying and Isolating
    Failure-Inducing Input, IEEE Transactions on Software Engineering 28(2), 2002. For one culprit
    among n changes it needs about 2 log2(n) trials.

    Args:
        changes: a set that is known to work.
        works: tries a set.
    """
    kept = list(changes)
    parts = 2
    while len(kept) > 1:
        smaller = _find_smaller(kept, parts, works)
        if smaller is not None:
            reduced, parts = smaller
            kept = reduced
        elif parts >= len(kept):
            break
        else:
            parts = min(len(kept), parts * 2)
    return kept


def _find_smaller(
    kept: list[T], parts: int, works: Callable[[Sequence[T]], bool]
) -> tuple[list[T], int] | None:
    """Return a part that works alone, or all but one part, with the next number of parts."""
    bounds = [round(i * len(kept) / parts) for i in range(parts + 1)]
    pieces = [kept[a:b] for a, b in pairwise(bounds)]
    for piece in pieces:
        if piece and works(piece):
            return piece, 2
    if parts > 2:
        for i in range(parts):
            rest = [each for j, piece in enumerate(pieces) if j != i for each in piece]
            if len(rest) < len(kept) and works(rest):
                return rest, max(parts - 1, 2)
    return None
