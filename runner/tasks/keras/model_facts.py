"""Measures facts about a trained model, for rules that judge them. Imports TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.record.reasons import Clause, count
from runner.tasks.keras.keras_internals import is_generator_state


def describe_initial_weights(model: Any) -> Clause:
    """Return how many of a model's initial weights are not one constant, as `initial-weights`."""
    weights = [np.asarray(each.numpy()) for each in model.weights if not is_generator_state(each)]
    varied = sum(each.size > 1 and bool((each != each.flat[0]).any()) for each in weights)
    return Clause(
        "initial-weights", numbers={"weights": count(len(weights)), "varied": count(varied)}
    )


def describe_model(model: Any) -> list[Clause]:
    """Return the facts about a trained model, each as a clause that a rule reads by its code."""
    return []
