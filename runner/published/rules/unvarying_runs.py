"""TAB1xx, variation."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.chance import ALPHA, all_equal, count_tail, share_alpha, smaller_sd
from runner.published.published_table import Entry
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural

FEWEST_RUNS = 2
"""Runs that are assumed where a table does not say how many a mean has."""


def unvarying_runs(audited: AuditedTable) -> Iterator[Sighting]:
    """A method whose runs do not differ on some data sets, though they should.

    ## What it sees

    The SD is exactly 0, or the runs are all equal, in more cells than chance makes equal, by a
    method that varies elsewhere. Values at an end of the scale, such as 100 %, do not count.

    ## How it is computed

    The SD that a cell should have is half the lower quartile of the SDs of the same method on
    other data sets, or of other methods on the same data set, whichever is smaller, as parts of
    sqrt(v (1 - v)). The chance of n equal runs is the sum over k of P(a normal value is rounded to
    k/N)^n; without the test rows N, a step is the smallest difference that the data set shows. For
    a printed SD of 0.0, the chance of a sample SD below half its last digit (chi-squared, n - 1)
    counts if it is larger. A cell counts alone at 0.001 over the number of cells (Bonferroni),
    and a method by the count of its cells (Poisson binomial) at 0.001 over the number of methods.

    ## What would explain it

    The model collapsed there, so that every run predicts one class; every run had the same seed;
    one run was copied; the SD was not computed and 0 was filled in; or nothing in the method is
    random on these data sets.

    ## What to do

    Compare the values with the classes' shares of the test rows (--classes), and ask for the
    predictions of two runs.
    """
    methods = audited.table.by_method
    for method, entries in methods.items():
        varying = [each for each in entries if each.varies is not None]
        if not any(each.varies for each in varying):
            continue
        # Where a value stands at an end of the scale, runs are equal for a plain reason.
        constant = [
            each for each in varying if not each.varies and not audited.table.is_bound(each.center)
        ]
        if not constant:
            continue
        chances = {id(each): chance_of_equal(audited, each) for each in varying}
        level = share_alpha(ALPHA, len(audited.table.entries))
        found = [each for each in constant if chances[id(each)] < level]
        tail = count_tail(list(chances.values()), len(constant))
        if tail < share_alpha(ALPHA, len(methods)):
            found = constant
        if found:
            said = f"chance would make about {sum(chances.values()):.2g} so"
            if found is not constant:
                most = max(chances[id(each)] for each in found)
                said = f"the chance of that is {most:.1g} at most in each"
            yield Sighting(
                method,
                f"{describe_equal(method, found)} in {len(found)} of"
                f" {plural(len(varying), 'cell')}, where {said}.",
                tuple(map(suspect, found)),
            )


def describe_equal(method: str, entries: list[Entry]) -> str:
    """Say that the runs are equal, or no more than a printed SD tells."""
    whose = method or "the method"
    if any(each.sd is not None for each in entries):
        return f"The SD of {whose} is 0, as far as it is printed,"
    return f"The runs of {whose} do not differ at all"


def chance_of_equal(audited: AuditedTable, entry: Entry) -> float:
    """Return the chance that the runs of an entry are equal; 1 where nothing tells."""
    if audited.table.is_bound(entry.center):
        return 1.0
    expected, step = audited.peers.expect_sd(entry), audited.peers.find_step(entry)
    if expected is None or step is None:
        return 1.0
    n = len(entry.runs) or entry.n or FEWEST_RUNS
    equal = all_equal(expected, step, n)
    if entry.sd is not None:
        return max(equal, smaller_sd(expected, entry.sd.half, n))
    return equal
