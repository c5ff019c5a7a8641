"""TAB4xx, form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.published.chance import ALPHA
from runner.published.printed_number import FULL_DIGITS
from runner.published.table_rule import AuditedTable, Sighting, suspect

DROPPED = 0.1
"""Part of all numbers that end with a zero, which some programs leave out."""


def mixed_digits(audited: AuditedTable) -> Iterator[Sighting]:
    """Values with different numbers of decimals, more often than dropped zeros explain.

    ## What it sees

    Numbers with fewer decimals than others of the table. Tables that are printed in full, with
    seven decimals or more, do not count.

    ## How it is computed

    One in ten numbers ends with a zero, and some programs drop it. The number of shorter ones is
    compared with the binomial tail at 0.1, at a level of 0.001.

    ## What would explain it

    Parts of the table come from different sources, or were rounded differently.

    ## What to do

    Nothing is wrong with it; but rules about digits see less where there are fewer.
    """
    numbers = [(each, number) for each in audited.table.entries for number in each.numbers]
    most = max(number.digits for _, number in numbers)
    shorter = [(each, number) for each, number in numbers if number.digits < most]
    if most >= FULL_DIGITS or not shorter:
        return
    from scipy.stats import binom

    if binom.sf(len(shorter) - 1, len(numbers), DROPPED) < ALPHA:
        counts = Counter(number.digits for _, number in numbers)
        said = ", ".join(f"{digits} in {count}" for digits, count in sorted(counts.items()))
        yield Sighting(
            "table",
            f"Numbers of decimals differ: {said} values.",
            tuple(suspect(each) for each in dict.fromkeys(each for each, _ in shorter)),
        )
