"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.text import plural


def idle_columns(view: ConfigurationView) -> Iterator[Observation]:
    """Columns of a table that are constant, or repeat another column.

    ## What it sees

    Columns of the training inputs have one value in all rows, or have the values of another column
    bit for bit. Inputs of more than 50 columns are taken for pixels and are not looked at.

    ## Why it matters

    Such a column tells the model nothing, and often is a sign that a table was read wrongly.

    ## What to change

    Leave the columns out of the data, for example by `data.source.features` of a table.
    """
    facts = [fact for _, fact in view.find_facts("columns")]
    found = [f for f in facts if f.numbers["constant"].high or f.numbers["repeated"].high]
    if not found:
        return
    numbers, words = found[0].numbers, found[0].words
    constant, repeated = int(numbers["constant"].high), int(numbers["repeated"].high)
    parts = [
        f"{plural(constant, 'column')} constant{_place(words.get('constant'))}" if constant else "",
        f"{plural(repeated, 'column')} the same as one before{_place(words.get('repeated'))}"
        if repeated
        else "",
    ]
    yield Observation(
        "train",
        f"Of {numbers['columns'].high} input columns: {' and '.join(filter(None, parts))}.",
        "Leave the columns out of the data.",
        len(found),
        len(facts),
    )


def _place(indices: str | None) -> str:
    # Older records do not say which columns repeat another.
    return f" (counted from 0: {indices})" if indices else ""
