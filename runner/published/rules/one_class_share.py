"""TAB1xx, variation."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runner.published.chance import ALPHA, count_tail, share_alpha
from runner.published.published_table import Entry
from runner.published.reading.column_roles import plain_name
from runner.published.rules.unvarying_runs import chance_of_equal
from runner.published.table_rule import AuditedTable, Sighting, suspect
from runner.text import plural

BASELINES = ("majority", "baseline", "dummy", "zeror", "constant", "mostfrequent", "prior")
"""What the name of a method has, as `plain_name` makes it, that is meant to predict one class."""

NEAR = 4.0
"""How many binomial SDs from a value a share may lie to count as one that chance could have hit."""


def one_class_share(audited: AuditedTable) -> Iterator[Sighting]:
    """An accuracy that is one class's share of the test rows: every row got one label.

    ## What it sees

    With the rows of each class given (--classes), values that are the share of one class, or one
    over the number of classes, in more cells than chance makes so. Cells whose runs differ do not
    count.

    ## How it is computed

    The chance that an accuracy v hits a share within 4 binomial SDs of it is taken to be the
    number of such shares times step / sqrt(2 pi v (1 - v) / N), with a step of 1/N or the last
    digit, whichever is larger; where runs are given, times the chance that they are equal
    (TAB101). A cell counts alone at 0.001 over the number of cells, and a method by the count of
    its cells (Poisson binomial) at 0.001 over the number of methods.

    ## What would explain it

    The model predicts one class for every row, as one does that has collapsed, or that reduces all
    rows to one vote; or the method is a baseline that is meant to do so.

    ## What to do

    Look at the confusion matrix: one of its columns has all rows. Leave these cells out of
    comparisons with other methods until that is known.
    """
    methods = audited.table.by_method
    for method, entries in methods.items():
        if any(name in plain_name(method) for name in BASELINES):
            continue
        shares = {id(each): _find_shares(audited, each) for each in entries}
        known = [each for each in entries if shares[id(each)]]
        hits = [each for each in known if not each.varies and _find_hit(each, shares[id(each)])]
        chances = {id(each): _chance_of_hit(audited, each, shares[id(each)]) for each in known}
        level = share_alpha(ALPHA, len(audited.table.entries))
        found = [each for each in hits if chances[id(each)] < level]
        tail = count_tail(list(chances.values()), len(hits))
        if tail < share_alpha(ALPHA, len(methods)):
            found = hits
        if found:
            cells = (
                suspect(each, f"{each.text}; {_find_hit(each, shares[id(each)])}") for each in found
            )
            yield Sighting(
                method,
                f"{method or 'The method'} has one class's share of the test rows as its value in"
                f" {len(found)} of the {plural(len(known), 'cell')} whose classes are known.",
                tuple(cells),
            )


def _find_shares(audited: AuditedTable, entry: Entry) -> dict[str, float]:
    """Return what is named to the value of a model that predicts one class, in a table's units."""
    counts = audited.class_counts.get(plain_name(entry.data))
    if not counts or audited.table.top is None:
        return {}
    total = sum(counts.values())
    shares = {
        f"class {label} has {count} of {total} rows": audited.table.top * count / total
        for label, count in counts.items()
    }
    even = audited.table.top / len(counts)
    if not any(math.isclose(each, even) for each in shares.values()):
        shares[f"1 over {len(counts)} classes"] = even
    return shares


def _find_hit(entry: Entry, shares: dict[str, float]) -> str | None:
    """Return which share a value is; None if it is none."""
    number = entry.numbers[0]
    return next((name for name, share in shares.items() if number.holds(share)), None)


def _chance_of_hit(audited: AuditedTable, entry: Entry, shares: dict[str, float]) -> float:
    top, rows = audited.table.top, entry.test_rows
    if top is None or rows is None or not 0 < entry.center < top:
        return 1.0
    sd = math.sqrt(entry.center * (top - entry.center) / rows)
    near = {each for each in shares.values() if abs(each - entry.center) <= NEAR * sd}
    step = max(top / rows, 2 * entry.half)
    hit = min(1.0, max(1, len(near)) * step / (sd * math.sqrt(2 * math.pi)))
    known = entry.varies is not None
    return hit * (chance_of_equal(audited, entry) if known else 1.0)
