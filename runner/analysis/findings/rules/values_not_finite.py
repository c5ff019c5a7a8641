"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.record.reasons import Clause

PARTS = {"train": "training", "test": "test"}
"""Name of a part in the records to what it is called."""


def values_not_finite(view: ConfigurationView) -> Iterator[Observation]:
    """NaN or infinities in the data.

    ## What it sees

    Inputs or targets of the training or the test part hold NaN or infinite values.

    ## Why it matters

    One such value makes every weight that it reaches NaN in one step, and a metric over such rows
    means nothing.

    ## What to change

    Remove the rows or fill in the values in the data source.
    """
    facts = [fact for _, fact in view.find_facts("values")]
    for name, called in PARTS.items():
        own = [fact for fact in facts if fact.where == name]
        found = [fact for fact in own if _count(fact)]
        if found:
            worst = max(found, key=_count)
            yield Observation(
                name,
                f"{worst.numbers['bad_inputs'].high} of {worst.numbers['inputs'].high} inputs and"
                f" {worst.numbers['bad_targets'].high} of {worst.numbers['targets'].high} targets"
                f" of the {called} part are NaN or infinite.",
                "Remove the rows or fill in the values in the data source.",
                len(found),
                len(own),
            )


def _count(fact: Clause) -> int | float:
    return fact.numbers["bad_inputs"].high + fact.numbers["bad_targets"].high
