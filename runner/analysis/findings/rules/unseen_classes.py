"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView

VALIDATION = "validation"
"""Where the facts about rows for validation are; those about the test part have no place."""


def unseen_classes(view: ConfigurationView) -> Iterator[Observation]:
    """Test rows, or rows for validation, of classes that the training part does not have.

    ## What it sees

    The labels of some of these rows occur in no training row.

    ## Why it matters

    A model cannot learn a class that it never sees, so these rows count as wrong whatever the model
    does.

    ## What to change

    Rows that are sorted by class and then cut in two give such parts. Let `data.split` draw the
    test rows at random, or shuffle the rows before they are cut. For validation, use
    `train.validation.part=split` instead of `last`, which holds out the last rows as they stand.
    """
    advice = "or shuffle the rows before they are cut."
    yield from _find(
        view, "", "test", "test rows", f"Draw the test rows at random from all rows, {advice}"
    )
    yield from _find(
        view,
        VALIDATION,
        VALIDATION,
        "rows for validation",
        f"Use train.validation.part=split, {advice}",
    )


def _find(
    view: ConfigurationView, where: str, shown: str, rows_are: str, advice: str
) -> Iterator[Observation]:
    facts = [fact for _, fact in view.find_facts("classes") if fact.where == where]
    found = [fact for fact in facts if fact.numbers["unseen"].high > 0]
    if not found:
        return
    worst = max(found, key=lambda fact: fact.numbers["unseen"].high)
    unseen, rows = worst.numbers["unseen"].high, worst.numbers["rows"].high
    yield Observation(
        shown,
        f"{unseen} of {rows} {rows_are} are of classes that training never saw"
        f" ({worst.words['unseen']}).",
        advice,
        len(found),
        len(facts),
    )
