"""Suggests what to write instead of a key that the config does not have."""

from __future__ import annotations

from collections.abc import Iterable

from runner.errors import nearest

DEVICES = "Training over several devices is code of your own, in task=function"

KERAS = {
    **dict.fromkeys(("strategy", "distribution", "distribute", "num_gpus", "gpus"), DEVICES),
    "validation_split": "Write train.validation.part=last train.validation.fraction=SHARE",
    "validation_data": "Write train.validation.part=source and train.validation.source",
    "sample_weight": "A source returns (x, y, weights)",
}
"""Names of arguments and subjects of Keras's that have no key, to what there is instead."""


def suggest_key(key: str, known: Iterable[str]) -> str | None:
    """Return a hint for a key that does not exist; None: there is nothing close.

    Args:
        key: the dotted key.
        known: the keys that exist.
    """
    return KERAS.get(key.rpartition(".")[2]) or nearest(key, known)
