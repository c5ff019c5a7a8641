"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

ROUNDING = 1e-3
"""Part of a loss by which two ways to sum it may differ."""


def broadcast_loss(view: ConfigurationView) -> Iterator[Observation]:
    """A loss that compares every target with every prediction.

    ## What it sees

    Targets and predictions have different shapes, such as (64,) and (64, 1), and the loss of the
    same numbers is another one once the targets have the shape of the predictions. It is measured
    on up to 64 training rows, of the compiled loss and of a `train_step` of the model's own.

    ## Why it matters

    The difference of (64,) and (64, 1) is a table of 64 by 64, whose mean is smallest where all
    predictions are the mean of the targets: the model learns nothing else.

    ## What to change

    Give the targets the shape of the predictions: in the data, or by
    `keras.ops.reshape(y, keras.ops.shape(predictions))` in the loss. Losses of Keras that are named
    in `train.loss` do so themselves.
    """
    for where, facts in view.group_build_facts("loss-shapes").items():
        found = [fact for fact in facts if _differs(fact)]
        if not found:
            continue
        words, numbers = found[0].words, found[0].numbers
        yield Observation(
            where,
            f"{where} compares targets of shape {words['targets']} with predictions of shape"
            f" {words['predictions']}: it is {word_number(numbers['given'])}, and"
            f" {word_number(numbers['reshaped'])} once the targets have that shape.",
            "Give the targets the shape of the predictions: in the data, or by"
            " keras.ops.reshape(y, keras.ops.shape(predictions)).",
            len(found),
            len(facts),
            "build",
        )


def _differs(fact: Clause) -> bool:
    given, reshaped = fact.numbers["given"].high, fact.numbers["reshaped"].high
    return abs(given - reshaped) > ROUNDING * max(abs(given), abs(reshaped))
