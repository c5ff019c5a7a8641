"""Trains a compiled model as a config says, and keeps what Keras logged. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.config.schema import Config, Evaluated, Feed, Reported, Trace
from runner.data.rows import Rows
from runner.data.stream import Stream
from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.record.reasons import Clause
from runner.record.stages import LOGS, STOPPED
from runner.tasks.keras.callbacks import describe_watched
from runner.tasks.keras.evaluations import Evaluation, Evaluations
from runner.tasks.keras.feed.load import Data
from runner.tasks.keras.feed.order_recorder import OrderRecorder
from runner.tasks.keras.feed.pipeline import build_keras_feed, build_pipeline
from runner.tasks.keras.keras_errors import (
    LoggedNames,
    explain_logged,
    explain_metrics,
    explain_names,
)
from runner.tasks.keras.step_trace import StepRecorder
from runner.tasks.keras.unadapted import explain_missing
from runner.text import explain_error

EPOCH = "epoch"
"""Name, in the history, of the epochs' numbers."""

EVALUATED = "evaluated"
"""Begins the names of what evaluations measured, in the history."""

History = dict[str, list[float]]
"""Name of what was logged to its values, by epoch; `epoch` has the epochs' numbers.

What was evaluated besides has its own epochs, `evaluated/epoch`.
"""


@dataclass(frozen=True)
class Fitted:
    """What training left behind, besides the weights."""

    recorder: OrderRecorder = field(default_factory=OrderRecorder)
    history: History = field(default_factory=dict)
    """What Keras logged of each epoch; empty without training."""
    evaluations: list[Evaluation] = field(default_factory=list)
    """Evaluations while the model was trained, in their order."""
    steps: dict[str, str] = field(default_factory=dict)
    """Stage to digest of each step, where steps are traced."""
    last_steps: int | None = None
    """Under callbacks, the number of steps of the last epoch, which one may have cut short; None:
    the config lists none."""
    earlier: int = 0
    """Number of the epochs that were trained before an interruption."""
    facts: list[Clause] = field(default_factory=list)
    """Facts about what callbacks watched."""

    @property
    def watched(self) -> bool:
        """Return whether the config lists callbacks."""
        return self.last_steps is not None

    @property
    def epochs(self) -> int:
        """Return the number of epochs that were begun, also before an interruption."""
        return self.earlier + len(self.history.get(EPOCH, []))

    def fingerprints(self) -> dict[str, str]:
        """Return stage to digest of the steps and, under callbacks, of logs and the last epoch."""
        if not self.watched:
            return self.steps
        names = [
            name for name in self.history if name != EPOCH and not name.startswith(f"{EVALUATED}/")
        ]
        logs = {
            f"{LOGS}/{i}": digest(np.array([self.history[name][i] for name in names]))
            for i in range(len(self.history[EPOCH]))
        }
        return self.steps | logs | {STOPPED: digest(np.array([self.epochs, self.last_steps]))}


def _ignore(stages: dict[str, str]) -> None:
    """Compare nothing."""


@dataclass(frozen=True)
class Listeners:
    """The callbacks of one training."""

    listed: list[Any]
    """Those that the config lists."""
    last: list[Any] = field(default_factory=list)
    """Those that are called after all others."""
    reach: Callable[[dict[str, str]], None] = _ignore
    """Is told of each stage that training reaches, with its digest; may raise to end the run."""


class InterruptedTrainingError(Exception):
    """Ends a training as a crash would: no callback hears that it ends."""


def fit(
    cfg: Config,
    model: Any,
    data: Data,
    augment: Callable[..., Any] | None,
    listeners: Listeners,
    enter: Callable[[str], None],
) -> Fitted:
    """Train a compiled model.

    Args:
        cfg: the config of the run.
        model: the model, which is changed.
        data: the rows of the run.
        augment: maps the x of one row to its augmented x; None if there is no such stage.
        listeners: the callbacks; one that raises InterruptedTrainingError ends the training.
        enter: called with a source right before something draws from it.

    Raises:
        ConfigError: rows that stream cannot be read, or a layer misses what adapt gives it.
    """
    train = cfg.train
    recorder = OrderRecorder()
    if train.feed is Feed.keras:
        pipeline = build_keras_feed(data.train, train, cfg.shuffle, recorder, enter)
    else:
        pipeline = build_pipeline(data.train, train, cfg.shuffle, augment, recorder, enter)
    enter("dropout")
    steps = _make_steps(cfg, listeners)
    evaluations = _make_evaluations(cfg, data)
    callbacks = listeners.listed
    end = _EpochEnds(recorder, train.steps_per_execution) if callbacks else _end_epochs(recorder)
    reached = _tell_epochs(recorder, listeners.reach)
    logged = LoggedNames()
    with (
        explain_missing(model),
        explain_names(),
        explain_metrics(cfg),
        explain_logged(cfg, logged),
        explain_stream_errors(cfg, data),
        suppress(InterruptedTrainingError),
    ):
        model.fit(
            pipeline,
            epochs=train.last_epoch,
            initial_epoch=train.initial_epoch,
            steps_per_epoch=train.epoch_steps,
            verbose=0,
            shuffle=False,
            class_weight=_weigh_classes(cfg),
            # Evaluations come last, so that they see the weights that callbacks leave behind.
            callbacks=[end, reached, *steps, logged, *callbacks, *evaluations, *listeners.last],
            **_describe_validation(cfg, data),
        )
    measured = [each for held in evaluations for each in held.measured]
    return Fitted(
        recorder,
        _tabulate(model.history, measured),
        measured,
        {stage: each for held in steps for stage, each in held.fingerprints().items()},
        end.steps if isinstance(end, _EpochEnds) else None,
        facts=describe_watched(
            callbacks, list(dict.fromkeys([*logged.names, *model.history.history]))
        ),
    )


