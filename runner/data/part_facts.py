"""Measures facts about the training and the test part, for rules that judge them."""

from __future__ import annotations

from runner.data.array_sources import Part
from runner.numeric.labels import class_labels
from runner.record.reasons import Clause, count


def describe_parts(train: Part, test: Part) -> list[Clause]:
    """Return the facts about the rows of a run, each as a clause that a rule reads by its code.

    Args:
        train: inputs (row, ...) and targets (row, ...) of the training part.
        test: the same of the test part.
    """
    return [*_compare_classes(train, test)]


def _compare_classes(train: Part, test: Part) -> list[Clause]:
    """Return `classes`: how many test rows are of classes that training never sees."""
    labels = class_labels(train[1]), class_labels(test[1])
    if labels[0] is None or labels[1] is None:
        return []
    seen, asked = set(labels[0].tolist()), labels[1].tolist()
    unseen = [each for each in asked if each not in seen]
    return [
        Clause(
            "classes",
            words={"unseen": ", ".join(map(str, sorted(set(unseen))))},
            numbers={"rows": count(len(asked)), "unseen": count(len(unseen))},
        )
    ]
