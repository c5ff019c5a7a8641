"""Turns what Keras says of a misspelled name into one clear line. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from runner.config.schema import Config
from runner.errors import ConfigError, nearest

UNKNOWN = re.compile(r"Could not interpret (loss|metric|optimizer) identifier: (.*)", re.DOTALL)
"""What Keras says of a loss, metric or optimizer that it does not have."""

UNWATCHED = re.compile(r"(\w+) callback received monitor=(\S+), but Keras isn't able to auto")
"""What Keras says where it cannot tell whether a metric is to rise, as of one that is not there."""

UNFORMATTED = re.compile(r"Failed to format this callback filepath.*Reason: \\?'([^'\\]*)\\?'")
"""What Keras says where a field of a file's name was not logged."""

UNBUILT = "metric has not yet been built"
"""What Keras says where an epoch ends and a compiled metric was given nothing."""

SHORT = ("accuracy", "acc", "crossentropy", "ce")
"""Names of metrics that Keras chooses by the shapes of outputs and targets."""


class LoggedNames(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the names of what the callbacks that are called after it find logged of an epoch."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.names: list[str] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take down the names, which are the same in each epoch that is validated."""
        self.names = list(dict.fromkeys([*self.names, *(logs or {})]))


@contextmanager
def explain_names() -> Iterator[None]:
    """Explain the name of a loss, metric or optimizer that Keras does not know.

    Raises:
        ConfigError: there is one.
    """
    try:
        yield
    except ValueError as error:
        found = UNKNOWN.search(str(error))
        if found is None:
            raise
        kind, name = found.groups()
        key = {"loss": "train.loss", "metric": "train.metrics", "optimizer": "train.optimizer"}
        hint = nearest(name, _list_names(kind))
        raise ConfigError(key[kind], f"is no {kind} of Keras", name, hint) from error


def _list_names(kind: str) -> list[str]:
    modules = {
        "loss": (keras.losses,),
        "metric": (keras.metrics, keras.losses),
        "optimizer": (keras.optimizers,),
    }
    names = [name for module in modules[kind] for name in dir(module) if name[0].isalpha()]
    if kind == "optimizer":
        return [name.lower() for name in names]
    return [*(SHORT if kind == "metric" else ()), *names]


@contextmanager
def explain_logged(cfg: Config, logged: LoggedNames) -> Iterator[None]:
    """Explain the errors of callbacks that look for what is not logged.

    Args:
        cfg: the config of the run.
        logged: has the names of what is logged.

    Raises:
        ConfigError: a callback watches a metric that does not exist, or names a file after it.
    """
    try:
        yield
    except (ValueError, KeyError) as error:
        text = str(error)
        if (found := UNWATCHED.search(text)) and found[2] not in logged.names:
            key = _find_callback(cfg, found[1], found[2], "monitor")
            raise _unlogged(key, found[2], logged.names) from error
        if found := UNFORMATTED.search(text):
            key = _find_callback(cfg, "ModelCheckpoint", f"{{{found[1]}", "filepath")
            raise _unlogged(key, found[1], logged.names) from error
        raise


def _unlogged(key: str, name: str, names: list[str]) -> ConfigError:
    rule = f"must name what is logged of an epoch ({', '.join(names) or 'nothing'})"
    return ConfigError(key, rule, name, nearest(name, names))


def _find_callback(cfg: Config, kind: str, value: str, argument: str) -> str:
    """Return the key of the callback's argument that holds a value, or of the argument at least."""
    places = [
        f"train.callbacks[{index}].{argument}"
        for index, node in enumerate(cfg.train.callbacks)
        if node["_target_"].endswith(f".{kind}") and value in str(node.get(argument, "val_loss"))
    ]
    return places[0] if places else f"train.callbacks.{argument}"


@contextmanager
def explain_metrics(cfg: Config) -> Iterator[None]:
    """Explain Keras's error about metrics that training never updated.

    Raises:
        ConfigError: the model has a `train_step` of its own that leaves the metrics alone.
    """
    try:
        yield
    except ValueError as error:
        if UNBUILT not in str(error):
            raise
        names = ", ".join(str(each) for each in cfg.train.metrics)
        rule = "are never updated by the model's own train_step, so that training cannot end"
        hint = "Return self.compute_metrics(x, y, predicted) from it, or write train.metrics=[]"
        raise ConfigError("train.metrics", rule, names, hint) from error
