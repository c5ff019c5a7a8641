"""TAB5xx, two tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from runner.published.chance import ALPHA, count_tail, holm, share_alpha, welch_p
from runner.published.published_table import Entry
from runner.published.reading.column_roles import plain_name
from runner.published.table_rule import AuditedTable, Sighting, SuspectCell

LEVEL = 0.05
"""The level of each Welch test whose rejections are counted."""


@dataclass(frozen=True)
class ComparedCell:
    """A cell that two tables have."""

    one: Entry
    other: Entry
    p: float
    """Of Welch's test."""

    @property
    def shift(self) -> float:
        """Return the mean of the other table less that of the first."""
        return self.other.center - self.one.center


def disagreeing_tables(audited: AuditedTable) -> Iterator[Sighting]:
    """A method on which two tables of one study differ more than chance makes them differ.

    ## What it sees

    With --against: a method whose means differ on more data sets than chance explains, or by more
    than it explains on single ones. Methods and data sets are matched by their names, without
    regard to capitals and to what is neither letter nor digit. Cells need two runs or more and an
    SD in both tables; cells in which neither varies do not count.

    ## How it is computed

    Welch's test (1947) in each cell, with an SD larger and a difference smaller by half of the
    last digit where they are printed. The number of cells with p < 0.05 is compared with the
    binomial tail at 0.05, at a level of 0.001 over the number of methods; single cells by Holm
    (1979) over all cells at 0.001.

    ## What would explain it

    The code, the data, the hyperparameters or a library changed between the two tables; one of
    them is of another part of the data; or runs that failed were left out of one.

    ## What to do

    Do not use the two tables together for this method, and ask which of them belongs to the code.
    """
    if audited.other is None:
        return
    compared = _compare_tables(audited)
    cells = [each for found in compared.values() for each in found]
    single = {id(cells[place]) for place in holm([each.p for each in cells], ALPHA)}
    counts = {name: sum(each.p < LEVEL for each in found) for name, found in compared.items()}
    for name, found in compared.items():
        tail = count_tail([LEVEL] * len(found), counts[name])
        often = tail < share_alpha(ALPHA, len(compared))
        shown = [each for each in found if (often and each.p < LEVEL) or id(each) in single]
        if not shown:
            continue
        rest = [
            f"{each} {counts[each]} of {len(compared[each])}" for each in compared if each != name
        ]
        others = f"; for the other methods: {', '.join(rest)}" if rest else ""
        shift = statistics.fmean(each.shift for each in found)
        yield Sighting(
            name,
            f"{name or 'The method'} differs (Welch, p < {LEVEL}) on {counts[name]} of {len(found)}"
            f" data sets, where chance would make it {LEVEL * len(found):.2g}{others}. From the"
            f" first table to the second its mean shifts by {shift:+.3g} ({audited.table.scale}).",
            tuple(map(_describe, sorted(shown, key=lambda each: each.p))),
        )


def _compare_tables(audited: AuditedTable) -> dict[str, list[ComparedCell]]:
    others = {_key(each): each for each in (audited.other.entries if audited.other else ())}
    found: dict[str, list[ComparedCell]] = {}
    for entry in audited.table.entries:
        other = others.get(_key(entry))
        if other is None:
            continue
        p = _compare_cells(entry, other)
        if p is not None:
            found.setdefault(entry.method, []).append(ComparedCell(entry, other, p))
    return found


def _key(entry: Entry) -> tuple[str, str]:
    return plain_name(entry.data), plain_name(entry.method)


def _compare_cells(one: Entry, other: Entry) -> float | None:
    """Return the p-value of Welch's test; None where it cannot be had."""
    ours, theirs = one.n or len(one.runs), other.n or len(other.runs)
    if min(ours, theirs) < 2 or one.spread is None or other.spread is None:
        return None
    if not (one.spread or other.spread):
        return 1.0 if one.center == other.center else None
    parts = _widen(one) ** 2 / ours, _widen(other) ** 2 / theirs
    slack = sum(each.mean.half for each in (one, other) if each.mean)
    difference = max(0.0, abs(other.center - one.center) - slack)
    return welch_p(difference, parts, (ours, theirs))


def _widen(entry: Entry) -> float:
    """Return the SD, larger by what rounding may have taken from it."""
    return (entry.spread or 0.0) + (entry.sd.half if entry.sd else 0.0)


def _describe(cell: ComparedCell) -> SuspectCell:
    text = f"{cell.one.text} against {cell.other.text}, p = {cell.p:.2g}"
    return SuspectCell(cell.one.name, text, cell.one.lines)
