"""Tells whether training changes weights, and whether its random draws surely have an effect."""

from __future__ import annotations

import math
from typing import Any

from runner.config.schema import SplitBy
from runner.static.declared import Declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import DRAWN_PARTS, NORMALIZING, Noise, keras_name
from runner.static.propagation import MIN_WIDTH, last_activation, stays_finite
from runner.static.row_facts import RowFacts
from runner.static.shapes import find_chain, find_layers, find_width
from runner.static.training_parts import find_loss

MIN_EVIDENCE = math.log(1e6)
"""Minus the log of the chance to fail at which an event counts as bound to happen: 1 in 1e6."""

MAX_RATES = {
    "adam": 0.01,
    "adamw": 0.01,
    "nadam": 0.01,
    "adamax": 0.01,
    "rmsprop": 0.01,
    "sgd": 0.1,
}
"""Optimizer to the largest learning rate at which training is bound to stay finite."""

MIN_RATE = 1e-5
"""Learning rate below which a step may change no bit of a weight."""

USUAL_ARGUMENTS = frozenset(
    ("learning_rate", "momentum", "nesterov", "beta_1", "beta_2", "epsilon", "rho", "amsgrad")
)
"""Arguments of optimizers that are allowed, with values near the usual ones."""

WEIGHTED = frozenset((*DRAWN_PARTS, *NORMALIZING, "PReLU"))
"""Layers with weights."""

LOSSES = {
    "sparsecategoricalcrossentropy": ("softmax", "", "linear"),
    "binarycrossentropy": ("sigmoid",),
    **dict.fromkeys(
        ("mse", "meansquarederror", "mae", "meanabsoluteerror", "huber", "logcosh"),
        ("", "linear"),
    ),
}
"""Loss with finite gradients to the last activations that suit it.

With these activations, training does not drive outputs to where rounding makes them equal. Names
are in lower case and without underscores.
"""

BOUNDED_LOSSES = ("sparsecategoricalcrossentropy", "binarycrossentropy", "mae", "meanabsoluteerror")
"""Losses whose gradient does not grow with the outputs, so that steps of SGD cannot diverge."""


def changes_weights(subject: ConfigFacts, rows: RowFacts, code: str | None = None) -> bool | None:
    """Return whether training changes weights, and ends in outputs of a usual kind.

    Args:
        subject: a configuration whose model is known.
        rows: what is known about its rows.
        code: name of unknown code that training calls; None: there is none.

    Returns:
        False: weights stay as they are, to the bit. None: not known.
    """
    if not subject.trains or _is_frozen(subject):
        return False
    if not trains_finitely(subject, rows, code):
        return None
    train = subject.config.train
    settings, rate = _settings(subject), _rate(_settings(subject))
    if rate == 0:
        normalizes = any(keras_name(each, "layers") in NORMALIZING for each in subject.model)
        return None if normalizes else False
    if subject.batchless or (rows.train is None and train.drop_remainder):
        return None
    if any("trainable" in each.arguments for each in subject.model):
        return None
    if _optimizer_name(train.optimizer) == "sgd":
        if _loss(subject) not in BOUNDED_LOSSES:
            return None
        rate /= 1 - float(settings.get("momentum", 0))
        if rate > MAX_RATES["sgd"]:
            return None
    return True if rate >= MIN_RATE and _suits(subject, rows) else None


def trains_finitely(subject: ConfigFacts, rows: RowFacts, code: str | None = None) -> bool:
    """Return whether weights are bound to be finite after training, where outputs are not large.

    The arguments are those of changes_weights.
    """
    if not subject.trains:
        return True
    # Otherwise a gradient may be NaN, which makes NaN of weights even at a learning rate of 0.
    if code is not None or not rows.plain or _loss(subject) not in LOSSES:
        return False
    settings = _settings(subject)
    largest = MAX_RATES.get(_optimizer_name(subject.config.train.optimizer) or "")
    rate = _rate(settings)
    if largest is None or not _are_usual(settings) or not 0 <= rate <= largest:
        return False
    return stays_finite(find_layers(subject))


def _is_frozen(subject: ConfigFacts) -> bool:
    """Return whether no layer that has weights is trainable."""
    layers = [(keras_name(each, "layers"), each) for each in subject.model]
    # Bidirectional makes a copy of a layer, and lora_rank adds weights to one.
    if any(name == "Bidirectional" or "lora_rank" in each.arguments for name, each in layers):
        return False
    weighted = [each for name, each in layers if name in WEIGHTED]
    return all(each.arguments.get("trainable") is False for each in weighted)


def _loss(subject: ConfigFacts) -> str:
    """Return the loss's name in lower case, without underscores; '' if it is not one of Keras's."""
    loss = subject.config.train.loss
    # Any other argument may change what a loss does.
    plain = not isinstance(loss, dict) or set(loss) <= {"_target_", "name"}
    return find_loss(subject)[0] if plain else ""


