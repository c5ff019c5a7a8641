"""TAB1xx, variation."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.line_of_cells import describe_constant, find_constant
from runner.published.table_rule import AuditedTable, Sighting, suspect


def constant_data_set(audited: AuditedTable) -> Iterator[Sighting]:
    """A data set on which all methods have one value, while they differ on others.

    ## What it sees

    Four or more methods, and the same value to the last digit by each of them. Values at an end of
    the scale do not count.

    ## How it is computed

    As for TAB104, with the smallest SD of another data set over the same methods, and 0.001 over
    the number of data sets.

    ## What would explain it

    One value was filled in for all methods; all methods predict the same class, as where the data
    has nothing to learn; the evaluation does not use the predictions; or the column is no data set.

    ## What to do

    Check what the evaluation of that data set reads, and whether any method beats the largest
    class.
    """
    for data, entries in find_constant(audited, audited.table.by_data):
        yield Sighting(
            data,
            f"All {len(entries)} methods have {describe_constant(entries)} on"
            f" {data or 'the data set'}.",
            tuple(map(suspect, entries)),
        )
