"""TAB1xx, variation."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.line_of_cells import describe_constant, find_constant
from runner.published.table_rule import AuditedTable, Sighting, suspect


def constant_method(audited: AuditedTable) -> Iterator[Sighting]:
    """A method that has one value on all data sets, while other methods vary over them.

    ## What it sees

    Four or more data sets, and the same value to the last digit on each of them. Values at an end
    of the scale do not count.

    ## How it is computed

    A value is the same as the first with the chance of the likeliest step, for a normal value
    whose SD is a third of the smallest SD of another method over the same data sets. Without the
    test rows N, a step is one over the smallest number that all values are multiples of. The
    product counts at 0.001 over the number of methods.

    ## What would explain it

    One value was filled in for all data sets, as by copying a cell; the model collapsed on data
    sets with equal shares of classes; or the column is no result, but a setting.

    ## What to do

    Compare with the files that the column was made from, and leave a column of settings out.
    """
    for method, entries in find_constant(audited, audited.table.by_method):
        yield Sighting(
            method,
            f"{method or 'The method'} has {describe_constant(entries)} on all"
            f" {len(entries)} data sets.",
            tuple(map(suspect, entries)),
        )
