"""TAB2xx, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.published_table import Entry, PublishedTable
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def value_out_of_range(audited: AuditedTable) -> Iterator[Sighting]:
    """A value beyond its scale, or a mean that is not between its smallest and largest value.

    ## What it sees

    A share or a percentage below 0 or above 1 (or 100) by more than half its last digit; and where
    the smallest and the largest values are given, a mean that is not between them.

    ## How it is computed

    By comparing, with half of the last digit of each.

    ## What would explain it

    A percentage among shares; a decimal point that got lost; cells that were exchanged; or values
    that are no shares (--scale number).

    ## What to do

    Compare the cell with the runs, and say with --scale what the values are.
    """
    found = [each for each in audited.table.entries if _is_outside(audited.table, each)]
    if found:
        yield Sighting(
            "table",
            f"{plural(len(found), 'cell')} of {len(audited.table.entries)} cannot be: a value is"
            " out of range.",
            tuple(suspect(each, _describe(each)) for each in found),
        )


def _is_outside(table: PublishedTable, entry: Entry) -> bool:
    top = table.top
    if top is not None and any(
        each.value < -each.half or each.value > top + each.half for each in entry.numbers
    ):
        return True
    mean = entry.mean
    if mean is None:
        return False
    below = entry.low and mean.value + mean.half < entry.low.value - entry.low.half
    above = entry.high and mean.value - mean.half > entry.high.value + entry.high.half
    return bool(below or above)


def _describe(entry: Entry) -> str:
    ends = (("min", entry.low), ("max", entry.high))
    return "; ".join([entry.text, *(f"{name} {each.text}" for name, each in ends if each)])
