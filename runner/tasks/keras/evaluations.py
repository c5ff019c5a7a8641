"""Measures a model's loss and metrics on a part of the rows, once or while it is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from runner.config.schema import Evaluate, Reported
from runner.data.rows import Rows
from runner.data.stream import Stream
from runner.errors import ConfigError, nearest
from runner.tasks.keras.feed.load import batches
from runner.tasks.keras.keras_internals import find_direction

LOSS = "loss"


def evaluate(model: Any, part: Rows | Stream) -> dict[str, float]:
    """Return the loss and the compiled metrics on a part of the rows, with training=False.

    The loss is the mean over batches, weighted by their numbers of rows, as in Keras. A metric with
    several values becomes `name[0]`, `name[1]`, and so on.

    The model is called eagerly: `model.evaluate` would trace a graph, which takes longer than it
    saves here.
    """
    losses, sizes = [], []
    model.reset_metrics()
    result: dict[str, Any] = {}
    for rows in batches(part):
        predicted = model(rows.x, training=False)
        # A model's own methods may not know weights.
        weights = () if rows.weights is None else (rows.weights,)
        loss = model.compute_loss(rows.x, rows.y, predicted, *weights, training=False)
        losses.append(float(loss))
        sizes.append(rows.count)
        result = model.compute_metrics(rows.x, rows.y, predicted, *weights)
    metrics: dict[str, float] = {LOSS: float(np.average(losses, weights=sizes))}
    for name, value in result.items():
        if name == LOSS:
            continue
        values = np.asarray(value, dtype=np.float64).reshape(-1)
        if values.size == 1:
            metrics[name] = float(values[0])
        else:  # such as one value a class
            metrics |= {f"{name}[{index}]": float(each) for index, each in enumerate(values)}
    return metrics


class Evaluations(keras.callbacks.Callback):  # type: ignore[misc]
    """Evaluates the model after every so many epochs of training.

    The metrics of training that Keras has logged of the epoch are not touched, as Keras sets them
    back at the beginning of the next one.
    """

    def __init__(self, part: Rows | Stream, every: int, by: str | None = None) -> None:
        """Prepare to evaluate on `part` after each `every` epochs; `by` must be measured."""
        super().__init__()
        self._by = by
        self.measured: list[Evaluation] = []
        self._part, self._every = part, every

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluate, if it is time to."""
        if (epoch + 1) % self._every == 0:
            metrics = evaluate(self.model, self._part)
            _check_measured(self._by, list(metrics))  # now, and not after all epochs
            self.measured.append(Evaluation(epoch, metrics))


@dataclass(frozen=True)
class Evaluation:
    """The metrics of one evaluation."""

    epoch: int
    """Number of the epoch after which the model was evaluated, from 0."""
    metrics: dict[str, float] = field(default_factory=dict)


def choose(
    settings: Evaluate, measured: list[Evaluation], final: dict[str, float], metrics: list[Any]
) -> dict[str, float]:
    """Return the metrics that a run reports: the final ones, or the best with its `best_epoch`.

    Epochs count from 0. Without evaluations the final metrics are returned.

    Args:
        settings: what the config says of evaluations.
        measured: the evaluations during training, in their order.
        final: the metrics of the final weights.
        metrics: the compiled metrics; those of one name tell in which direction it improves.

    """
    if settings.at is Reported.final or not measured:
        return final
    names = list(measured[0].metrics)
    by = settings.by or next((name for name in names if name != LOSS), LOSS)
    sign = 1 if rises(by, metrics) else -1
    # The earliest of equals, as in ModelCheckpoint. A value that is no number is never the best.
    values = [sign * each.metrics[by] for each in measured]
    best = int(np.argmax(np.nan_to_num(values, nan=-np.inf)))
    return {**measured[best].metrics, "best_epoch": float(measured[best].epoch)}


def _check_measured(by: str | None, names: list[str]) -> None:
    if by is not None and by not in names:
        rule = f"must be one of {', '.join(names)}"
        raise ConfigError("train.evaluate.by", rule, by, nearest(by, names))


def rises(name: str, metrics: list[Any]) -> bool:
    """Return whether larger values of a metric are better.

    A metric of Keras's says so itself where it can tell; losses and errors are better if small.
    """
    for each in metrics:
        direction = find_direction(each)
        # The metrics of one of several outputs are reported under its name.
        if (name == each.name or name.endswith(f"_{each.name}")) and direction is not None:
            return direction == "up"
    small = (
        *("loss", "error", "mse", "mae", "mape", "msle", "crossentropy", "divergence", "kld"),
        *("hinge", "logcosh", "log_cosh", "poisson", "false_"),
    )
    return not any(part in name for part in small)
