"""TAB2xx, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from runner.published.possible_sums import find_nearest, find_sums
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural


def impossible_mean(audited: AuditedTable) -> Iterator[Sighting]:
    """A mean or an accuracy that no whole numbers of test rows give.

    ## What it sees

    A value of a run that is not k/N for any whole number k of the N test rows, or a mean of n runs
    that is not k/(N n), each within the rounding of its last digit, in either direction.

    ## How it is computed

    GRIM (Brown and Heathers 2017): the value is possible if a whole number lies from
    (value - half a digit) N n to (value + half a digit) N n. It needs the test rows (--test-rows
    or --classes), for a mean also the number of runs, and sees something only where 1/(N n) is
    larger than the last digit. Ends of the range count as inside; trailing zeros that were dropped
    widen it.

    ## What would explain it

    The test part has another number of rows; the mean is over another number of runs; runs were
    rounded before they were averaged; the value was cut off rather than rounded; it is no plain
    accuracy (balanced, weighted, or over folds of unequal size); or it was mistyped.

    ## What to do

    Check the number of test rows and of runs first: if most cells are impossible, one of them is
    wrong.
    """
    top = audited.table.top
    if top is None:
        return
    found, tested = [], 0
    for entry in audited.table.entries:
        if entry.test_rows is None:
            continue
        single = entry.runs or ([("", entry.mean)] if entry.mean and entry.n == 1 else [])
        if not single and (entry.mean is None or entry.n is None):
            continue
        tested += 1
        steps = entry.test_rows / top
        wrong = [number for _, number in single if not find_sums(number, steps)]
        if not single and entry.mean is not None and entry.n is not None:
            steps *= entry.n
            wrong = [] if find_sums(entry.mean, steps) else [entry.mean]
        for number in wrong:
            below, above = find_nearest(number, steps)
            rows = plural(entry.test_rows, "row")
            runs = "" if single else f" and {plural(entry.n or 1, 'run')}"
            text = f"{number.text}; with {rows}{runs} next to it are {below:.6g} and {above:.6g}"
            found.append(suspect(entry, text))
    if found:
        yield Sighting(
            "table",
            f"{plural(len(found), 'value')} in {plural(len({each.name for each in found}), 'cell')}"
            f" of {tested} cannot come from whole numbers of test rows.",
            tuple(found),
        )
