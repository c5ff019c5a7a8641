"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

FEW = 0.01
"""Share of targets that may be others than a metric expects."""

CATEGORICAL = ("CategoricalAccuracy", "TopKCategoricalAccuracy")
"""Metrics that compare the largest output of a row with the largest target."""


def misread_targets(view: ConfigurationView) -> Iterator[Observation]:
    """A metric that reads the targets or outputs as something that they are not.

    ## What it sees

    What `accuracy` became under the shapes of outputs and targets, and what it is given: a
    CategoricalAccuracy, rows with several ones or none, or arbitrary numbers; a BinaryAccuracy,
    targets other than 0 and 1; an Accuracy, which asks whether output and target are equal, outputs
    that are fractions.

    ## Why it matters

    Such a metric does not measure what its name says. The same name stands for other metrics in
    other versions of Keras, so it cannot be compared with a published value either.

    ## What to change

    Name the metric that is meant, not `accuracy`: `binary_accuracy` where every number of a row is
    a yes or no, and for targets -1 and 1 or arbitrary numbers one that measures distances, such as
    `mae`.
    """
    for where, facts in view.group_build_facts("metric").items():
        found = [(fact, told) for fact in facts if (told := _describe(fact))]
        if found:
            fact, (seen, change) = found[0]
            name = fact.words["class"]
            is_name = f" is {name} here: it" if where in ("accuracy", "acc") else f" ({name})"
            yield Observation(where, f"{where}{is_name} {seen}.", change, len(found), len(facts))


def _describe(fact: Clause) -> tuple[str, str] | None:
    """Return what the metric does with what it is given, and what to change; None: all is well."""
    numbers = fact.numbers
    counts = {name: each.high for name, each in numbers.items()}
    if fact.words["class"] in CATEGORICAL and "rows" in counts:
        compares = "compares the largest output of a row with its largest target, and"
        rows = counts["rows"]
        if counts["several"] + counts["none"] > FEW * rows:
            seen = f"{compares} of {rows} rows {counts['several']} have several ones and"
            return f"{seen} {counts['none']} none", "Name the metric: binary_accuracy."
        if counts["others"] > FEW * rows:
            seen = f"{compares} targets are numbers ({word_number(numbers['targets'])})"
            return seen, "Use a metric that measures distances, such as mae."
    if fact.words["class"] == "BinaryAccuracy" and counts.get("others", 0) > FEW * counts.get(
        "size", 0
    ):
        seen = f"counts outputs above {counts['threshold']:g} as 1, and {counts['others']} of"
        seen = f"{seen} {counts['size']} targets are neither 0 nor 1"
        seen = f"{seen} ({word_number(numbers['targets'])} in all)"
        return seen, "Use a metric that measures distances, such as mae."
    if fact.words["class"] == "Accuracy" and counts.get("fractions", 0) > FEW * counts["outputs"]:
        seen = f"asks whether outputs equal targets, and {counts['fractions']} of"
        seen = f"{seen} {counts['outputs']} outputs are fractions"
        return seen, "Name the metric that reads such outputs, such as accuracy in small letters."
    return None
