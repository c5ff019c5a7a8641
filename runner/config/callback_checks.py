"""Checks of the callbacks that a config lists."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from runner.errors import ConfigError, nearest
from runner.trust.callback_table import CALLBACKS, MODULE, find_callback
from runner.trust.names import is_trusted

FIELD = re.compile(r"\{(\w+)(?::0?\d{0,2}(?:\.\d{1,2})?[def]?)?\}")
"""A field of a file name that Keras fills in, such as {epoch:02d} or {val_loss:.2f}."""


def check_callback(node: Any, key: str) -> None:
    """Check an item of `train.callbacks` beyond the trust in its code.

    Raises:
        ConfigError: it has no `_target_`, is refused, or would write outside of the run's
            directory.
    """
    if not isinstance(node, Mapping) or not isinstance(node.get("_target_"), str):
        rule = "must have a _target_, such as keras.callbacks.EarlyStopping"
        raise ConfigError(key, rule, node)
    target = node["_target_"]
    name = target.rpartition(".")[2]
    known = find_callback(target)
    if known is None:
        if target.removeprefix("tensorflow.").startswith(MODULE) and not is_trusted(target):
            hint = nearest(name, CALLBACKS)
            raise ConfigError(f"{key}._target_", "is no callback of Keras", target, hint)
        return
    if known.refused is not None and not is_trusted(target):
        raise ConfigError(f"{key}._target_", f"{name} {known.refused}", target)
    if known.needs is not None and importlib.util.find_spec(known.needs) is None:
        rule = f"{name} needs the package {known.needs}"
        hint = f"Install it: python -m pip install {known.needs}"
        raise ConfigError(f"{key}._target_", rule, target, hint)
    if "_args_" in node:
        raise ConfigError(f"{key}._args_", "must be keys instead, such as monitor: val_loss")
    if known.writes is not None:
        _check_place(f"{key}.{known.writes}", node.get(known.writes, known.default))


def _check_place(key: str, place: Any) -> None:
    """Refuse a file or directory that is not inside of the run's directory."""
    if not isinstance(place, str) or not place:
        raise ConfigError(key, "must name a file, such as model.keras", place or "nothing")
    path = PurePath(place)
    if path.is_absolute() or ".." in path.parts or "\0" in place or "://" in place:
        rule = "must be relative and without .., as it is put into the run's directory"
        raise ConfigError(key, rule, place)
    if {"{", "}"} & set(FIELD.sub("", place)):
        rule = "may have fields such as {epoch:02d} and {val_loss:.2f} only"
        raise ConfigError(key, rule, place)
