"""Whether a cross-entropy is given what it takes: probabilities, or logits.

That a softmax or sigmoid is followed by a loss with `from_logits` is no fault: Keras undoes it.

Imports TensorFlow.
"""

from __future__ import annotations

import keras
import numpy as np

from runner.record.reasons import Clause, between, count
from runner.tasks.keras.facts.trained import Trained


def describe_logits(trained: Trained) -> list[Clause]:
    """Return `loss-inputs` of a cross-entropy: whether it takes logits, and what it is given."""
    loss = keras.losses.get(trained.model.loss)
    kind = getattr(loss, "__name__", type(loss).__name__)
    own = str(loss.__module__).startswith("keras.")
    outputs = trained.outputs.astype(np.float64)
    if not own or "crossentropy" not in kind.lower() or not np.isfinite(outputs).all():
        return []
    # A function, which Keras looked up by its name, takes probabilities.
    logits = isinstance(loss, keras.losses.Loss) and bool(loss.get_config().get("from_logits"))
    numbers = {
        "logits": count(int(logits)),
        "size": count(outputs.size),
        "outside": count(int(np.count_nonzero((outputs < 0) | (outputs > 1)))),
        "given": between(outputs.min(), outputs.max()),
    }
    return [Clause("loss-inputs", "loss", {"class": kind}, numbers)]
