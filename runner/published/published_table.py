"""What a published table says, whatever its layout: entries by data set and method."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from runner.published.printed_number import Number


class Scale(StrEnum):
    """The scales on which values are given."""

    share = "share"
    """From 0 to 1."""
    percent = "percent"
    """From 0 to 100."""
    number = "number"
    """Without known bounds."""

    @property
    def top(self) -> float | None:
        """Return the largest value; None where there is none."""
        return {Scale.share: 1.0, Scale.percent: 100.0}.get(self)


@dataclass(frozen=True)
class Entry:
    """What a table says of one method on one data set."""

    data: str
    method: str
    runs: tuple[tuple[str, Number], ...] = ()
    """The label and value of each run; empty where only a summary is given."""
    mean: Number | None = None
    """As stated; None where runs are given instead."""
    sd: Number | None = None
    """As stated; None where none is."""
    n: int | None = None
    """The number of runs; None where it is not known."""
    test_rows: int | None = None
    """Rows of the test part; None where it is not known."""
    low: Number | None = None
    """The stated smallest value of the runs."""
    high: Number | None = None
    """The stated largest value of the runs."""
    lines: tuple[int, ...] = ()
    """Lines of the file, from 1; the heading is the first."""

    @property
    def numbers(self) -> list[Number]:
        """Return the values of runs, or the stated mean."""
        return [number for _, number in self.runs] or ([self.mean] if self.mean else [])

    @cached_property
    def center(self) -> float:
        """Return the mean, as stated or of the runs; equal runs have exactly their value."""
        values = [each.value for each in self.numbers]
        return values[0] if min(values) == max(values) else math.fsum(values) / len(values)

    @cached_property
    def spread(self) -> float | None:
        """Return the SD, as stated or with ddof=1 of two runs or more; None where unknown."""
        if self.sd is not None:
            return self.sd.value
        values = [each.value for each in self.numbers]
        if len(self.runs) < 2:
            return None
        return 0.0 if min(values) == max(values) else statistics.stdev(values)

    @property
    def varies(self) -> bool | None:
        """Return whether the runs differ; None where that is not known."""
        if self.n == 1 or self.spread is None:
            return None
        return self.spread > 0

    @property
    def half(self) -> float:
        """Return the most by which rounding has moved a value."""
        return max(each.half for each in self.numbers)

    @property
    def text(self) -> str:
        """Return the numbers of the entry as a person would write them."""
        if self.runs and len(self.runs) > 1:
            return f"mean {self.center:.6g}, SD {self.spread:.4g}, {len(self.runs)} runs"
        (number,) = self.numbers
        return number.text if self.sd is None else f"{number.text} ({self.sd.text})"

    @property
    def name(self) -> str:
        """Return the data set and the method."""
        return " / ".join(filter(None, [self.data, self.method]))


@dataclass(frozen=True)
class PublishedTable:
    """A table: entries, and how they were read."""

    entries: tuple[Entry, ...]
    scale: Scale
    file: str
    reading: str
    """A line that says what was taken for what."""

    @property
    def top(self) -> float | None:
        """Return the largest value of the scale; None where it has no bounds."""
        return self.scale.top

    @cached_property
    def by_method(self) -> dict[str, list[Entry]]:
        """Return method to its entries, in the order of the file."""
        return _group(self.entries, [each.method for each in self.entries])

    @cached_property
    def by_data(self) -> dict[str, list[Entry]]:
        """Return data set to its entries, in the order of the file."""
        return _group(self.entries, [each.data for each in self.entries])

    def is_bound(self, value: float) -> bool:
        """Return whether a value is the smallest or largest of its scale, where ties are common."""
        return self.top is not None and (value <= 0 or value >= self.top)


def _group(entries: Sequence[Entry], keys: Sequence[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for key, entry in zip(keys, entries, strict=True):
        found.setdefault(key, []).append(entry)
    return found
