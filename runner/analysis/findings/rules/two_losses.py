"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.findings.wording import word_number
from runner.record.reasons import Clause

APART = 0.25
"""Part of the larger loss by which the two must differ; dropout and penalties explain less."""


def two_losses(view: ConfigurationView) -> Iterator[Observation]:
    """A model that trains one loss and is evaluated by another.

    ## What it sees

    On the same training rows, and with the same weights, the `loss` that a `train_step` of the
    model's own returns differs by more than a quarter from the compiled loss.

    ## Why it matters

    The column `loss` holds the compiled loss, which training did not minimize. It can rise while
    training goes well.

    ## What to change

    Nothing if it is meant so, as for a model with several terms. Otherwise name the trained loss in
    `train.loss`, or override `compute_loss`, which training and evaluation both call.
    """
    broadcasts = [fact for _, fact in view.find_build_facts("loss-shapes")]
    for where, facts in view.group_build_facts("two-losses").items():
        found = [fact for fact in facts if _differ(fact, broadcasts)]
        if not found:
            continue
        numbers = found[0].numbers
        yield Observation(
            where,
            f"On {numbers['rows'].high} training rows {where} has a loss of"
            f" {word_number(numbers['trained'])}, and the loss that is evaluated is"
            f" {word_number(numbers['evaluated'])}.",
            "",
            len(found),
            len(facts),
            "build",
        )


def _differ(fact: Clause, broadcasts: list[Clause]) -> bool:
    """Whether the two losses differ, and not only because of the shape of targets."""
    trained, evaluated = fact.numbers["trained"].high, fact.numbers["evaluated"].high
    same_shape = [each.numbers["reshaped"].high for each in broadcasts if each.where == fact.where]
    return all(_apart(each, evaluated) for each in (trained, *same_shape))


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > APART * max(abs(one), abs(other))
