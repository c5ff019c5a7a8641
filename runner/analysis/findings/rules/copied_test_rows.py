"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView

MIN_DISTINCT = 0.5
"""Share of distinct training rows below which copies are in the nature of the data."""


def copied_test_rows(view: ConfigurationView) -> Iterator[Observation]:
    """Test rows whose inputs are those of a training row.

    ## What it sees

    The inputs of some test rows equal those of a training row bit for bit, in data most of whose
    rows are distinct.

    ## Why it matters

    A model can know these rows by heart, so the metrics say less about rows that it has never seen.

    ## What to change

    Keep rows of the training part out of the test part: remove repeated rows before the data is
    split, or let a source that returns both parts keep them apart.
    """
    facts = [fact.numbers for _, fact in view.find_facts("copies")]
    found = [
        numbers
        for numbers in facts
        if numbers["copies"].high > 0
        and numbers["distinct"].high >= MIN_DISTINCT * numbers["training"].high
    ]
    if not found:
        return
    worst = max(found, key=lambda numbers: numbers["copies"].high)
    contrary = worst["contrary"].high
    yield Observation(
        "test",
        f"{worst['copies'].high} of {worst['rows'].high} test rows have the inputs of a training"
        f" row{f', {contrary} of them with another target' if contrary else ''}.",
        "Keep rows of the training part out of the test part, for example by removing repeated rows"
        " before the data is split.",
        len(found),
        len(facts),
    )
