"""Measures facts about a trained model, for rules that judge them. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from runner.record.fingerprint import digest, stable_names
from runner.record.reasons import Clause, count
from runner.tasks.keras.facts.adapt_facts import describe_adapting
from runner.tasks.keras.facts.embedding_facts import describe_embeddings
from runner.tasks.keras.facts.logit_facts import describe_logits
from runner.tasks.keras.facts.loss_facts import describe_losses
from runner.tasks.keras.facts.metric_facts import describe_metrics
from runner.tasks.keras.facts.moving_facts import describe_moving
from runner.tasks.keras.facts.reach_facts import describe_reach
from runner.tasks.keras.facts.spread_facts import describe_spread
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.keras_internals import is_generator_state

MEASURES: tuple[Callable[[Trained], list[Clause]], ...] = (
    describe_embeddings,
    describe_adapting,
    describe_reach,
    describe_moving,
    describe_metrics,
    describe_spread,
    describe_logits,
    describe_losses,
)
"""Each measures facts of one kind, in the order in which they are recorded. The last one trains."""


def describe_initial_weights(model: Any) -> Clause:
    """Return how many of a model's initial weights are not one constant, as `initial-weights`."""
    weights = [np.asarray(each.numpy()) for each in model.weights if not is_generator_state(each)]
    varied = sum(each.size > 1 and bool((each != each.flat[0]).any()) for each in weights)
    return Clause(
        "initial-weights", numbers={"weights": count(len(weights)), "varied": count(varied)}
    )


def describe_twins(model: Any) -> list[Clause]:
    """Return `twin-weights` of each initial weight that others of the model begin equal to.

    Weights of one constant, such as biases of 0, are left out.
    """
    weights = model.trainable_variables
    names = stable_names([each.path for each in weights], model.name)
    equal: dict[str, list[str]] = {}
    for name, each in zip(names, weights, strict=True):
        values = np.asarray(each.numpy())
        if values.size > 1 and bool((values != values.flat[0]).any()):
            equal.setdefault(digest(values), []).append(name)
    return [
        Clause("twin-weights", first, {"others": ", ".join(others)})
        for first, *others in equal.values()
        if others
    ]


def describe_model(trained: Trained) -> list[Clause]:
    """Return the facts about a trained model, each as a clause that a rule reads by its code.

    The model may be called, and trained on: nothing may be measured of it afterwards.
    """
    facts: list[Clause] = []
    for measure in MEASURES:
        try:
            facts += measure(trained)
        except Exception:  # a model may raise anything, and no run fails for want of a fact
            continue
    return facts
