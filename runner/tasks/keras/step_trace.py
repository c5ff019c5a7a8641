"""Fingerprints of training, step by step. Imports Keras."""

from __future__ import annotations

from typing import Any

import keras

from runner.record.fingerprint import digest


class StepRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Digests the trainable variables after each training step.

    Keras calls back once an execution, which is `steps_per_execution` steps, or what is left of the
    epoch. A stage is named after the last step of its execution, counted from 0 over all epochs, so
    that it has the same name whatever that setting is. Steps are counted here: Keras before 3.11
    passes the first step of an execution, and later ones the last.

    Variables are only read: what is trained is the same, bit for bit, with and without it.
    """

    def __init__(self, execution_steps: int) -> None:
        """Expect a training on a dataset of known length, in executions of so many steps."""
        super().__init__()
        self._execution_steps = execution_steps
        self._done = self._epoch_end = 0
        self._digests: dict[int, str] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Go on counting where the epoch before it ends."""
        steps = self.params["steps"]
        self._done, self._epoch_end = epoch * steps, (epoch + 1) * steps

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Digest what the execution that just ended has left."""
        self._done = min(self._done + self._execution_steps, self._epoch_end)
        values = (variable.numpy() for variable in self.model.trainable_variables)
        self._digests[self._done - 1] = digest(*values)

    def fingerprints(self) -> dict[str, str]:
        """`step/k` to digest, of all steps so far."""
        return {f"step/{step}": each for step, each in self._digests.items()}