def _weigh_classes(cfg: Config) -> dict[int, float] | None:
    """Return the weight of each label from 0 to the largest; None without class weights.

    Keras wants those that weigh 1 named too.
    """
    given: dict[int, float] | None = cfg.train.class_weight
    if not given:
        return None
    classes = range(max(cfg.data.units, *given) + 1)
    return {number: float(given.get(number, 1.0)) for number in classes}


def _describe_validation(cfg: Config, data: Data) -> dict[str, Any]:
    """Return the arguments by which fit validates."""
    if data.validation is None:
        return {}
    size = cfg.train.batch_size
    if isinstance(data.validation, Stream):
        return {"validation_data": data.validation.dataset.batch(size)}
    return {"validation_data": data.validation.parts, "validation_batch_size": size}


def find_evaluated(cfg: Config, data: Data) -> Rows | Stream:
    """Return the part on which the reported metrics are measured."""
    if cfg.train.evaluate.part is Evaluated.test:
        return data.test
    assert data.validation is not None
    return data.validation


def _make_evaluations(cfg: Config, data: Data) -> list[Evaluations]:
    settings = cfg.train.evaluate
    every = settings.every or (1 if settings.at is Reported.best else None)
    by = settings.by
    return [] if every is None else [Evaluations(find_evaluated(cfg, data), every, by)]


def _tabulate(history: Any, measured: list[Evaluation]) -> History:
    """Return what Keras logged by epoch, and the evaluations with the epochs before them."""
    logged = {}
    for name, values in history.history.items():
        # A metric with several values has no place in a table of numbers.
        if all(np.ndim(each) == 0 for each in values) and len(values) == len(history.epoch):
            logged[str(name)] = [float(each) for each in values]
    table: History = {**logged, EPOCH: [float(epoch) for epoch in history.epoch]}
    if measured:
        table[f"{EVALUATED}/epoch"] = [float(each.epoch) for each in measured]
        for name in measured[0].metrics:
            table[f"{EVALUATED}/{name}"] = [each.metrics[name] for each in measured]
    return table


def _make_steps(cfg: Config, listeners: Listeners) -> list[StepRecorder]:
    """Return what fingerprints single steps, where they are traced."""
    if cfg.trace is not Trace.steps:
        return []
    return [StepRecorder(cfg.train.steps_per_execution, listeners.reach)]


def _tell_epochs(recorder: OrderRecorder, reach: Callable[[dict[str, str]], None]) -> Any:
    """Return a callback that tells of the order and the augmented rows of each epoch."""
    return keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: reach(recorder.last_fingerprints())
    )


def _end_epochs(recorder: OrderRecorder) -> Any:
    def begin(epoch: int, logs: Any) -> None:
        recorder.epoch = epoch

    return keras.callbacks.LambdaCallback(
        on_epoch_begin=begin, on_epoch_end=lambda *_: recorder.end_epoch()
    )


class _EpochEnds(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the epochs of a recorder where a callback may stop training in the middle of one.

    Keras hands over the logs of each batch to it, which costs time that other runs are spared.
    """

    def __init__(self, recorder: OrderRecorder, execution_steps: int) -> None:
        super().__init__()
        self._recorder, self._execution_steps = recorder, execution_steps
        self.steps = 0
        """Steps of the last epoch so far."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.steps = 0
        self._recorder.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps = min(self.steps + self._execution_steps, self.params["steps"])

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._recorder.end_epoch(whole=self.steps == self.params["steps"])


@contextmanager
def explain_stream_errors(cfg: Config, data: Data) -> Iterator[None]:
    """Turn TensorFlow's errors about rows that stream into one clear line.

    Raises:
        ConfigError: Rows cannot be read, or a stage of the input pipeline raised an error.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if not isinstance(data.train, Stream) or "IteratorGetNext" not in str(error):
            raise
        augmented = "augment" in cfg.train.pipeline
        key = "train.pipeline" if augmented else "data.source"
        rule = f"its rows cannot be read{' or augmented' if augmented else ''}"
        raise ConfigError(key, f"{rule}: {explain_error(error)}") from error
