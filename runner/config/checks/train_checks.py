"""Checks of the settings of training: those that depend on each other, and callbacks."""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Mapping
from operator import attrgetter
from pathlib import PurePath
from typing import Any

from runner.config.schema import ALL, STAGES, Config, Evaluated, Feed, Held, Reported
from runner.errors import ConfigError, nearest
from runner.trust.callback_table import CALLBACKS, MODULE, find_callback
from runner.trust.names import is_trusted

POLICIES = ("float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
"""Dtype policies of Keras that a model can be trained with."""


FIELD = re.compile(r"\{(\w+)(?::0?\d{0,2}(?:\.\d{1,2})?[def]?)?\}")
"""A field of a file name that Keras fills in, such as {epoch:02d} or {val_loss:.2f}."""


def check_train(cfg: Config, callbacks: list[Any]) -> None:
    """Check the settings of training, and the precision that they are used with.

    Args:
        cfg: the config as dataclasses.
        callbacks: `train.callbacks` as plain values.

    Raises:
        ConfigError: a setting is not valid, or does not go with another.
    """
    train = cfg.train
    _check_pipeline(train)
    _check_feed(cfg)
    _check_order(cfg)
    _check_steps(train)
    _check_validation(train)
    _check_adapt(train.adapt)
    _check_evaluate(train)
    for index, node in enumerate(callbacks):
        _check_callback(node, f"train.callbacks[{index}]")
    _check_class_weight(train.class_weight, cfg.data.units)
    policy = cfg.runtime.mixed_precision
    if policy is not None and policy not in POLICIES:
        rule = f"must be one of {', '.join(POLICIES)}"
        raise ConfigError("runtime.mixed_precision", rule, policy, nearest(policy, POLICIES))


def _check_pipeline(train: Any) -> None:
    for stage in train.pipeline:
        if stage not in STAGES:
            rule = f"stages are {', '.join(STAGES)}"
            raise ConfigError("train.pipeline", rule, stage, nearest(stage, STAGES))
        if list(train.pipeline).count(stage) > 1:
            raise ConfigError("train.pipeline", "repeats a stage", stage)
    if "batch" not in train.pipeline:
        raise ConfigError("train.pipeline", "needs the stage batch", list(train.pipeline))
    if "augment" in train.pipeline and train.augment.function is None:
        raise ConfigError("train.augment.function", "is needed by the stage augment", "null")


def _check_feed(cfg: Config) -> None:
    """Refuse settings of the pipeline that Keras's own way to read arrays does not have."""
    train, shuffle = cfg.train, cfg.shuffle
    if train.feed is Feed.pipeline:
        return
    unused = {
        "train.pipeline": "augment" in train.pipeline,
        "train.drop_remainder": train.drop_remainder,
        "shuffle.buffer": shuffle.buffer is not None,
        "shuffle.seed": shuffle.seed is not None,
        "shuffle.reshuffle": not shuffle.reshuffle,
        "shuffle.by_epoch": shuffle.by_epoch,
    }
    for key in (key for key, used in unused.items() if used):
        rule = "is not used by train.feed=keras, where fit reads and shuffles arrays"
        raise ConfigError(key, rule, attrgetter(key)(cfg))


def _check_order(cfg: Config) -> None:
    """Refuse an order by epoch where the stage cannot order all rows at once."""
    train, shuffle = cfg.train, cfg.shuffle
    if not shuffle.by_epoch or not shuffle.enabled:
        return
    stages = list(train.pipeline)
    earlier = stages[: stages.index("shuffle")] if "shuffle" in stages else stages
    rules = {
        "needs the stage shuffle before all others but cache": set(earlier) - {"cache"},
        "orders all rows, and does not go together with shuffle.buffer": shuffle.buffer is not None,
        "is another order in each epoch; use shuffle.reshuffle=true": not shuffle.reshuffle,
        "needs epochs that are passes over the rows, without train.steps and"
        " train.steps_per_epoch": train.steps is not None or train.steps_per_epoch is not None,
    }
    for rule, broken in rules.items():
        if broken:
            raise ConfigError("shuffle.by_epoch", rule, "true")


def _check_steps(train: Any) -> None:
    each = train.steps_per_epoch
    if train.steps is not None and each is not None and train.steps % each:
        rule = f"must be a multiple of train.steps_per_epoch, which is {each}"
        raise ConfigError("train.steps", rule, train.steps)
    last = train.epochs if train.steps is None else train.steps // (each or train.steps)
    if train.initial_epoch and train.initial_epoch >= last:
        rule = f"must be less than the number of epochs, which is {last}"
        raise ConfigError("train.initial_epoch", rule, train.initial_epoch)


def _check_validation(train: Any) -> None:
    part, source = train.validation.part, train.validation.source
    key = "train.validation.source"
    if part is Held.source and not (isinstance(source, dict) and "_target_" in source):
        rule = "must have a _target_, the callable to use, with part=source"
        raise ConfigError(key, rule, "null" if source is None else source)
    if part is not Held.source and source is not None:
        raise ConfigError(key, f"is not used by train.validation.part={part.name}", source)


def _check_class_weight(weights: Any, units: Any) -> None:
    if weights is None:
        return
    if not isinstance(weights, dict):
        raise ConfigError("train.class_weight", "must be a mapping such as {0: 2.0}", weights)
    for label, weight in weights.items():
        key = f"train.class_weight.{label}"
        if type(label) is not int or label < 0:
            raise ConfigError(key, "must be the number of a class, from 0", label)
        # One unit tells two classes apart.
        if type(units) is int and label >= max(units, 2):
            rule = f"must be the number of a class, and data.units={units} has none so large"
            raise ConfigError(key, rule, label)
        if type(weight) not in (int, float):
            raise ConfigError(key, "must be a number", weight)
        if not math.isfinite(weight) or weight < 0:
            raise ConfigError(key, "must be finite and not negative", weight)


def _check_adapt(names: Any) -> None:
    rule = "must be all or a list of names of layers"
    if names != ALL and not isinstance(names, list):
        raise ConfigError("train.adapt", rule, "null" if names is None else names)
    for name in () if names == ALL else names:
        if not isinstance(name, str):
            raise ConfigError("train.adapt", rule, name)


def _check_evaluate(train: Any) -> None:
    evaluate = train.evaluate
    if evaluate.part is Evaluated.validation and train.validation.part is Held.none:
        rule = "needs rows for validation"
        hint = "Set train.validation.part"
        raise ConfigError("train.evaluate.part", rule, "validation", hint)
    last = train.epochs if train.steps is None else train.steps
    if evaluate.every is not None and 0 < last < evaluate.every:
        rule = f"must be at most the number of epochs, or there is no evaluation: {last}"
        raise ConfigError("train.evaluate.every", rule, evaluate.every)
    if evaluate.by is not None and evaluate.at is not Reported.best:
        rule = "is used by train.evaluate.at=best only"
        raise ConfigError("train.evaluate.by", rule, evaluate.by)


def _check_callback(node: Any, key: str) -> None:
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
