"""How much outputs vary compared with targets that are arbitrary numbers. Imports TensorFlow."""

from __future__ import annotations

import numpy as np

from runner.numeric.bitwise import Array
from runner.numeric.labels import class_labels
from runner.record.reasons import Clause, Number, count
from runner.tasks.keras.causes.call_trace import is_number
from runner.tasks.keras.facts.trained import Trained

NEIGHBOURS = 5
"""Nearest training rows whose targets are averaged."""

MOST_ROWS = 1000
"""Most training rows among which neighbours are looked for."""

SAME = 1e-9
"""Squared distance, as part of the rows' own squares, up to which two rows are the same."""

MOST_VALUES = 4096
"""Most numbers in a row that distances are computed of."""


def describe_spread(trained: Trained) -> list[Clause]:
    """Return `spread`: standard deviations of outputs and targets on the probe, after training.

    With them goes what part of the variance of the targets the outputs explain, and what part the
    mean target of the nearest training rows explains, which shows whether the inputs say anything
    about the targets. Nothing is returned for class labels, 0 and 1, or shares of classes.
    """
    x, y = trained.probe
    outputs = trained.outputs
    if not trained.cfg.train.trained_epochs or not _is_regression(y, trained.targets, outputs):
        return []
    targets = y.reshape(len(y), -1).astype(np.float64)
    given = outputs.astype(np.float64)
    total = targets.var(axis=0).sum()
    if not np.isfinite(given).all() or not np.isfinite(targets).all() or total == 0:
        return []
    numbers = {
        "rows": count(len(targets)),
        "outputs": _single(np.sqrt(given.var(axis=0).mean())),
        "targets": _single(np.sqrt(targets.var(axis=0).mean())),
        "explained": _single(_explain(targets, given)),
    }
    near = _average_neighbours(trained, x)
    if near is not None:
        numbers["neighbours"] = _single(_explain(targets, near))
    return [Clause("spread", numbers=numbers)]


def _is_regression(y: Array, targets: Array, outputs: Array) -> bool:
    """Whether outputs are compared with targets that are more than labels, yes or no, or shares."""
    if not is_number(y.dtype) or y[0].size != outputs.shape[1] or len(y) < NEIGHBOURS:
        return False
    if class_labels(y) is not None and outputs.shape[1] > 1:
        return False
    return len(np.unique(targets[:MOST_ROWS])) > 2 and not _are_shares(y)


def _are_shares(y: Array) -> bool:
    rows = y.reshape(len(y), -1)
    return rows.shape[1] > 1 and bool(np.allclose(rows.sum(axis=1), 1) and (rows >= 0).all())


def _average_neighbours(trained: Trained, x: Array) -> Array | None:
    """Return the mean target (input, unit) of the training rows nearest to each row of the probe.

    None where training rows stream, or are no numbers, too few, or too wide.
    """
    inputs = trained.inputs
    if inputs is None or not is_number(inputs.dtype) or len(inputs) < 2 * NEIGHBOURS:
        return None
    if inputs[0].size > MOST_VALUES:
        return None
    places = np.unique(np.linspace(0, len(inputs) - 1, MOST_ROWS).astype(int))
    known = inputs[places].reshape(len(places), -1).astype(np.float64)
    asked = x.reshape(len(x), -1).astype(np.float64)
    scale = known.std(axis=0)
    known, asked = (each[:, scale > 0] / scale[scale > 0] for each in (known, asked))
    reach = np.square(known).sum(axis=1) + np.square(asked).sum(axis=1)[:, None]
    distances = reach - 2 * asked @ known.T
    # Where the test part repeats training rows, a row would be its own best neighbour.
    distances[distances <= SAME * reach] = np.inf
    nearest = np.argsort(distances, axis=1)[:, :NEIGHBOURS]
    targets = trained.targets[places].reshape(len(places), -1).astype(np.float64)
    means: Array = targets[nearest].mean(axis=1)
    return means


def _explain(targets: Array, guesses: Array) -> float:
    """Return 1 - (squared error)/(squared deviation from the mean), both of shape (row, unit)."""
    error = np.square(targets - guesses).sum()
    return float(1 - error / np.square(targets - targets.mean(axis=0)).sum())


def _single(value: float) -> Number:
    return Number(float(value), float(value))
