"""TAB2xx, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.rules.impossible_sd import find_tested
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def mixed_divisors(audited: AuditedTable) -> Iterator[Sighting]:
    """SDs of which some can only be divided by n, and others only by n - 1.

    ## What it sees

    At least one cell whose SD is possible with ddof=0 only, and at least one with ddof=1 only.

    ## How it is computed

    As for TAB202, with each divisor by itself.

    ## What would explain it

    Parts of the table were computed by different programs: NumPy divides by n, pandas, R and
    spreadsheets by n - 1; or the numbers of runs differ between cells.

    ## What to do

    Compute all SDs anew from the runs, with n - 1, and say so. With n runs the two differ by a
    factor of sqrt(n / (n - 1)): 1.22 for 3 runs, 1.12 for 5.
    """
    only: dict[int, int] = {0: 0, 1: 0}
    cells = []
    for entry, fits in find_tested(audited):
        if fits[0] != fits[1]:
            ddof = 0 if fits[0] else 1
            only[ddof] += 1
            cells.append(suspect(entry, f"{entry.text}, only ddof={ddof}"))
    if only[0] and only[1]:
        yield Sighting(
            "table",
            f"{plural(only[0], 'SD')} can only have been divided by n, and"
            f" {plural(only[1], 'SD')} only by n - 1.",
            tuple(cells),
        )
