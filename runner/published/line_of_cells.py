"""Judges a method or a data set as a line of cells: whether it is constant, or a copy of
another."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from runner.published.chance import ALPHA, count_tail, most_likely, share_alpha
from runner.published.published_table import Entry
from runner.published.table_rule import AuditedTable

FEWEST = 4
"""Cells below which nothing is said of a line."""

NEARLY_ALL = 0.9
"""Part of the cells that must agree for one line to be called a copy of another."""

LENIENCE = 3.0
"""By how much the spread of other cells is divided, as lines are no copies of each other."""


def find_constant(
    audited: AuditedTable, lines: Mapping[str, list[Entry]]
) -> Iterator[tuple[str, list[Entry]]]:
    """Yield the lines that have one value in all cells, though other lines vary over the same."""
    table = audited.table
    by_data = lines is table.by_data
    for name, entries in lines.items():
        values = {each.center for each in entries}
        if len(entries) < FEWEST or len(values) > 1 or table.is_bound(entries[0].center):
            continue
        along = {_crossing(each, by_data) for each in entries}
        spreads = []
        for other, others in lines.items():
            same = [each.center for each in others if _crossing(each, by_data) in along]
            if other != name and len(same) == len(entries):
                spreads.append(statistics.pstdev(same))
        if not spreads:
            continue
        spread = min(spreads) / LENIENCE
        chance = math.prod(_chance_of_same(audited, spread, each) for each in entries[1:])
        if chance < share_alpha(ALPHA, len(lines)):
            yield name, entries


def describe_constant(entries: list[Entry]) -> str:
    """Return the value that all cells have."""
    return f"the value {entries[0].numbers[0].text}"


@dataclass(frozen=True)
class CopiedLine:
    """Two lines that agree in all or nearly all cells."""

    one: str
    other: str
    cells: tuple[Entry, ...]
    """Of the first line, where the other agrees."""
    compared: int
    """Cells in which the two could have differed."""


def find_copies(
    audited: AuditedTable, lines: Mapping[str, list[Entry]], crossing: Mapping[str, list[Entry]]
) -> Iterator[CopiedLine]:
    """Yield the pairs of lines that agree in more cells than chance makes agree.

    Args:
        audited: the table.
        lines: methods or data sets, and their cells.
        crossing: what crosses them: data sets or methods.
    """
    by_data = lines is audited.table.by_data
    places = {
        name: {_crossing(each, by_data): each for each in entries}
        for name, entries in lines.items()
    }
    tied = {name: _count_ties(entries) for name, entries in crossing.items()}
    spread = {
        name: statistics.pstdev({each.center for each in entries}) / LENIENCE
        for name, entries in crossing.items()
    }
    level = share_alpha(ALPHA, math.comb(len(lines), 2))
    for one, other in combinations(lines, 2):
        shared = [
            (name, each, places[other][name])
            for name, each in places[one].items()
            if name in places[other] and not audited.table.is_bound(each.center)
        ]
        equal = [(name, a) for name, a, b in shared if agree(a, b)]
        if len(shared) < FEWEST or len(equal) < NEARLY_ALL * len(shared):
            continue
        chances = []
        for name, a, b in shared:
            ties, pairs = tied[name]
            # The pair itself says nothing of how often others agree.
            itself = agree(a, b)
            rate = (ties - itself) / (pairs - 1) if pairs > 1 else 0.0
            sd = _bound_spread(spread[name], a, b)
            chances.append(max(rate, _chance_of_same(audited, sd * math.sqrt(2), a, b)))
        if count_tail(chances, len(equal)) < level:
            yield CopiedLine(one, other, tuple(a for _, a in equal), len(shared))


def agree(one: Entry, other: Entry) -> bool:
    """Return whether two cells say the same to the last digit."""
    if one.runs and other.runs:
        ours, theirs = ([number.value for _, number in each.runs] for each in (one, other))
        return ours == theirs
    same_sd = one.sd is None or other.sd is None or one.sd.value == other.sd.value
    return one.center == other.center and same_sd


def _crossing(entry: Entry, by_data: bool) -> str:
    return entry.method if by_data else entry.data


def _count_ties(entries: list[Entry]) -> tuple[int, int]:
    """Return how many pairs of cells agree, and how many there are."""
    pairs = list(combinations(entries, 2))
    return sum(agree(a, b) for a, b in pairs), len(pairs)


def _bound_spread(spread: float, one: Entry, other: Entry) -> float:
    """Return how far two cells differ at least: no less than the noise of their means."""
    noise = [
        each.spread / math.sqrt(each.n or len(each.runs) or 1) / 1.5
        for each in (one, other)
        if each.spread
    ]
    return max(spread, min(noise)) if len(noise) == 2 else spread


def _chance_of_same(audited: AuditedTable, sd: float, *entries: Entry) -> float:
    """Return the chance that a mean with this SD is that of another cell; 1 if nothing tells."""
    steps = [audited.peers.find_mean_step(each) for each in entries]
    known = [each for each in steps if each is not None]
    return most_likely(sd, max(known)) if len(known) == len(steps) else 1.0
