"""TAB2xx, arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runner.published.possible_sums import largest_sd
from runner.published.published_table import Entry, PublishedTable
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def sd_beyond_range(audited: AuditedTable) -> Iterator[Sighting]:
    """An SD that is larger than values of the scale with that mean can have, or below 0.

    ## What it sees

    A printed SD, less half its last digit, above the largest that is possible for values from 0 to
    1 (or 100) with the printed mean; or, where the smallest and largest values are given, for
    values between them.

    ## How it is computed

    Bhatia and Davis (2000): the variance of values from a to b with mean m is at most (b - m)(m -
    a) n / (n - 1). For n values it is taken exactly: all but one of them lie at an end. Between a
    smallest and a largest value it is (b - a)^2 / 4 * n / (n - 1) (Popoviciu 1935). Without the
    number of runs, n is 2, which allows most.

    ## What would explain it

    The mean is in percent and the SD is not, or the other way round; the two were exchanged; the
    values are no shares (--scale number); or one of the two was mistyped.

    ## What to do

    Compare mean and SD with the runs.
    """
    found = [
        (entry, most)
        for entry in audited.table.entries
        if (most := _find_excess(audited.table, entry)) is not None
    ]
    if found:
        yield Sighting(
            "table",
            f"{plural(len(found), 'SD')} of {sum(e.sd is not None for e in audited.table.entries)}"
            " cannot be that of values on the scale.",
            tuple(
                suspect(entry, f"{entry.text}; possible are 0 to {most:.4g}")
                for entry, most in found
            ),
        )


def _find_excess(table: PublishedTable, entry: Entry) -> float | None:
    """Return the largest SD that is possible, if the printed one is larger or negative."""
    if entry.mean is None or entry.sd is None or entry.n == 1:
        return None
    bounds = []
    if table.top is not None:
        bounds.append(largest_sd(entry.mean, entry.n, table.top))
    if entry.low and entry.high:
        n = entry.n or 2
        width = entry.high.value + entry.high.half - entry.low.value + entry.low.half
        bounds.append(width / 2 * math.sqrt(n / (n - 1)))
    most = min(bounds, default=math.inf)
    return most if entry.sd.value < 0 or entry.sd.value - entry.sd.half > most * 1.000001 else None