def _suits(subject: ConfigFacts, rows: RowFacts) -> bool:
    """Return whether the loss suits the last activation and the rows; see LOSSES."""
    loss = _loss(subject)
    if last_activation(find_layers(subject)) not in LOSSES.get(loss, ()):
        return False
    # Labels above 1 drive a sigmoid to where it gives 1 for every input.
    return loss != "binarycrossentropy" or rows.labels == 2


def _are_usual(settings: dict[str, Any]) -> bool:
    """Return whether an optimizer's settings are near the usual ones."""
    if not set(settings) <= USUAL_ARGUMENTS | {"_target_"}:
        return False
    decays = [settings.get(name, 0) for name in ("momentum", "beta_1", "beta_2", "rho")]
    if not all(type(each) in (int, float) and 0 <= each < 1 for each in decays):
        return False
    epsilon = settings.get("epsilon", 1e-7)
    # With an epsilon of 0, a gradient of 0 gives NaN; a pixel that is never set has one.
    return type(epsilon) in (int, float) and 1e-10 <= epsilon <= 1e-3


def _optimizer_name(optimizer: Any) -> str | None:
    """Return the optimizer's name in lower case; None if it is not one of Keras's."""
    if isinstance(optimizer, dict):
        target = optimizer.get("_target_")
        declared = Declared("", target if isinstance(target, str) else "", {})
        name = keras_name(declared, "optimizers")
        return name.lower() if name else None
    return optimizer.lower() if isinstance(optimizer, str) else None


def _settings(subject: ConfigFacts) -> dict[str, Any]:
    """Return the optimizer's arguments with its `_target_`; empty where it is given by name."""
    optimizer = subject.config.train.optimizer
    return optimizer if isinstance(optimizer, dict) else {}


def _rate(settings: dict[str, Any]) -> float:
    """Return the learning rate; NaN where it is not known."""
    rate = settings.get("learning_rate", 0.001)
    return float(rate) if type(rate) in (int, float) else math.nan


def order_changes_output(subject: ConfigFacts, rows: RowFacts) -> bool | None:
    """Return whether another random order is bound to give other batches.

    Returns:
        False: no order gives other batches. None: not known.
    """
    count, train = rows.train, subject.config.train
    if count is None:
        return None
    batches = math.ceil(count / train.batch_size)
    buffer = subject.config.shuffle.buffer or count
    if subject.has("batch", "shuffle"):
        return (
            False if batches == 1 else math.lgamma(min(buffer, batches) + 1) > MIN_EVIDENCE or None
        )
    if batches == 1:
        return None  # the one batch has the same rows, added in another order
    if buffer < count:
        # At each border between batches, at least one row may fall on either side.
        return (batches - 1) * math.log(2) > MIN_EVIDENCE or None
    full, rest = divmod(count, train.batch_size)
    ways = math.lgamma(count + 1) - full * math.lgamma(train.batch_size + 1) - math.lgamma(rest + 1)
    return ways > MIN_EVIDENCE or None


def split_changes_output(rows: RowFacts, by: SplitBy) -> bool:
    """Return whether another random split is bound to give other test rows."""
    if not rows.plain or rows.train is None or rows.test is None:
        return False
    # In a stratified split each class is split by itself, which leaves fewer ways.
    classes = 1 if by is SplitBy.random else rows.labels
    if classes is None or min(rows.test, rows.train) < classes:
        return False
    train, test = rows.train // classes, rows.test // classes
    ways = math.lgamma(train + test + 1) - math.lgamma(train + 1) - math.lgamma(test + 1)
    return classes * ways > MIN_EVIDENCE


def noise_changes_output(subject: ConfigFacts, noise: Noise, count: int) -> bool:
    """Return whether other draws of a stochastic layer are bound to change its outputs.

    Args:
        subject: the configuration.
        noise: the noise of the layer.
        count: number of rows that pass through the layer.
    """
    if noise.strength is None:
        return False
    # One row may be all zeros, and so may half of the units behind relu.
    elements = find_width(find_chain(subject), noise.key) / 2 * (count - 1)
    if not noise.drops:
        return noise.strength >= 1e-3 and elements >= MIN_WIDTH
    rate = noise.strength
    if not 0 < rate < 1:
        return False
    return -elements * math.log(rate**2 + (1 - rate) ** 2) > MIN_EVIDENCE


def keeps_units(subject: ConfigFacts, noise: Noise, count: int) -> bool:
    """Return whether a stochastic layer is bound to keep a unit of each row.

    The arguments are those of noise_changes_output.
    """
    if not noise.drops:
        return True
    if noise.strength is None or not 0 < noise.strength < 1:
        return False
    elements = find_width(find_chain(subject), noise.key) / 2 * (count - 1)
    return -elements * math.log(noise.strength) > MIN_EVIDENCE
