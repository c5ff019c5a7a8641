"""Makes the callbacks that a config lists, with their files inside of the run's directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from runner.config.instantiate import instantiate_node
from runner.config.schema import Train
from runner.errors import ConfigError
from runner.record.reasons import Clause
from runner.trust.callback_table import find_callback

WRITTEN = "files"
"""Directory inside of a run's in which the callbacks of each build write."""

WATCHING = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)
"""Callbacks that watch a metric."""


def make_callbacks(train: Train, directory: Path, build: int) -> list[Any]:
    """Return the callbacks of one build, in their order.

    Args:
        train: the config's settings of training.
        directory: the run's directory.
        build: index of the build.

    Raises:
        ConfigError: a callback cannot be made, or is none.
    """
    place = directory / WRITTEN / str(build)
    return [
        _make(node, f"train.callbacks[{index}]", place)
        for index, node in enumerate(train.callbacks)
    ]


def _make(node: dict[str, Any], key: str, place: Path) -> Any:
    known = find_callback(node["_target_"])
    if known is not None and known.writes is not None:
        path = place / str(node.get(known.writes, known.default))
        path.parent.mkdir(parents=True, exist_ok=True)
        node = {**node, known.writes: str(path)}
    made = instantiate_node(node, key)
    if not isinstance(made, keras.callbacks.Callback):
        raise ConfigError(key, "must be a keras.callbacks.Callback", type(made).__name__)
    schedule = getattr(made, "schedule", None)
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        # A scheduler calls its schedule with an epoch and takes a float only.
        made.schedule = lambda epoch: float(keras.ops.convert_to_numpy(schedule(epoch)))
    return made


def describe_watched(callbacks: list[Any], names: list[str]) -> list[Clause]:
    """Return `unlogged-monitor` of each callback that watches a metric which was never logged.

    Keras goes on without it where the config says in which direction the metric improves.

    Args:
        callbacks: the callbacks of a training that has ended.
        names: the names of all that was logged of its epochs.
    """
    facts = []
    for each in callbacks:
        keeps_all = isinstance(each, keras.callbacks.ModelCheckpoint) and not each.save_best_only
        if isinstance(each, WATCHING) and not keeps_all and each.monitor not in names:
            words = {"monitor": str(each.monitor), "logged": ", ".join(names)}
            facts.append(Clause("unlogged-monitor", type(each).__name__, words))
    return facts
