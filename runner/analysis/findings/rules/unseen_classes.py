"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def unseen_classes(view: ConfigurationView) -> Iterator[Observation]:
    """Test rows of classes that the training part does not have.

    ## What it sees

    The labels of some test rows occur in no training row.

    ## Why it matters

    A model cannot learn a class that it never sees, so these rows count as wrong whatever the model
    does.

    ## What to change

    Rows that are sorted by class and then cut in two give such parts. Let `data.split` draw the
    test rows at random, or shuffle the rows before they are cut.
    """
    facts = [fact for _, fact in view.find_facts("classes")]
    found = [fact for fact in facts if fact.numbers["unseen"].high > 0]
    if not found:
        return
    worst = max(found, key=lambda fact: fact.numbers["unseen"].high)
    unseen, rows = worst.numbers["unseen"].high, worst.numbers["rows"].high
    yield Observation(
        "test",
        f"{unseen} of {rows} test rows are of classes that training never saw"
        f" ({worst.words['unseen']}).",
        "Draw the test rows at random from all rows, or shuffle the rows before they are cut.",
        len(found),
        len(facts),
    )
