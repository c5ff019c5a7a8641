"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.text import plural


def left_out_columns(view: ConfigurationView) -> Iterator[Observation]:
    """Columns of a table that no model sees, because they hold no numbers.

    ## What it sees

    A table is read without `data.source.features`, and has columns of text, dates or lists beside
    the targets. The first rows of a CSV file decide what a column holds.

    ## Why it matters

    All columns look as if they were used, and a model that lacks one of them can hardly be told
    from one that has it.

    ## What to change

    Name the columns that are meant in `data.source.features`, and turn text into numbers before.
    """
    facts = [fact for _, fact in view.find_facts("left-out-columns")]
    if not facts:
        return
    count = int(facts[0].numbers["columns"].high)
    yield Observation(
        "train",
        f"{plural(count, 'column')} of the table {'holds' if count == 1 else 'hold'} no numbers and"
        f" {'is' if count == 1 else 'are'} left out: {facts[0].words['names']}.",
        "Name the columns that are meant in data.source.features.",
        len(facts),
        len(view.runs),
    )
