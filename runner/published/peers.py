"""What the rest of a table says of an entry: how far its runs should vary, and in which steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from runner.published.printed_number import Number
from runner.published.published_table import Entry, PublishedTable

LENIENCE = 2.0
"""By how much an expected spread is divided, as methods and data sets are no copies of each
other."""

MOST_ROWS = 2000
"""Test rows up to which the fewest possible ones are looked for."""

ROUNDED_EQUAL = 1e-9
"""Difference of two values, as part of the scale, below which they are one."""


@dataclass(frozen=True)
class Peers:
    """The other entries of a table, seen from one of them."""

    table: PublishedTable

    def expect_sd(self, entry: Entry) -> float | None:
        """Return an SD that the runs of an entry should not fall below by much; None if unknown.

        It is the lower quartile of the SDs of the same method on other data sets, or of other
        methods on the same data set, whichever is smaller, over LENIENCE. SDs are compared as
        parts of sqrt(v * (top - v)), as values near the ends of a scale vary less. Unknown is
        what a method does that varies nowhere else: it may be one that hardly varies.
        """
        lines = self.table.by_method[entry.method], self.table.by_data[entry.data]
        own, others = (self._dispersions_of(each, entry) for each in lines)
        if not own and any(each.varies is not None for each in lines[0] if each is not entry):
            return None
        known = [own, *([others] if len(others) > 1 else [])]
        quartiles = [float(np.quantile(each, 0.25)) for each in known if each]
        if not quartiles:
            return None
        return min(quartiles) * self._weigh(entry.center) / LENIENCE

    def find_step(self, entry: Entry) -> float | None:
        """Return the step in which values on an entry's data set move; None if nothing tells.

        Where the number of test rows is not known, it is taken too large rather than too small: the
        smallest difference of two runs, what one row would make of the smallest SD, or one row
        of the fewest with which all means of the data set are possible.
        """
        if entry.test_rows and self.table.top:
            return max(self.table.top / entry.test_rows, 2 * entry.half)
        step = self._steps.get(entry.data)
        return None if step is None else max(step, 2 * entry.half)

    def find_mean_step(self, entry: Entry) -> float | None:
        """Return the step in which the mean of an entry moves; None if nothing tells.

        Where the number of test rows is not known, it is taken too large rather than too small: one
        over the smallest number of which all values of the data set are multiples, or their
        smallest difference where there is no such number.
        """
        top = self.table.top
        if entry.test_rows and top:
            return max(top / entry.test_rows / (entry.n or 1), 2 * entry.half)
        step = self._mean_steps.get(entry.data)
        return None if step is None else max(step / (len(entry.runs) or 1), 2 * entry.half)

    @cached_property
    def _mean_steps(self) -> dict[str, float]:
        found = {}
        nothing = ROUNDED_EQUAL * (self.table.top or 1.0)
        for data, entries in self.table.by_data.items():
            numbers = [(number, 1) for each in entries for number in each.numbers]
            if self.table.top and (fewest := _find_fewest(numbers, self.table.top)):
                found[data] = self.table.top / fewest
                continue
            values = sorted({number.value for number, _ in numbers})
            steps = [b - a for a, b in pairwise(values) if b - a > nothing]
            if steps:
                found[data] = min(steps)
        return found

    @cached_property
    def _steps(self) -> dict[str, float]:
        found = {}
        for data, entries in self.table.by_data.items():
            nothing = ROUNDED_EQUAL * (self.table.top or 1.0)
            values = sorted({run.value for each in entries for _, run in each.runs})
            steps = [b - a for a, b in pairwise(values) if b - a > nothing]
            for each in entries:
                if not each.runs and each.sd and each.spread and each.n != 1:
                    steps.append((each.spread + each.sd.half) * math.sqrt(each.n or 2))
            if self.table.top and (fewest := _find_fewest_rows(entries, self.table.top)):
                steps.append(self.table.top / fewest)
            if steps:
                found[data] = min(steps)
        return found

    def _dispersions_of(self, entries: list[Entry], but: Entry) -> list[float]:
        return [
            self._dispersions[id(each)]
            for each in entries
            if each is not but and id(each) in self._dispersions
        ]

    @cached_property
    def _dispersions(self) -> dict[int, float]:
        found = {}
        for each in self.table.entries:
            weight = self._weigh(each.center)
            if each.varies and each.spread and weight > 0:
                found[id(each)] = each.spread / weight
        return found

    def _weigh(self, value: float) -> float:
        top = self.table.top
        if top is None:
            return abs(value)
        return math.sqrt(max(0.0, value * (top - value)))


def _find_fewest_rows(entries: list[Entry], top: float) -> int | None:
    """Return the fewest test rows with which all stated means of a data set are possible.

    None if there is no mean of a known number of runs, or if no number up to MOST_ROWS fits.
    """
    known = [(each.mean, each.n) for each in entries if each.mean and each.n and not each.runs]
    return _find_fewest(known, top)


def _find_fewest(numbers: list[tuple[Number, int]], top: float) -> int | None:
    """Return the smallest N of which every number is k/(N n), up to MOST_ROWS; None without any.

    Runs may have been rounded to the digits of the mean before, which moves it as much again.
    """
    if not numbers:
        return None
    rows = np.arange(1, MOST_ROWS + 1)
    fits = np.ones(len(rows), np.bool_)
    for number, n in numbers:
        steps = rows * n / top
        low, high = number.value - 2 * number.half, number.value + 2 * number.half
        fits &= np.ceil(low * steps - 1e-6) <= np.floor(high * steps + 1e-6)
    return int(rows[fits.argmax()]) if fits.any() else None
