"""TAB1xx, variation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.published.chance import ALPHA, same_ties, share_alpha
from runner.published.peers import LENIENCE
from runner.published.published_table import Entry
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def repeated_values(audited: AuditedTable) -> Iterator[Sighting]:
    """A cell in which more runs have equal values than chance makes equal.

    ## What it sees

    Of the runs of one cell, which are not all equal, several have one value to the last digit.
    Values at an end of the scale do not count.

    ## How it is computed

    The number of ways to part n runs into groups of the sizes that are seen, times the chance that
    each group is equal (as in TAB101, with half of the cell's SD, or what TAB101 expects of it if
    that is smaller), times the number of ways to write n as a sum. It counts at 0.001 over the
    number of cells.

    ## What would explain it

    Runs share a seed; a run was copied; some of the runs collapsed to one class; or values were
    rounded further than their digits show.

    ## What to do

    Compare the predictions, losses or run times of the runs that agree.
    """
    cells = [each for each in audited.table.entries if len(each.runs) > 2 and each.varies]
    found: dict[str, list[Entry]] = {}
    for entry in cells:
        if _chance_of_repeats(audited, entry) < share_alpha(ALPHA, len(cells)):
            found.setdefault(entry.method, []).append(entry)
    for method, entries in found.items():
        yield Sighting(
            method,
            f"Runs of {method or 'the method'} have equal values more often than chance makes them"
            f" in {plural(len(entries), 'cell')}.",
            tuple(suspect(each, _describe(each)) for each in entries),
        )


def _chance_of_repeats(audited: AuditedTable, entry: Entry) -> float:
    free = [run.value for _, run in entry.runs if not audited.table.is_bound(run.value)]
    step = audited.peers.find_step(entry)
    sizes = sorted(Counter(free).values())
    if step is None or not entry.spread or len(sizes) == len(free):
        return 1.0
    expected = audited.peers.expect_sd(entry)
    sd = min(entry.spread / LENIENCE, entry.spread if expected is None else expected)
    return same_ties(sizes, sd, step)


def _describe(entry: Entry) -> str:
    (text, count), *_ = Counter(run.text for _, run in entry.runs).most_common()
    different = len({run.value for _, run in entry.runs})
    return f"{text} in {count} of {len(entry.runs)} runs, {different} different values"
