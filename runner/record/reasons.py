"""Reasons why outputs stopped depending on the input, or are not finite, as data without wording.

A reason is a sequence of clauses. A clause has a code, the layer where it was seen, and the numbers
seen there. runner.analysis.findings.wording has the sentence for each code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

DIGITS = 3
"""Significant digits that are shown of a measured number; all digits are recorded."""


class Join(StrEnum):
    """How the values that several builds gave for one number are joined."""

    EQUAL = "equal"
    """They are not joined: builds with another value have another reason."""
    MOST = "most"
    """The largest value is kept."""
    RANGE = "range"
    """The range from the smallest value to the largest is kept."""
    UNIT = "unit"
    """The value is the index of a unit, which is left open where builds differ in it."""
    LIMITS = "limits"
    """Both ends are kept: they are the limits of an activation's values."""


@dataclass(frozen=True)
class Number:
    """A measured number, or a range of them, in the units that the clause's code implies."""

    low: int | float
    high: int | float
    """The upper end; equal to `low` where there is a single value."""
    join: Join = Join.EQUAL

    @property
    def rounded(self) -> Number:
        """This number with DIGITS significant digits, as it is shown; a count keeps all digits."""
        low, high = (
            float(f"{each:.{DIGITS}g}") if isinstance(each, float) else each
            for each in (self.low, self.high)
        )
        return replace(self, low=low, high=high)

    @property
    def fixed(self) -> object:
        """A key that is equal for numbers that can be joined."""
        if self.join is Join.EQUAL:
            return self.low, self.high
        # NaN compares with no number, so joining the two would hide one of them.
        return math.isnan(self.low), math.isnan(self.high)

    def merge(self, other: Number) -> Number:
        """Join this number with the one that another build gave in its place."""
        if self.join is Join.MOST:
            most = max(self.high, other.high)
            return replace(self, low=most, high=most)
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high))


def count(number: int, join: Join = Join.EQUAL) -> Number:
    """Return a Number that holds a whole number."""
    return Number(int(number), int(number), join)


def at_most(number: float) -> Number:
    """Return a Number that becomes the largest value when builds are joined."""
    return Number(float(number), float(number), Join.MOST)


def between(low: float, high: float) -> Number:
    """Return a range, which widens when builds are joined."""
    return Number(float(low), float(high), Join.RANGE)


@dataclass(frozen=True)
class Clause:
    """One observation about a layer or the data."""

    code: str
    """Name of the kind of observation; wording has a sentence for each."""
    where: str = ""
    """The layer, named as in fingerprints, followed by its activation where that is meant."""
    words: dict[str, str] = field(default_factory=dict)
    """Names from the model or the config, such as that of a weight, by their role."""
    numbers: dict[str, Number] = field(default_factory=dict)
    """Measured numbers, by their role."""

    @property
    def kind(self) -> tuple[object, ...]:
        """A key that is equal for clauses that differ only in numbers which can be joined."""
        fixed = [(name, each.join, each.fixed) for name, each in self.numbers.items()]
        return (self.code, self.where, tuple(self.words.items()), tuple(fixed))

    @property
    def rounded(self) -> Clause:
        """This clause with its numbers as they are shown."""
        numbers = {name: each.rounded for name, each in self.numbers.items()}
        return replace(self, numbers=numbers)

    def map_texts(self, change: Callable[[str], str]) -> Clause:
        """Return this clause with every text changed, for example to conceal secrets."""
        words = {name: change(word) for name, word in self.words.items()}
        return replace(self, where=change(self.where), words=words)

    def merge(self, other: Clause) -> Clause:
        """Join this clause with one of the same kind."""
        merged = {name: each.merge(other.numbers[name]) for name, each in self.numbers.items()}
        return replace(self, numbers=merged)


@dataclass(frozen=True)
class Reason:
    """Why the outputs of one build, or of several, are as they are."""

    clauses: list[Clause]

    def merge(self, other: Reason) -> Reason:
        """Join this reason with one whose clauses are of the same kinds, in the same order."""
        pairs = zip(self.clauses, other.clauses, strict=True)
        return Reason([one.merge(two) for one, two in pairs])

    def map_texts(self, change: Callable[[str], str]) -> Reason:
        """Return the reason with every text changed, for example to conceal secrets."""
        return Reason([each.map_texts(change) for each in self.clauses])


def merge_reasons(reasons: Sequence[Reason]) -> list[tuple[Reason, int]]:
    """Join reasons of the same kind, and count them.

    Args:
        reasons: one for each build that has one.

    Returns:
        Pairs of a reason and the number of builds that have it, the commonest first. The reason's
        numbers are joined over these builds.
    """
    merged: dict[tuple[object, ...], tuple[Reason, int]] = {}
    for reason in reasons:
        kind = tuple(clause.kind for clause in reason.clauses)
        known, builds = merged.get(kind, (reason, 0))
        merged[kind] = (known.merge(reason), builds + 1)
    return sorted(merged.values(), key=lambda each: -each[1])
