"""Keeps an interrupted training in a checkpoint, and gets it back. Imports Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from runner.config.schema import Checkpoint
from runner.errors import ConfigError
from runner.text import explain_error

PLACE = "checkpoint"
"""Directory inside of a run's that holds the checkpoint."""

FILES = {Checkpoint.model: "model.keras", Checkpoint.weights: "model.weights.h5"}


def find_backup(listed: list[Any]) -> Any | None:
    """Return the BackupAndRestore among the callbacks that a config lists; None without one."""
    kind = keras.callbacks.BackupAndRestore
    return next((each for each in listed if isinstance(each, kind)), None)


def saves_steps(listed: list[Any]) -> bool:
    """Return whether the config has checkpoints written in the middle of epochs."""
    backup = find_backup(listed)
    return backup is not None and backup.save_freq != "epoch"


def make_backup(kept: Checkpoint, listed: list[Any], directory: Path) -> list[Any]:
    """Return the BackupAndRestore that a training still needs, in a list that may be empty."""
    if kept is not Checkpoint.backup or find_backup(listed) is not None:
        return []
    return [keras.callbacks.BackupAndRestore(str(directory / PLACE / "backup"))]


def make_saver(kept: Checkpoint, directory: Path, epoch: int) -> list[Any]:
    """Return the callback that saves the model before an epoch, in a list that may be empty."""
    return [] if kept is Checkpoint.backup else [_Saver(kept, locate(kept, directory), epoch)]


def locate(kept: Checkpoint, directory: Path) -> Path:
    """Return the file of a checkpoint that is a file."""
    return directory / PLACE / FILES[kept]


class _Saver(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, kept: Checkpoint, path: Path, epoch: int) -> None:
        super().__init__()
        self._kept, self._path, self._epoch = kept, path, epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == self._epoch:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save = self.model.save if self._kept is Checkpoint.model else self.model.save_weights
            save(str(self._path))


def load_model(path: Path) -> Any:
    """Return the model of a checkpoint, compiled as it was saved.

    Raises:
        ConfigError: Keras cannot make it again, for example because its code is not registered.
    """
    try:
        return keras.models.load_model(str(path))
    except Exception as error:  # code of the user's is called, which may raise anything
        rule = f"the model cannot be loaded again: {explain_error(error)}"
        raise ConfigError(
            "train.checkpoint", rule, "model", "Or use train.checkpoint=weights"
        ) from error
