"""A callback that takes down the state of a training where an epoch begins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import keras

from runner.record.reasons import Clause
from runner.tasks.keras.fit import InterruptedTrainingError
from runner.tasks.keras.resuming.training_state import (
    State,
    count_steps,
    digest_progress,
    find_moved,
    read_state,
)


class StateWatch(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes down the state at the beginning of some epochs.

    It has to be the last callback, so that it sees what the others do when an epoch begins.
    """

    def __init__(self, epochs: Collection[int]) -> None:
        """Watch the beginning of `epochs`."""
        super().__init__()
        self.states: dict[int, State] = {}
        """Epoch to the state in which it began."""
        self.last: State = []
        """The state in which training ended."""
        self._epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the state down, if the epoch is watched."""
        if epoch in self._epochs:
            self.states[epoch] = read_state(self.model, [])

    def on_train_end(self, logs: Any = None) -> None:
        """Take the state down, if an epoch was watched."""
        if self.states:
            self.last = read_state(self.model, [])

    def describe(self) -> list[Clause]:
        """Return a fact `state-at` for each epoch.

        It has the digest of weights and optimizer, and the kinds of generators that are drawn from
        later on.
        """
        return [
            Clause(
                "state-at",
                str(epoch),
                {
                    "progress": digest_progress(state),
                    "drawn": ", ".join(find_moved(state, self.last)),
                },
            )
            for epoch, state in self.states.items()
        ]


class Interruption(keras.callbacks.Callback):  # type: ignore[misc]
    """Interrupts a training when an epoch begins, as if its process had died there."""

    def __init__(self, epoch: int, callbacks: list[Any], every_epoch: bool) -> None:
        """Prepare to interrupt.

        Args:
            epoch: the number of the epoch that is not trained any more.
            callbacks: the callbacks that the config lists.
            every_epoch: whether the state is taken down when any epoch begins, as the checkpoint
                may be older than the epoch's beginning.
        """
        super().__init__()
        self.states: dict[int, State] = {}
        """Epoch to the state in which it began."""
        self.steps: dict[int, int] = {}
        """Epoch to the steps that the optimizer had counted when it began."""
        self.reached = False
        """Whether training came as far as the interruption."""
        self._epoch, self._callbacks, self._every_epoch = epoch, callbacks, every_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the state down, and interrupt the training if it is time to."""
        self.steps[epoch] = count_steps(self.model)
        self.reached = epoch == self._epoch
        if self.reached or self._every_epoch:
            self.states[epoch] = read_state(self.model, self._callbacks)
        if self.reached:
            raise InterruptedTrainingError


class Continuation(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes down the state in which a resumed training begins, and the one in which it ends."""

    def __init__(self, callbacks: list[Any]) -> None:
        """Watch a training with these `callbacks` of the config."""
        super().__init__()
        self.first_epoch: int | None = None
        """The epoch with which it began; None: it has none."""
        self.steps = 0
        """Steps that the optimizer had counted by then."""
        self.first: State = []
        self.last: State = []
        self._callbacks = callbacks

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the state down, if it is the first epoch."""
        if self.first_epoch is None:
            self.first_epoch, self.steps = epoch, count_steps(self.model)
            self.first = read_state(self.model, self._callbacks)

    def on_train_end(self, logs: Any = None) -> None:
        """Take the state down."""
        self.last = read_state(self.model, [])
