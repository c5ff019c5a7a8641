"""The callbacks of Keras: which a config may use, where they write, and why others need trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LISTED = re.compile(r"train\.callbacks\[\d+\]\._target_")
"""Keys of a config where a callback is named."""

MODULE = "keras.callbacks."


@dataclass(frozen=True)
class KnownCallback:
    """What is known of a callback of Keras."""

    writes: str | None = None
    """The argument that says where it writes; None: it writes nothing."""
    default: str | None = None
    """The value of that argument where the config gives none; None: it must be given."""
    needs: str | None = None
    """A package that it needs besides Keras and TensorFlow; None: none."""
    refused: str | None = None
    """Why a config may not use it without trust; None: it may."""


CALLBACKS: Mapping[str, KnownCallback] = {
    "EarlyStopping": KnownCallback(),
    "LearningRateScheduler": KnownCallback(),
    "ReduceLROnPlateau": KnownCallback(),
    "SwapEMAWeights": KnownCallback(),
    "TerminateOnNaN": KnownCallback(),
    "BackupAndRestore": KnownCallback("backup_dir", "backup"),
    "CSVLogger": KnownCallback("filename", "log.csv"),
    "ModelCheckpoint": KnownCallback("filepath"),
    "TensorBoard": KnownCallback("log_dir", "logs", needs="tensorboard"),
    "Callback": KnownCallback(refused="does nothing by itself"),
    "CallbackList": KnownCallback(refused="is made by fit, from train.callbacks"),
    "History": KnownCallback(refused="is always there: see history in record.json"),
    "LambdaCallback": KnownCallback(refused="runs functions, which are code"),
    "OrbaxCheckpoint": KnownCallback(refused="needs the package orbax; use ModelCheckpoint"),
    "ProgbarLogger": KnownCallback(refused="prints, and a run has no terminal"),
    "RemoteMonitor": KnownCallback(refused="sends the results to another machine"),
}
"""Name of each callback of Keras to what is known of it."""


def find_callback(target: str) -> KnownCallback | None:
    """Return what is known of a callback, by its dotted name; None if it is not one of Keras's."""
    name = target.removeprefix("tensorflow.")
    if not name.startswith(MODULE):
        return None
    return CALLBACKS.get(name.removeprefix(MODULE))


def is_free_callback(key: str, target: str) -> bool:
    """Return whether a config may name a callback at a key without trust."""
    known = find_callback(target)
    return LISTED.fullmatch(key) is not None and known is not None and known.refused is None
