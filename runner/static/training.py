"""Whether training changes weights, and whether what varies is bound to reach the outputs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from runner.static.declared import Declared, name_of
from runner.static.layers import (
    DRAWN_PARTS,
    NOISE,
    NORMALIZING,
    POOLING,
    RECURRENT,
    SHAPES,
    Initial,
    Noise,
    find_initials,
    is_input,
    keras_name,
)
from runner.static.rows import Rows
from runner.static.subject import Subject

SURE = math.log(1e6)
"""Evidence from which something counts as bound to happen: it fails one time in a million."""

STEPS = {"adam": 0.01, "adamw": 0.01, "nadam": 0.01, "adamax": 0.01, "rmsprop": 0.01, "sgd": 0.1}
"""Optimizers to the largest learning rate at which training is bound to stay finite."""

SMALLEST_RATE = 1e-5
"""Smaller learning rates may change no bit of a weight."""

USUAL = frozenset(
    ("learning_rate", "momentum", "nesterov", "beta_1", "beta_2", "epsilon", "rho", "amsgrad")
)
"""Arguments of optimizers that are expected to be near what is usual."""

SMOOTH = frozenset(
    ("", "linear", "tanh", "sigmoid", "softmax", "gelu", "silu", "swish", "elu", "selu", "softplus")
)
"""Activations that pass on any change; the empty one is none."""

WIDE = 16
"""Units of a layer with relu, of which some are bound to be alive."""

WEIGHTED = frozenset((*DRAWN_PARTS, *NORMALIZING, "PReLU"))
"""Layers with weights."""

CARRIERS = frozenset(
    (
        *SHAPES, *POOLING, *NOISE, "Dense", "Conv1D", "Conv2D", "Conv3D", "SimpleRNN", "LSTM",
        "GRU", "Activation", "BatchNormalization",
    )
)  # fmt: skip
"""Layers that pass on what varies, given usual arguments."""

SETTINGS = frozenset(
    (
        "units", "filters", "activation", "use_bias", "kernel_size", "strides", "padding", "name",
        "data_format", "pool_size", "target_shape", "dims", "shape", "input_shape", "batch_size",
        "rate", "stddev", "seed", "trainable", "return_sequences", "go_backwards", "dropout",
        "recurrent_dropout", "kernel_initializer", "bias_initializer", "recurrent_initializer",
    )
)  # fmt: skip
"""Usual arguments of layers: not those that bound, round or penalize weights."""

TOP = re.compile(r"model\.layers\[\d+\]")


def find_chain(subject: Subject) -> tuple[Declared, ...]:
    """The layers of a known model in the order in which it applies them, without its input."""
    return tuple(each for each in subject.model if TOP.fullmatch(each.key) and not is_input(each))


def find_width(chain: Iterable[Declared], key: str | None = None) -> int:
    """Units or filters of the last layer that has them, before the one with that key.

    Returns:
        0 where there is none, or it is not a number.
    """
    width: Any = 0
    for layer in chain:
        if layer.key == key:
            break
        width = layer.arguments.get("units", layer.arguments.get("filters", width))
    return width if isinstance(width, int) else 0


def carries(subject: Subject) -> bool:
    """Whether other inputs, or other weights in any layer, are bound to give other outputs."""
    chain = find_chain(subject)
    if len(chain) != sum(1 for each in subject.model if keras_name(each, "layers")):
        return False  # some stand inside of others
    last = None
    for index, layer in enumerate(chain):
        activation = layer.arguments.get("activation")
        weighted = keras_name(layer, "layers") in DRAWN_PARTS
        if not _is_usual(layer):
            return False
        if activation is not None or weighted:
            last = activation or ""
            if not _passes(last, find_width(chain[: index + 1])):
                return False
    return last in SMOOTH


def _is_usual(layer: Declared) -> bool:
    """Whether a layer passes on what varies, but for its activation."""
    name, activation = keras_name(layer, "layers"), layer.arguments.get("activation")
    if name not in CARRIERS or not set(layer.arguments) <= SETTINGS:
        return False
    if any(how in (Initial.OPEN, Initial.CONSTANT) for how in _kernels(layer)):
        return False
    if name in RECURRENT and activation not in (None, "tanh"):
        return False
    return activation is None or isinstance(activation, str)


def _kernels(layer: Declared) -> list[Initial]:
    """How the weights come about that are not a bias."""
    return [how for part, how in find_initials(layer) if part != "bias"]


def _passes(activation: str, width: int) -> bool:
    if activation == "softmax":
        return width >= 2
    return width >= WIDE if activation == "relu" else activation in SMOOTH and width >= 1


def changes_weights(subject: Subject, rows: Rows) -> bool | None:
    """Whether training takes steps that stay finite and change weights.

    Returns:
        False: weights stay as they are, to the bit. None: not known.
    """
    if not subject.trains:
        return False
    train = subject.config.train
    settings = train.optimizer if isinstance(train.optimizer, dict) else {}
    layers = [(keras_name(each, "layers"), each) for each in subject.model]
    normalizes = any(name in NORMALIZING for name, _ in layers)
    trainable = [each for name, each in layers if name in WEIGHTED]
    if all(each.arguments.get("trainable") is False for each in trainable):
        return False
    name = _optimizer_name(train.optimizer)
    if name is not None and _rate(settings) == 0 and not normalizes:
        return False
    if subject.batchless or (rows.train is None and train.drop_remainder):
        return None
    if any("trainable" in each.arguments for each in subject.model):
        return None
    largest = STEPS.get(name or "")
    if largest is None or not set(settings) <= USUAL | {"_target_"}:
        return None
    if not isinstance(epsilon := settings.get("epsilon", 0), int | float) or epsilon > 1e-3:
        return None
    if name == "sgd" and not rows.plain:
        return None  # whether steps stay finite depends on the data
    rate = _rate(settings)
    return True if rate is not None and SMALLEST_RATE <= rate <= largest else None


def _optimizer_name(optimizer: Any) -> str | None:
    """In lower case, where it is one of Keras's."""
    if isinstance(optimizer, dict):
        target = optimizer.get("_target_")
        declared = Declared("", target if isinstance(target, str) else "", {})
        name = keras_name(declared, "optimizers")
        return name.lower() if name else None
    return optimizer.lower() if isinstance(optimizer, str) else None


