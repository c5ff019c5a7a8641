"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.record.reader import StoredRun
from runner.record.reasons import Clause

MIN_FACTOR = 10.0
"""Factor between the typical magnitudes of the two parts that no sample of rows explains."""


def mismatched_scales(view: ConfigurationView) -> Iterator[Observation]:
    """Test inputs of another scale than the training inputs.

    ## What it sees

    The typical magnitude of the test inputs, the median of those that are not 0, is ten times that
    of the training inputs or more, or a tenth or less; and so is their geometric mean.

    ## Why it matters

    The model is asked about numbers that it was not trained for, so its metrics are about the scale
    and not about the rows.

    ## What to change

    Give both parts the same preprocessing, once: often one of them is divided by 255 and the other
    is not, or is divided twice.
    """
    pairs = [pair for run in view.runs if (pair := _find_pair(run)) is not None]
    found = [pair for pair in pairs if _find_factor(*pair) >= MIN_FACTOR]
    if not found:
        return
    train, test = found[0]
    yield Observation(
        "test",
        f"Test inputs are typically {_show(test)} ({_range(test)}), training inputs"
        f" {_show(train)} ({_range(train)}).",
        "Give both parts the same preprocessing, once.",
        len(found),
        len(pairs),
    )


def _find_pair(run: StoredRun) -> tuple[Clause, Clause] | None:
    """Return the facts about the values of both parts; None where a typical value is missing."""
    facts = {fact.where: fact for fact in run.record.facts if fact.code == "values"}
    if any("typical" not in facts[name].numbers for name in ("train", "test") if name in facts):
        return None
    return (facts["train"], facts["test"]) if len(facts) == 2 else None


def _find_factor(train: Clause, test: Clause) -> float:
    """Return the factor by which both the median and the geometric mean differ; 1: they do not."""
    common = train.numbers.keys() & test.numbers.keys() & {"typical", "geometric"}
    ratios = [float(test.numbers[name].high / train.numbers[name].high) for name in common]
    return max(min(ratios), min(1 / each for each in ratios))


def _show(fact: Clause) -> str:
    return f"{fact.numbers['typical'].high:.3g}"


def _range(fact: Clause) -> str:
    values = fact.numbers["range"]
    return f"{fact.words['kind']} from {values.low:.3g} to {values.high:.3g}"
