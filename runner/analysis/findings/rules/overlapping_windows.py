"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.record.reasons import Number

MIN_SHARE = 0.1
"""Share of the test rows from which on windows overlap not only where the parts meet."""

MAX_MIXED = 0.5
"""Part of them that may be so as well once the steps are in another order."""


def overlapping_windows(view: ConfigurationView) -> Iterator[Observation]:
    """Test rows that are a training row moved by one step.

    ## What it sees

    At least a tenth of the test rows hold the values of a training row, moved by one step along
    their series: they are windows over one series, and the parts overlap. Rows that are as often
    alike once their steps are in another order, such as those of a few yes or no, are left out.

    ## Why it matters

    The model has seen nearly all that such a row holds, so the metrics are better than they would
    be for a later part of the series.

    ## What to change

    Cut the series in two by time first and make the windows of each part afterwards: a source that
    returns `(x, y), (x_test, y_test)` decides the parts itself.
    """
    facts = [fact.numbers for _, fact in view.find_facts("shifted")]
    found = [each for each in facts if _overlap(each)]
    if not found:
        return
    worst = max(found, key=lambda numbers: numbers["shifted"].high)
    yield Observation(
        "test",
        f"{worst['shifted'].high} of {worst['rows'].high} test rows are a training row moved by one"
        " step.",
        "Cut the series by time first, and make the windows of each part afterwards.",
        len(found),
        len(facts),
    )


def _overlap(numbers: dict[str, Number]) -> bool:
    shifted, rows = numbers["shifted"].high, numbers["rows"].high
    mixed = numbers["mixed"].high if "mixed" in numbers else 0
    return shifted >= MIN_SHARE * rows and mixed <= MAX_MIXED * shifted
