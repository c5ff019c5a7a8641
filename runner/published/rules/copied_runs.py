"""TAB3xx, copies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from runner.published.chance import ALPHA, all_equal, count_tail, share_alpha
from runner.published.peers import LENIENCE
from runner.published.published_table import Entry
from runner.published.table_rule import AuditedTable, Sighting, suspect

FEWEST = 3
"""Cells in which two runs must agree."""

MOST = 2 / 3
"""Part of the cells in which two runs could have differed and must agree."""


def copied_runs(audited: AuditedTable) -> Iterator[Sighting]:
    """Two runs of a method that agree on all or most data sets, to the last digit.

    ## What it sees

    Two runs, by their seed or number, with the same value on at least two thirds of the data sets
    on which the runs of the method differ, and on no fewer than three. Values at an end of the
    scale do not count.

    ## How it is computed

    The chance of a tie in a cell is the sum over k of P(a normal value is rounded to k/N)^2, with
    half the SD of the cell or what TAB101 expects of it, whichever is smaller; or the share of the
    other pairs of runs that tie there, if that is larger. The number of ties is compared with the
    tail of their sum (Poisson binomial) at 0.001 over the number of pairs.

    ## What would explain it

    A file of results was copied or read twice; the two runs had the same seed; or the seed did not
    reach what is random.

    ## What to do

    Compare the predictions of the two runs, and their times: a repeated run has other times.
    """
    pairs = [
        (method, entries, pair)
        for method, entries in audited.table.by_method.items()
        for pair in combinations(_find_labels(entries), 2)
    ]
    ties: dict[tuple[str, str, str], tuple[list[Entry], int]] = {}
    for method, entries, (one, other) in pairs:
        shared, chances = [], []
        for entry in entries:
            runs = {label: number.value for label, number in entry.runs}
            if not entry.varies or one not in runs or other not in runs:
                continue
            if runs[one] == runs[other] and audited.table.is_bound(runs[one]):
                continue
            shared.append((entry, runs[one] == runs[other]))
            chances.append(_chance_of_tie(audited, entry, runs[one] == runs[other]))
        equal = [entry for entry, tied in shared if tied]
        enough = len(equal) >= max(FEWEST, MOST * len(shared))
        if enough and count_tail(chances, len(equal)) < share_alpha(ALPHA, len(pairs)):
            ties[method, one, other] = equal, len(shared)
    for (method, one, other), (equal, total) in ties.items():
        yield Sighting(
            method,
            f"Runs {one} and {other} of {method or 'the method'} agree to the last digit on"
            f" {len(equal)} of {total} data sets on which its runs differ.",
            tuple(map(suspect, equal)),
        )


def _find_labels(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(label for each in entries for label, _ in each.runs))


def _chance_of_tie(audited: AuditedTable, entry: Entry, tied: bool) -> float:
    step, expected = audited.peers.find_step(entry), audited.peers.expect_sd(entry)
    if step is None or not entry.spread:
        return 1.0
    values = [run.value for _, run in entry.runs]
    pairs = math.comb(len(values), 2)
    ties = sum(a == b for a, b in combinations(values, 2)) - tied
    sd = min(entry.spread / LENIENCE, entry.spread if expected is None else expected)
    return max(ties / (pairs - 1) if pairs > 1 else 0.0, all_equal(sd, step, 2))
