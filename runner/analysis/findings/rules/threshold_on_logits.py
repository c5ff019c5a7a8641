"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

FEW = 0.05
"""Share of outputs outside of 0 to 1 that is taken for rounding or for outliers."""


def threshold_on_logits(view: ConfigurationView) -> Iterator[Observation]:
    """A binary accuracy that puts a threshold for probabilities on other numbers.

    ## What it sees

    A BinaryAccuracy with a threshold between 0 and 1 is given outputs of which more than 5 % are
    below 0 or above 1, and some lie between 0 and the threshold.

    ## Why it matters

    Outputs before the sigmoid (logits) stand for yes from 0 on, not from 0.5 on, so the metric
    counts some rows wrongly.

    ## What to change

    Give the metric the threshold of such outputs, `{_target_: keras.metrics.BinaryAccuracy,
    threshold: 0.0}`, or end the model in a sigmoid, with a loss that is not told `from_logits`.
    """
    for where, facts in view.group_build_facts("metric").items():
        found = [fact for fact in facts if _is_misplaced(fact)]
        if not found:
            continue
        numbers = max(found, key=lambda fact: fact.numbers["between"].high).numbers
        threshold = numbers["threshold"].high
        yield Observation(
            where,
            f"{where} (BinaryAccuracy) counts outputs above {threshold:g} as 1, and outputs are no"
            f" probabilities ({word_number(numbers['given'])}): {numbers['between'].high} of"
            f" {numbers['outputs'].high} lie between 0 and {threshold:g}.",
            "Give the metric the threshold 0.0, or end the model in a sigmoid.",
            len(found),
            len(facts),
        )


def _is_misplaced(fact: Clause) -> bool:
    if fact.words["class"] != "BinaryAccuracy" or "between" not in fact.numbers:
        return False
    counts = {name: each.high for name, each in fact.numbers.items()}
    labels = counts["others"] == 0
    logits = counts["outside"] > FEW * counts["outputs"] and 0 < counts["threshold"] < 1
    return labels and logits and counts["between"] > 0
