"""Fingerprints training step by step. Imports Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from runner.record.fingerprint import digest
from runner.record.stages import STEP


class StepRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Digests the trainable variables after each training step.

    Keras calls back once per execution, which is `steps_per_execution` steps, or what is left of
    the epoch. A stage is named after the last step of its execution, counted from 0 over all
    epochs, so its name does not depend on that setting. The recorder counts the steps itself: Keras
    before 3.11 passes the first step of an execution, and later versions the last one.

    Variables are only read, so training gives the same bits with and without the recorder.
    """

    def __init__(self, execution_steps: int, reach: Callable[[dict[str, str]], None]) -> None:
        """Prepare for training on a dataset of known length.

        Args:
            execution_steps: Steps per execution, at least 1.
            reach: Called with the stage and the digest of each execution.
        """
        super().__init__()
        self._execution_steps = execution_steps
        self._reach = reach
        self._done = self._epoch_end = 0
        self._digests: dict[int, str] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Continue the count of steps from the end of the epoch before."""
        steps = self.params["steps"]
        self._done, self._epoch_end = epoch * steps, (epoch + 1) * steps

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Digest the variables after the execution that just ended."""
        self._done = min(self._done + self._execution_steps, self._epoch_end)
        values = (variable.numpy() for variable in self.model.trainable_variables)
        self._digests[self._done - 1] = reached = digest(*values)
        self._reach({name_step(self._done - 1): reached})

    def fingerprints(self) -> dict[str, str]:
        """Return `step/K` to digest, for the last step of each execution so far."""
        return {name_step(step): each for step, each in self._digests.items()}


def name_step(step: int) -> str:
    """Return the stage of a training step, whose number counts from 0 over all epochs."""
    return f"{STEP}/{step}"
