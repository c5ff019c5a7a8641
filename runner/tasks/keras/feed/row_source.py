"""Calls the data source of a config, and splits its rows as the config says."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.config.instantiate import instantiate_node
from runner.config.schema import Config, Split, SplitBy, Train
from runner.config.schema import Data as DataSettings
from runner.config.seeds import Seeds
from runner.data.nest import Nest, leaves
from runner.data.parting.classes import check_labels
from runner.data.parting.partition import SplitRule
from runner.data.parting.resample import ResampleRule
from runner.errors import ConfigError
from runner.numeric.bitwise import Array


def call_source(cfg: Config) -> tuple[Any, Array | None]:
    """Call the data source.

    Returns:
        What it returned, without groups; and the group of each row (row,), or None where rows are
        not split by groups.

    Raises:
        ConfigError: rows are to be split by groups, and the source returned none.
    """
    split, node = cfg.data.split, cfg.data.source
    if split.by is not SplitBy.group:
        return instantiate_node(node, "data.source"), None
    given = {} if split.group is None else {"group": split.group}
    loaded = instantiate_node({**node, **given}, "data.source")
    if isinstance(loaded, tuple | list) and len(loaded) == 3:
        return tuple(loaded[:2]), np.asarray(loaded[2])
    if isinstance(loaded, tuple | list) and len(loaded) == 2 and hasattr(loaded[0], "shape"):
        rule = "must return (x, y, group) for data.split.by=group"
        raise ConfigError("data.source", rule, "(x, y)")
    return loaded, None


def split_rule(cfg: Config, seeds: Seeds) -> SplitRule:
    """Return how the rows of a run are split."""
    split = cfg.data.split
    seed = seeds.split if seeds.split is not None else split.seed
    return SplitRule(split.by.name, split.count_held, split.folds, split.fold, seed)


def resample_rule(cfg: Config, seeds: Seeds) -> ResampleRule:
    """Return what is drawn of the training part of a run; derived seeds make it follow `split`."""
    data = cfg.data
    seed = seeds.split if seeds.split is not None else data.resample.seed
    return ResampleRule(data.imbalance or {}, data.label_noise, data.resample.bootstrap, seed)


def check_streamed(data: DataSettings) -> None:
    """Refuse to resample rows that stream.

    Raises:
        ConfigError: the config asks for it.
    """
    given = {
        "data.imbalance": data.imbalance,
        "data.label_noise": data.label_noise,
        "data.resample.bootstrap": data.resample.bootstrap,
    }
    for key, value in given.items():
        if value:
            shown = "true" if value is True else value
            raise ConfigError(key, "needs rows that are all in memory; these stream", shown)


def check_class_weight(train: Train, parts: tuple[Any, ...]) -> None:
    """Refuse weights of classes where Keras cannot apply them.

    Args:
        train: the settings of training.
        parts: what a row of the training part has: x, y and, where there are any, weights.

    Raises:
        ConfigError: rows have weights of their own, or several targets.
    """
    if not train.class_weight:
        return
    if len(parts) > 2:
        rule = "does not go with the weights of rows that data.source returns"
        hint = "Multiply them by the weights of their classes"
        raise ConfigError("train.class_weight", rule, train.class_weight, hint)
    if len(leaves(parts[1])) > 1:
        rule = "is for models with one output; data.source returns several targets"
        hint = "Return a weight for each row"
        raise ConfigError("train.class_weight", rule, train.class_weight, hint)


def check_unsplit(split: Split) -> None:
    """Refuse settings of a split that no rows are left for.

    Raises:
        ConfigError: the source returned a test part of its own, and the config asks for a split of
            a certain kind.
    """
    rule = "is for a source that returns one part; this one returned a training and a test part"
    if split.by is not SplitBy.random:
        raise ConfigError("data.split.by", rule, split.by.name)
    if split.folds is not None:
        raise ConfigError("data.split.folds", rule, split.folds)


def check_targets(cfg: Config, train: Nest, test: Nest) -> None:
    """Refuse labels that no output unit stands for, where the loss reads labels as units.

    Raises:
        ConfigError: there is such a label. Nothing is said of a model whose units are not declared.
    """
    loss = cfg.train.loss
    units = _declared_units(cfg.model)
    if name_loss(loss) == "sparsecategoricalcrossentropy" and units is not None:
        ignored = loss.get("ignore_class") if isinstance(loss, dict) else None
        if isinstance(train, np.ndarray) and isinstance(test, np.ndarray):
            check_labels({"training": train, "test": test}, units, ignored)


def name_loss(loss: Any) -> str:
    """Return the name of a loss, given by name or as `_target_`, without case and underscores."""
    name = loss.get("_target_", "") if isinstance(loss, dict) else loss
    return str(name).rpartition(".")[2].replace("_", "").lower()


def _declared_units(model: Any) -> int | None:
    """Return the units of the dense layer that ends a declared model; None: it has no such end."""
    layers = model.get("layers") if isinstance(model, dict) else None
    last = layers[-1] if isinstance(layers, list) and layers else None
    if not isinstance(last, dict) or last.get("_target_") != "keras.layers.Dense":
        return None
    units = last.get("units")
    return units if type(units) is int and units > 0 else None
