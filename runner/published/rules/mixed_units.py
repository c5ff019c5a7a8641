"""TAB4xx, form."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from runner.published.printed_number import FULL_DIGITS
from runner.published.published_table import Entry, Scale
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural

FEWEST = 3
"""Cells of a method or data set that must all be shares, where digits do not tell."""

CLEARLY_PERCENT = 5.0
"""Percentage from which other cells are taken for one that is not near 0."""


def mixed_units(audited: AuditedTable) -> Iterator[Sighting]:
    """Shares among percentages.

    ## What it sees

    In a table of percentages, a value from 0 to 1 with more decimals than any larger value has,
    where other methods are above 5 % on the data set; or a method or data set of which all values,
    at least three, are from 0 to 1.

    ## How it is computed

    By comparing numbers of decimals, which are seven at most, and the median of the other methods.

    ## What would explain it

    Some cells are shares and others percentages; or these models really have less than 1 %.

    ## What to do

    Multiply the shares by 100, or check them if they are none.
    """
    table = audited.table
    if table.scale is not Scale.percent:
        return
    small = [each for each in table.entries if _is_share(each)]
    large = [n.digits for each in table.entries for n in each.numbers if n.value > 1]
    most = max(large, default=0)
    found = [
        each
        for each in small
        if most < FULL_DIGITS
        and all(number.digits > most for number in each.numbers)
        and _compare(audited, each) > CLEARLY_PERCENT
    ]
    for lines in (table.by_method, table.by_data):
        if len(lines) < 2:
            continue
        for entries in lines.values():
            if len(entries) >= FEWEST and all(map(_is_share, entries)):
                others = [_compare(audited, each, lines is table.by_data) for each in entries]
                found += [] if min(others) <= CLEARLY_PERCENT else entries
    found = list({id(each): each for each in found}.values())
    if found:
        yield Sighting(
            "table",
            f"{plural(len(found), 'cell')} of {len(table.entries)} looks like a share in a table"
            " of percentages."
            if len(found) == 1
            else f"{len(found)} cells of {len(table.entries)} look like shares in a table of"
            " percentages.",
            tuple(map(suspect, found)),
        )


def _is_share(entry: Entry) -> bool:
    return all(0 < number.value <= 1 for number in entry.numbers)


def _compare(audited: AuditedTable, entry: Entry, by_method: bool = False) -> float:
    """Return the median of the other cells of the data set (or method); 0 if there is none."""
    table = audited.table
    line = table.by_method[entry.method] if by_method else table.by_data[entry.data]
    others = [each.center for each in line if each is not entry]
    return statistics.median(others) if others else 0.0
