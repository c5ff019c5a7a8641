"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number


def wrapped_indices(view: ConfigurationView) -> Iterator[Observation]:
    """An embedding that is asked for rows that it does not have.

    ## What it sees

    Some inputs of a `keras.layers.Embedding`, in up to 64 training rows, are below 0, or are not
    below its `input_dim`.

    ## Why it matters

    A negative index counts from the end, so -1 shares a row with the last category. An index past
    the end is an error on a processor, and on a GPU or under XLA it silently gives another row or
    zeros.

    ## What to change

    Number the categories from 0, give padding and unknown categories numbers of their own, and set
    `input_dim` to the largest number plus one.
    """
    for where, facts in view.group_build_facts("embedding-inputs").items():
        found = [
            fact
            for fact in facts
            if fact.numbers["negative"].high + fact.numbers["beyond"].high > 0
        ]
        if not found:
            continue
        seen = max(found, key=lambda f: f.numbers["negative"].high + f.numbers["beyond"].high)
        numbers = seen.numbers
        outside = numbers["negative"].high + numbers["beyond"].high
        rows = numbers["rows"].high
        yield Observation(
            where,
            f"{where} has rows 0 to {rows - 1}, and {outside} of {numbers['size'].high} of its"
            f" inputs are others ({word_number(numbers['taken'])} in all).",
            "Number the categories from 0, padding included, and set input_dim to the largest"
            " number plus one.",
            len(found),
            len(facts),
            "build",
        )
