"""Tells what a configuration's callbacks watch, and what its loss takes outputs for."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.checks.output_names import find_declared_outputs
from runner.config.model_graph import GRAPH, WITH_WEIGHTS
from runner.config.schema import Held
from runner.static.declared import Declared, find_declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import is_known, is_sequential, keras_name
from runner.static.propagation import last_activation
from runner.static.shapes import find_layers

WATCHING = ("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau")
"""Callbacks of Keras that watch a metric, `val_loss` unless another one is named."""


def find_callbacks(subject: ConfigFacts) -> Iterator[tuple[str, Declared]]:
    """Yield the name and the declaration of each callback of Keras's that the config lists."""
    if not subject.trains:
        return
    for index, node in enumerate(subject.config.train.callbacks):
        declared = next(find_declared(node, f"train.callbacks[{index}]"), None)
        name = None if declared is None else keras_name(declared, "callbacks")
        if declared is not None and name is not None:
            yield name, declared


def find_watched(subject: ConfigFacts) -> Iterator[tuple[str, Declared, str]]:
    """Yield the name, the declaration and the watched metric of each callback that watches one.

    A ModelCheckpoint that keeps every epoch watches none.
    """
    for name, declared in find_callbacks(subject):
        keeps_all = name == "ModelCheckpoint" and not declared.arguments.get("save_best_only")
        watched = declared.arguments.get("monitor", "val_loss")
        if name in WATCHING and not keeps_all and isinstance(watched, str):
            yield name, declared, watched


def is_validated(subject: ConfigFacts) -> bool:
    """Return whether training is validated, so that Keras logs metrics whose names begin `val_`."""
    return subject.config.train.validation.part is not Held.none


def find_loss(subject: ConfigFacts) -> tuple[str, bool | None]:
    """Return the loss's name in lower case without underscores, and whether it takes logits.

    The name is empty if the loss is not one of Keras's; None: it is not known whether it does.
    """
    loss = subject.config.train.loss
    logits: object = False
    if isinstance(loss, dict):
        declared = next(find_declared(loss, "train.loss"), None)
        name = (keras_name(declared, "losses") if declared is not None else None) or ""
        logits = loss.get("from_logits", False)
    else:
        name = loss if isinstance(loss, str) else ""
    return name.replace("_", "").lower(), logits if isinstance(logits, bool) else None


def find_last_activation(subject: ConfigFacts) -> str | None:
    """Return the activation that makes the outputs; "" for none, None where it is not known."""
    model = subject.model
    if not model or not is_sequential(model[0]) or not all(map(is_known, model)):
        return None
    return last_activation(find_layers(subject))


def find_logged(subject: ConfigFacts) -> list[str] | None:
    """Return the names of all that training logs of an epoch, and evaluations measure.

    None: they are not known, as code of the user's, or a model with several outputs, may log more.
    """
    config = subject.config
    train = config.train
    outputs = find_declared_outputs(config.model)
    own = not subject.model or not all(map(_is_kerass, subject.model))
    if own or len(list(find_callbacks(subject))) < len(train.callbacks):
        return None
    if not (is_sequential(subject.model[0]) or (outputs is not None and len(outputs) == 1)):
        return None
    metrics = [*train.metrics, *train.weighted_metrics]
    if not all(isinstance(each, str) for each in metrics):
        return None
    return ["loss", *metrics]


def _is_kerass(declared: Declared) -> bool:
    return declared.package == "keras" or declared.target in (GRAPH, WITH_WEIGHTS)
