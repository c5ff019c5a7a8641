"""Why outputs stopped depending on the input, or are not finite: what was seen, without wording.

A reason is a sequence of clauses, each with a code, where it was seen, and the numbers seen there.
runner.analysis.findings.wording has the sentence for each code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

DIGITS = 3
"""Significant digits of what was measured that are shown; all are recorded."""


class Join(StrEnum):
    """How what several builds gave for one number is told as one."""

    EQUAL = "equal"
    """Not at all: builds with another number have another reason."""
    MOST = "most"
    """The largest."""
    RANGE = "range"
    """From the smallest to the largest."""
    UNIT = "unit"
    """The index of a unit, which is left open where builds differ in it."""
    LIMITS = "limits"
    """Each of them: what an activation cannot leave."""


@dataclass(frozen=True)
class Number:
    """Something that was measured, in the units that the clause's code implies."""

    low: int | float
    high: int | float
    """The same as `low` where there is one value."""
    join: Join = Join.EQUAL

    @property
    def rounded(self) -> Number:
        """The same with the digits that are shown; a count has all of its digits."""
        low, high = (
            float(f"{each:.{DIGITS}g}") if isinstance(each, float) else each
            for each in (self.low, self.high)
        )
        return replace(self, low=low, high=high)

    @property
    def fixed(self) -> object:
        """What numbers that are joined have in common."""
        if self.join is Join.EQUAL:
            return self.low, self.high
        # NaN is neither larger nor smaller than another number, which one of them would hide.
        return math.isnan(self.low), math.isnan(self.high)

    def merge(self, other: Number) -> Number:
        """Join with what another build gave for it."""
        if self.join is Join.MOST:
            most = max(self.high, other.high)
            return replace(self, low=most, high=most)
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high))


def count(number: int, join: Join = Join.EQUAL) -> Number:
    """Return a whole number."""
    return Number(int(number), int(number), join)


def at_most(number: float) -> Number:
    """Return a number of which several builds are told by the largest."""
    return Number(float(number), float(number), Join.MOST)


def between(low: float, high: float) -> Number:
    """Return a range, which several builds widen."""
    return Number(float(low), float(high), Join.RANGE)


@dataclass(frozen=True)
class Clause:
    """One thing that was seen."""

    code: str
    where: str = ""
    """The layer, as fingerprints name it, with the activation that is part of it."""
    words: dict[str, str] = field(default_factory=dict)
    """Names from the model or the config, such as that of a weight."""
    numbers: dict[str, Number] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[object, ...]:
        """What clauses have in common that differ only in numbers which can be joined."""
        fixed = [(name, each.join, each.fixed) for name, each in self.numbers.items()]
        return (self.code, self.where, tuple(self.words.items()), tuple(fixed))

    @property
    def rounded(self) -> Clause:
        """The same with the digits that are shown."""
        numbers = {name: each.rounded for name, each in self.numbers.items()}
        return replace(self, numbers=numbers)

    def merge(self, other: Clause) -> Clause:
        """Join with a clause of the same kind."""
        merged = {name: each.merge(other.numbers[name]) for name, each in self.numbers.items()}
        return replace(self, numbers=merged)


@dataclass(frozen=True)
class Reason:
    """Why the outputs of one build, or of several, are as they are."""

    clauses: list[Clause]

    def merge(self, other: Reason) -> Reason:
        """Join with a reason whose clauses are of the same kinds."""
        pairs = zip(self.clauses, other.clauses, strict=True)
        return Reason([one.merge(two) for one, two in pairs])

    def map_texts(self, change: Callable[[str], str]) -> Reason:
        """Return the reason with every text changed, for example to conceal secrets."""

        def changed(words: Mapping[str, str]) -> dict[str, str]:
            return {name: change(word) for name, word in words.items()}

        return Reason(
            [
                replace(each, where=change(each.where), words=changed(each.words))
                for each in self.clauses
            ]
        )


def merge_reasons(reasons: Sequence[Reason]) -> list[tuple[Reason, int]]:
    """Count reasons, each with the numbers of all builds that have it.

    Args:
        reasons: one a build that has one.

    Returns:
        A reason and in how many builds, the commonest first.
    """
    merged: dict[tuple[object, ...], tuple[Reason, int]] = {}
    for reason in reasons:
        kind = tuple(clause.kind for clause in reason.clauses)
        known, builds = merged.get(kind, (reason, 0))
        merged[kind] = (known.merge(reason), builds + 1)
    return sorted(merged.values(), key=lambda each: -each[1])
