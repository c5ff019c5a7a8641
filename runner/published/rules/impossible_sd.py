"""TAB2xx, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.possible_sums import find_sums, is_possible_sd
from runner.published.published_table import Entry
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def impossible_sd(audited: AuditedTable) -> Iterator[Sighting]:
    """An SD that no whole numbers of test rows give, with either divisor.

    ## What it sees

    A printed SD that n runs of k/N with the printed mean cannot have, whether it was divided by n
    or by n - 1. Cells whose mean is impossible (TAB201) are left to that rule.

    ## How it is computed

    GRIMMER (Anaya 2016; Allard 2018): for each sum of whole numbers that gives the mean, the sum
    of their squares must be a whole number that is even or odd as the sum is, and in the range
    that the rounded SD allows. Up to 30 runs and a sum of squared distances of 400, it must be one
    that so many whole numbers have. It needs test rows and runs.

    ## What would explain it

    The test part has another number of rows; the SD is over another number of runs, or is a
    standard error or the half width of an interval; runs were rounded first; or it was mistyped.

    ## What to do

    Check the number of test rows and runs first, then what the number after the mean is.
    """
    tested = list(find_tested(audited))
    found = [(entry, fits) for entry, fits in tested if not any(fits)]
    if found:
        yield Sighting(
            "table",
            f"{plural(len(found), 'SD')} of {len(tested)} cannot come from whole numbers of test"
            " rows, with either divisor.",
            tuple(suspect(entry) for entry, _ in found),
        )


def find_tested(audited: AuditedTable) -> Iterator[tuple[Entry, tuple[bool, bool]]]:
    """Yield the entries whose SD can be tested, and whether it fits ddof=0 and ddof=1."""
    top = audited.table.top
    for entry in audited.table.entries:
        mean, sd, n, rows = entry.mean, entry.sd, entry.n, entry.test_rows
        if top is None or mean is None or sd is None or n is None or rows is None or n < 2:
            continue
        if find_sums(mean, rows * n / top):
            zero, one = (is_possible_sd(mean, sd, n, top / rows, ddof) for ddof in (0, 1))
            yield entry, (zero, one)
