"""TAB1xx, variation."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.rules.unvarying_runs import describe_equal
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def never_varying_method(audited: AuditedTable) -> Iterator[Sighting]:
    """A method whose runs never differ, while those of another method do.

    ## What it sees

    In every cell of a method for which the table tells, the runs are equal or the SD is 0, and at
    least one other method varies. A method that is always at an end of the scale does not count.

    ## How it is computed

    By comparing: an SD of 0 as printed, or runs that are equal to the last digit.

    ## What would explain it

    Nothing in the method is random, as in a nearest neighbour or a closed form; every run had the
    same seed; there was one run only; or the model collapsed everywhere.

    ## What to do

    Say in the table that the method was run once, or give each run a seed of its own. With the
    classes' shares (--classes), TAB103 says whether it collapsed.
    """
    varying = any(each.varies for each in audited.table.entries)
    for method, entries in audited.table.by_method.items():
        known = [each for each in entries if each.varies is not None]
        free = [each for each in known if not audited.table.is_bound(each.center)]
        if varying and free and not any(each.varies for each in known):
            yield Sighting(
                method,
                f"{describe_equal(method, known)} in each of {plural(len(known), 'cell')}.",
                tuple(map(suspect, known)),
            )
