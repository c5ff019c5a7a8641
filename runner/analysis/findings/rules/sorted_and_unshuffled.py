"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def sorted_and_unshuffled(view: ConfigurationView) -> Iterator[Observation]:
    """Training rows that are sorted by class and reach training in that order.

    ## What it sees

    The labels of the training rows never fall from one row to the next, an epoch has more than one
    batch, and the input pipeline has no stage `shuffle` that changes the order.

    ## Why it matters

    Each step sees rows of one class, so the model forgets the classes before it and may end with
    the last one only.

    ## What to change

    Shuffle the rows: `shuffle=on`, with a buffer as large as the training part.
    """
    facts = [fact.numbers for _, fact in view.find_facts("sorted")]
    if not facts:
        return
    rows, classes = facts[0]["rows"].high, facts[0]["classes"].high
    yield Observation(
        "order",
        f"{rows} training rows of {classes} classes are sorted by class and are never shuffled.",
        "Shuffle the rows: shuffle=on.",
        len(facts),
        len(view.runs),
    )
