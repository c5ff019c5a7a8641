"""What a normalization that was never adapted receives. Imports TensorFlow."""

from __future__ import annotations

import keras
import numpy as np

from runner.record.reasons import Clause, between
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.unadapted import is_identity


def describe_adapting(trained: Trained) -> list[Clause]:
    """Return `not-adapted` of each Normalization that passes its inputs through as they are.

    Its numbers are the means and the standard deviations of its inputs, over the axes that the
    layer would have taken them over.
    """
    if trained.seen is None:
        return []
    facts = []
    for each in trained.seen.of(keras.layers.Normalization):
        if not is_identity(each.layer):
            continue
        values = each.values.astype(np.float64)
        kept = {axis % values.ndim for axis in each.layer.axis}
        over = tuple(axis for axis in range(values.ndim) if axis not in kept)
        means, sds = values.mean(axis=over), values.std(axis=over)
        numbers = {
            "means": between(means.min(), means.max()),
            "sds": between(sds.min(), sds.max()),
        }
        facts.append(Clause("not-adapted", each.name, numbers=numbers))
    return facts