def _rate(settings: dict[str, Any]) -> float | None:
    rate = settings.get("learning_rate", 0.001)
    return float(rate) if type(rate) in (int, float) else None


def order_shows(subject: Subject, rows: Rows) -> bool | None:
    """Whether another order is bound to give other batches.

    Returns:
        False: none can. None: it may, or may not.
    """
    count, train = rows.train, subject.config.train
    if count is None:
        return None
    batches = math.ceil(count / train.batch_size)
    buffer = subject.config.shuffle.buffer or count
    if subject.has("batch", "shuffle"):
        return False if batches == 1 else math.lgamma(min(buffer, batches) + 1) > SURE or None
    if batches == 1:
        return None  # the same rows, added in another order
    if buffer < count:
        # At each end of a batch, whether a row comes before or after it is open.
        return (batches - 1) * math.log(2) > SURE or None
    full, rest = divmod(count, train.batch_size)
    ways = math.lgamma(count + 1) - full * math.lgamma(train.batch_size + 1) - math.lgamma(rest + 1)
    return ways > SURE or None


def split_shows(rows: Rows) -> bool:
    """Whether another split is bound to give other test rows."""
    if not rows.plain or rows.train is None or rows.test is None:
        return False
    count = rows.train + rows.test
    ways = math.lgamma(count + 1) - math.lgamma(rows.train + 1) - math.lgamma(rows.test + 1)
    return ways > SURE


def noise_shows(subject: Subject, noise: Noise, count: int) -> bool:
    """Whether a stochastic layer is bound to draw what is seen.

    Args:
        subject: the configuration.
        noise: the layer's.
        count: rows that it is active on.
    """
    if noise.strength is None:
        return False
    # One row may be all zeros, and of relu's units half may be.
    elements = find_width(find_chain(subject), noise.key) / 2 * (count - 1)
    if not noise.drops:
        return noise.strength >= 1e-3 and elements >= WIDE
    rate = noise.strength
    if not 0 < rate < 1:
        return False
    return -elements * math.log(rate**2 + (1 - rate) ** 2) > SURE


def keeps_units(subject: Subject, noise: Noise, count: int) -> bool:
    """Whether a stochastic layer is bound not to drop every unit of each row; see noise_shows."""
    if not noise.drops:
        return True
    if noise.strength is None or not 0 < noise.strength < 1:
        return False
    elements = find_width(find_chain(subject), noise.key) / 2 * (count - 1)
    return -elements * math.log(noise.strength) > SURE


def find_block(subject: Subject, rows: Rows) -> Declared | None:
    """The last layer whose weights are 0 and stay so, which lets nothing of the input through."""
    if changes_weights(subject, rows) is not False:
        return None
    blocking = None
    for layer in find_chain(subject):
        named = name_of(layer.arguments.get("kernel_initializer")).lower()
        plain = "use_bias" not in layer.arguments and not layer.arguments.get("dropout")
        if keras_name(layer, "layers") == "Dense" and named in ("zeros", "zero") and plain:
            blocking = layer
    return blocking
