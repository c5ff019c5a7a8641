"""TAB3xx, copies."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.line_of_cells import find_copies
from runner.published.table_rule import AuditedTable, Sighting, suspect


def copied_methods(audited: AuditedTable) -> Iterator[Sighting]:
    """Two methods that agree on all or nearly all data sets, to the last digit.

    ## What it sees

    At least 9 of 10 data sets, and no fewer than 4, on which two methods have the same runs, or the
    same mean and SD. Values at an end of the scale do not count.

    ## How it is computed

    The chance of a tie on a data set is that of the likeliest step, for normal values with a third
    of the SD that the methods show there, or the SD of their means if that is larger; or the share
    of the other pairs of methods that tie there, if that is larger. The number of ties is compared
    with the tail of their sum (Poisson binomial) at 0.001 over the number of pairs.

    ## What would explain it

    A column was copied; two names stand for one model; or the setting in which the two differ has
    no effect.

    ## What to do

    Compare the predictions of the two, and whether the setting reaches the model.
    """
    table = audited.table
    for each in find_copies(audited, table.by_method, table.by_data):
        yield Sighting(
            each.one,
            f"{each.one} and {each.other} agree to the last digit on {len(each.cells)} of"
            f" {each.compared} data sets.",
            tuple(map(suspect, each.cells)),
        )
