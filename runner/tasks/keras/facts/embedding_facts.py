"""What embeddings take for indices. Imports TensorFlow."""

from __future__ import annotations

import keras
import numpy as np

from runner.record.reasons import Clause, between, count
from runner.tasks.keras.facts.trained import Trained


def describe_embeddings(trained: Trained) -> list[Clause]:
    """Return `embedding-inputs` of each embedding: how many of its inputs are what it expects."""
    if trained.seen is None:
        return []
    facts = []
    for each in trained.seen.of(keras.layers.Embedding):
        values, rows = each.values, each.layer.input_dim
        taken = np.trunc(values) if values.dtype.kind == "f" else values
        if not values.size or not np.isfinite(taken).all():
            continue
        numbers = {
            "size": count(values.size),
            "fractions": count(int(np.count_nonzero(values != taken))),
            "negative": count(int(np.count_nonzero(taken < 0))),
            "beyond": count(int(np.count_nonzero(taken >= rows))),
            "rows": count(rows),
            "inputs": between(values.min(), values.max()),
            "taken": between(taken.min(), taken.max()),
        }
        facts.append(Clause("embedding-inputs", each.name, numbers=numbers))
    return facts
