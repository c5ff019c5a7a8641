"""Decides from pairs of runs with equal seeds whether B is better than A by a stated difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from runner.errors import ConfigError
from runner.numeric.jackknife import Values
from runner.statistics.confidence_sequence import BETS, Bounds, Method, bound_mean, width_in_sds

ALPHA = 0.05
"""The largest chance of a false decision, however often one looks."""

MIN_PAIRS = 5
"""Nothing is decided from fewer pairs."""


class Decision(StrEnum):
    """What was decided."""

    B = "b"
    """B is better than A by more than the difference."""
    NOT_BETTER = "not better"
    """B is not better than A by the difference; it can still be a little better."""
    A = "a"
    """A is better than B by more than the difference."""
    UNDECIDED = "undecided"
    """Neither was shown. It does not mean that A and B do not differ."""

    @property
    def exit_status(self) -> int:
        """The exit status of a command that ends with this decision."""
        return {Decision.B: 0, Decision.UNDECIDED: 2}.get(self, 1)


@dataclass(frozen=True)
class Rule:
    """What is to be decided, and how."""

    difference: float = 0.0
    """By how much B has to be better, at least 0, in the metric's units."""
    method: Method = Method.BOUNDED
    largest: float = 1.0
    """The largest difference that a pair can have, for Method.BOUNDED."""

    def __post_init__(self) -> None:
        """Refuse numbers that are out of range.

        Raises:
            ConfigError: as said.
        """
        if not (self.difference >= 0 and math.isfinite(self.difference)):
            raise ConfigError("--difference", "must be at least 0", self.difference)
        if not (self.largest > 0 and math.isfinite(self.largest)):
            raise ConfigError("--largest", "must be greater than 0", self.largest)
        if self.method is Method.BOUNDED and self.difference >= self.largest:
            rule = f"must be less than the largest difference of a pair, {self.largest:g}"
            raise ConfigError("--difference", rule, self.difference)

    @property
    def fewest(self) -> int:
        """The number of pairs before which no decision is possible, at least MIN_PAIRS.

        For bounded differences, it is that of pairs that all differ by `largest`.
        """
        count = MIN_PAIRS
        if self.method is Method.NORMAL:
            while math.isinf(width_in_sds(count, ALPHA)):
                count += 1
            return count
        return max(count, self.fewest_at(self.largest))

    def fewest_at(self, size: float) -> int:
        """Return how many bounded pairs decide if B is better by exactly `size` in every one.

        Args:
            size: more than the difference, and at most `largest`.
        """
        mean, share = ((each / self.largest + 1) / 2 for each in (self.difference, size))
        for count in range(1, 1_000_000):
            logs = [count * math.log1p(bet * (share / mean - 1)) for bet in BETS]
            capital = sum(math.exp(min(each, 500.0)) for each in logs) / len(BETS)
            if capital >= 2 / ALPHA:
                return count
        return 1_000_000


@dataclass(frozen=True)
class Question:
    """What is asked of two configurations."""

    a: list[str]
    """The overrides of A."""
    b: list[str]
    """The overrides of B."""
    metric: str
    higher_is_better: bool
    max_pairs: int
    rule: Rule
    config_dir: str | None = None
    """Directory of further configs; None: there is none."""

    def same_overrides(self) -> set[str]:
        """Return the overrides that A and B have in common."""
        return set(self.a) & set(self.b)


@dataclass(frozen=True)
class Look:
    """What was known after some pairs."""

    pairs: int
    mean: float
    """The mean advantage of B, in the metric's units."""
    bounds: Bounds
    """The narrowest bounds so far of its expectation; those of all looks hold together."""


@dataclass(frozen=True)
class Decided:
    """A decision and how it came about."""

    decision: Decision
    pairs: int
    """The number of pairs after which it was made; those that there are if it was not."""
    trail: tuple[Look, ...]
    """One look after each pair, also after the decision."""


def decide(advantages: Values, rule: Rule) -> Decided:
    """Look after every pair, and decide at the first look that allows it.

    Args:
        advantages: of B over A (pair,), in the order in which the pairs were planned.
        rule: what is to be decided.

    Raises:
        ValueError: an advantage is beyond what the rule takes for possible.
    """
    trail: list[Look] = []
    decision, pairs = Decision.UNDECIDED, advantages.size
    bounds = Bounds(-math.inf, math.inf)
    for count in range(1, advantages.size + 1):
        seen = advantages[:count]
        new = bound_mean(seen, rule.method, rule.largest, ALPHA)
        # All intervals hold at once, and so does what they have in common.
        bounds = Bounds(max(bounds.low, new.low), min(bounds.high, new.high))
        trail.append(Look(count, float(np.mean(seen)), bounds))
        if decision is Decision.UNDECIDED and count >= MIN_PAIRS:
            decision = read_bounds(bounds, rule.difference)
            pairs = count if decision is not Decision.UNDECIDED else pairs
    return Decided(decision, pairs, tuple(trail))


def read_bounds(bounds: Bounds, difference: float) -> Decision:
    """Return what bounds of the mean advantage of B allow to be decided."""
    if bounds.low > difference:
        return Decision.B
    if bounds.high < -difference:
        return Decision.A
    return Decision.NOT_BETTER if bounds.high < difference else Decision.UNDECIDED


def decide_pairs(
    question: Question, values: Sequence[tuple[float, float]]
) -> tuple[Decided, str | None]:
    """Decide from the metric of A and of B in each pair.

    Returns:
        What was decided, and why no further pair can decide anything; None: one can.
    """
    rule = question.rule
    gaps = np.array([b - a for a, b in values], np.float64)
    advantages = gaps if question.higher_is_better else -gaps
    sizes = np.abs(advantages)
    if rule.method is Method.BOUNDED and sizes.size and sizes.max() > rule.largest:
        worst = int(sizes.argmax())
        why = (
            f"pair {worst + 1} differs by {sizes[worst]:.3g}, which --largest {rule.largest:g} says"
            " cannot be"
        )
        return Decided(Decision.UNDECIDED, len(values), ()), why
    return decide(advantages, rule), None
