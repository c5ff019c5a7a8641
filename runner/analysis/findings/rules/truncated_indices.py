"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import DIGITS, Number


def truncated_indices(view: ConfigurationView) -> Iterator[Observation]:
    """An embedding whose inputs are fractions, of which only the whole part counts.

    ## What it sees

    The inputs of a `keras.layers.Embedding`, in up to 64 training rows, are not all whole numbers.

    ## Why it matters

    An embedding looks up a row by a whole number. It cuts a fraction off, so that 0.2 and 0.9 are
    both row 0, and numbers that were scaled to [0, 1] are nearly all the same.

    ## What to change

    Give measurements to a `Dense` layer instead. Where the inputs stand for categories, number
    these from 0 and do not scale them; a `Discretization` layer makes categories of measurements.
    """
    for where, facts in view.group_build_facts("embedding-inputs").items():
        found = [fact for fact in facts if fact.numbers["fractions"].high > 0]
        if not found:
            continue
        seen = max(found, key=lambda fact: fact.numbers["fractions"].high).numbers
        taken = seen["taken"]
        become = "all become" if taken.low == taken.high else "become"
        yield Observation(
            where,
            f"{where} takes whole numbers: its inputs, {_word_inputs(seen['inputs'])},"
            f" {become} {word_number(taken)}"
            f" ({seen['fractions'].high} of {seen['size'].high} are fractions).",
            "Give measurements to a Dense layer instead, and do not scale category numbers.",
            len(found),
            len(facts),
            "build",
        )


def _word_inputs(inputs: Number) -> str:
    """Return a range in words, in which a fraction does not look like a whole number."""
    texts = []
    for each in (inputs.low, inputs.high):
        short = f"{each:.{DIGITS}g}"
        hidden = float(short).is_integer() and not float(each).is_integer()
        texts.append(f"{each:.{2 * DIGITS}g}" if hidden else short)
    return " to ".join(dict.fromkeys(texts))
