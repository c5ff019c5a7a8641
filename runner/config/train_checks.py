"""Checks of the settings of training that depend on each other."""

from __future__ import annotations

import math
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.callback_checks import check_callback
from runner.config.schema import ALL, STAGES, Evaluated, Feed, Held, Reported
from runner.errors import ConfigError, nearest

POLICIES = ("float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
"""Dtype policies of Keras that a model can be trained with."""


def check_train(cfg: DictConfig) -> None:
    """Check the settings of training, and the precision that they are used with.

    Raises:
        ConfigError: a setting is not valid, or does not go with another.
    """
    train = cfg.train
    _check_pipeline(train)
    _check_feed(cfg)
    _check_steps(train)
    _check_validation(train)
    _check_adapt(train.adapt)
    _check_evaluate(train)
    for index, node in enumerate(train.callbacks):
        plain = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
        check_callback(plain, f"train.callbacks[{index}]")
    for number, weight in (train.class_weight or {}).items():
        if not math.isfinite(weight) or weight < 0:
            key = f"train.class_weight.{number}"
            raise ConfigError(key, "must be finite and not negative", weight)
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


def _check_feed(cfg: DictConfig) -> None:
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
    }
    for key in (key for key, used in unused.items() if used):
        rule = "is not used by train.feed=keras, where fit reads and shuffles arrays"
        raise ConfigError(key, rule, OmegaConf.select(cfg, key))


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
    if part is Held.source and not (OmegaConf.is_dict(source) and "_target_" in source):
        rule = "must have a _target_, the callable to use, with part=source"
        raise ConfigError(key, rule, "null" if source is None else source)
    if part is not Held.source and source is not None:
        raise ConfigError(key, f"is not used by train.validation.part={part.name}", source)


def _check_adapt(names: Any) -> None:
    rule = "must be all or a list of names of layers"
    if names != ALL and not OmegaConf.is_list(names):
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
    if evaluate.by is not None and evaluate.at is not Reported.best:
        rule = "is used by train.evaluate.at=best only"
        raise ConfigError("train.evaluate.by", rule, evaluate.by)
