"""TAB3xx, copies."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.line_of_cells import find_copies
from runner.published.table_rule import AuditedTable, Sighting, suspect


def copied_data_sets(audited: AuditedTable) -> Iterator[Sighting]:
    """Two data sets on which all or nearly all methods agree, to the last digit.

    ## What it sees

    At least 9 of 10 methods, and no fewer than 4, that have on two data sets the same runs, or the
    same mean and SD. Values at an end of the scale do not count.

    ## How it is computed

    As for TAB302, with a third of the SD of each method over all data sets.

    ## What would explain it

    A row was copied; two names stand for one data set; or one data set was loaded for both.

    ## What to do

    Compare the two data sets themselves, and their numbers of test rows.
    """
    table = audited.table
    for each in find_copies(audited, table.by_data, table.by_method):
        yield Sighting(
            each.one,
            f"{each.one} and {each.other} have the same values to the last digit for"
            f" {len(each.cells)} of {each.compared} methods.",
            tuple(map(suspect, each.cells)),
        )
