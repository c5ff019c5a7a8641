"""Tells whether a model's inputs are bound to reach its outputs, or surely do not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.static.declared import Declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import (
    DRAWN_PARTS,
    NOISE,
    POOLING,
    RECURRENT,
    SHAPES,
    Initial,
    classify_initializer,
    find_initials,
    find_noise,
    is_sequential,
    is_usual_initializer,
    is_zeros,
    keras_name,
)
from runner.static.shapes import find_chain, find_layers, find_width

SQUEEZING = {"softmax": 2, "sigmoid": 1, "softplus": 1, "gelu": 1, "silu": 1, "swish": 1}
"""Activation of a hidden layer that shrinks differences to how much it does, in steps."""

SMOOTH = frozenset(("", "linear", "tanh", "elu", "selu", *SQUEEZING))
"""Activations that pass on any change; "" stands for no activation."""

BOUNDED = SMOOTH | {"relu", "relu6", "leaky_relu", "softsign", "hard_sigmoid", "hard_tanh"}
"""Activations whose outputs are never much larger than their inputs."""

MAX_SQUEEZING = 3
"""Most steps of SQUEEZING before the last layer at which a difference surely survives rounding.

Each sigmoid layer of 16 units leaves about a quarter of a difference.
"""

MAX_DEPTH = 8
"""Most layers with weights at which numbers are bound to stay inside the range of float32."""

MIN_WIDTH = 16
"""Fewest units of a layer with relu, or before pooling, of which some are bound to be active."""

MAX_WIDTH = 10_000
"""Most units of a layer at which sums over them stay of a usual size."""

CARRIERS = frozenset(
    (
        *SHAPES, *POOLING, *NOISE, "Dense", "Conv1D", "Conv2D", "Conv3D", "SimpleRNN", "LSTM",
        "GRU", "Activation", "BatchNormalization",
    )
)  # fmt: skip
"""Layers that pass differences in their inputs on to their outputs, given usual arguments."""

SETTINGS = frozenset(
    (
        "units", "filters", "activation", "use_bias", "kernel_size", "strides", "padding", "name",
        "data_format", "pool_size", "target_shape", "dims", "shape", "input_shape", "batch_size",
        "rate", "stddev", "seed", "trainable", "return_sequences", "go_backwards", "dropout",
        "recurrent_dropout", "kernel_initializer", "bias_initializer", "recurrent_initializer",
    )
)  # fmt: skip
"""Usual arguments of layers, which do not bound, round or penalize weights."""

MAX_NOISE = 10
"""Largest standard deviation at which noise leaves numbers of a usual size."""

ROUNDING_ALIKE = frozenset(("", "linear", "relu", "tanh", "softmax", "gelu"))
"""Activations that give equal rows equal bits.

For others, a processor computes several elements at a time by one formula, and those left over at
the end by another. Of 9 equal rows of 3 units, sigmoid, silu, elu, selu and softplus gave the last
row another last bit (TensorFlow 2.21, x86-64).
"""

LAYERS_ROUNDING_ALIKE = frozenset(
    (*SHAPES, *NOISE, "Dense", "Softmax", "Activation", "ReLU", "TimeDistributed")
)
"""Layers that give equal rows equal bits if their activations do."""

EXACT_AT_ZERO = ROUNDING_ALIKE | {"sigmoid", "silu", "swish", "elu", "selu"}
"""Activations that give rows of zeros equal bits."""


def input_reaches_output(subject: ConfigFacts) -> bool:
    """Return whether other inputs, or other weights in any layer, are bound to change outputs.

    This holds where rows are of a usual size, and weights are as they were drawn, or as usual
    training leaves them.
    """
    chain = find_chain(subject)
    if len(chain) != len(find_layers(subject)):
        return False  # some layers are inside of others
    last, squeezed, deep = None, 0, 0
    for index, layer in enumerate(chain):
        activation = layer.arguments.get("activation")
        weighted = keras_name(layer, "layers") in DRAWN_PARTS
        width = find_width(chain[: index + 1])
        if not _is_usual(layer, width if deep else 0):
            return False
        deep += weighted
        if activation is not None or weighted:
            squeezed += SQUEEZING.get(last or "", 0)
            last = activation or ""
            if not _passes(last, width):
                return False
    return last in SMOOTH and squeezed <= MAX_SQUEEZING and deep <= MAX_DEPTH


def last_activation(chain: Iterable[Declared]) -> str | None:
    """Return the activation of the last layer that has weights or an activation.

    Returns:
        "" where it applies none; None where the activation is not given by its name.
    """
    last: str | None = ""
    for layer in chain:
        name, given = keras_name(layer, "layers") or "", layer.arguments.get("activation")
        if name == "Softmax":
            last = "softmax"
        elif name in RECURRENT and given is None:
            last = "tanh"
        elif name in DRAWN_PARTS or given is not None:
            last = given or "" if given is None or isinstance(given, str) else None
    return last


def stays_finite(layers: Iterable[Declared]) -> bool:
    """Return whether layers are bound to give finite numbers for rows of a usual size.

    This holds for initial weights, and after training that leaves weights of a usual size.
    """
    deep = 0
    for layer in layers:
        name, given = keras_name(layer, "layers"), layer.arguments.get("activation")
        usual = name in CARRIERS and set(layer.arguments) <= SETTINGS
        if not (usual or name == "Softmax") or find_width([layer]) > MAX_WIDTH:
            return False
        if not _is_quiet(layer):
            return False
        if given is not None and (not isinstance(given, str) or given not in BOUNDED):
            return False
        if not all(_is_small(value) for value in _initializers(layer)):
            return False
        deep += name in DRAWN_PARTS
    return deep <= MAX_DEPTH


def find_block(subject: ConfigFacts, changes: bool | None) -> Declared | None:
    """Return the last layer whose weights are and stay 0, so that it blocks the input.

    Finite numbers times 0 are 0, but NaN is not, so this holds for rows of a usual size only.

    Args:
        subject: a configuration whose model is known.
        changes: whether training changes weights; None: not known.

    Returns:
        None where no layer is known to block the input.
    """
    if changes is not False:
        return None
    blocking, chain = None, find_chain(subject)
    for index, layer in enumerate(chain):
        zeros = is_zeros(layer.arguments.get("kernel_initializer"))
        plain = "use_bias" not in layer.arguments and keras_name(layer, "layers") == "Dense"
        if zeros and plain and stays_finite(chain[:index]):
            blocking = layer
    return blocking


def find_behind(subject: ConfigFacts, block: Declared) -> tuple[Declared, ...]:
    """Return a layer and all callables that the model declares after it, also nested ones."""
    return subject.model[subject.model.index(block) :]


def rounds_alike(behind: tuple[Declared, ...]) -> bool:
    """Return whether equal rows get equal bits from a blocking layer on.

    Args:
        behind: the layer that ignores its input, and all callables after it.
    """
    block, *others = behind
    zero = is_zeros(block.arguments.get("bias_initializer", "zeros"))
    if not _applies(block, EXACT_AT_ZERO if zero else ROUNDING_ALIKE):
        return False
    return all(
        is_sequential(each)
        or each.is_initializer
        or (keras_name(each, "layers") in LAYERS_ROUNDING_ALIKE and _applies(each, ROUNDING_ALIKE))
        for each in others
    )


def _applies(layer: Declared, activations: frozenset[str]) -> bool:
    given = layer.arguments.get("activation") or ""
    return isinstance(given, str) and given in activations


def _is_usual(layer: Declared, width: int) -> bool:
    """Return whether a layer, apart from its activation, passes differences on.

    Args:
        layer: a layer of a sequence.
        width: units or filters of the layer's inputs; 0: its inputs are the rows themselves.
    """
    name, arguments = keras_name(layer, "layers") or "", layer.arguments
    if name not in CARRIERS or not set(arguments) <= SETTINGS or not _is_quiet(layer):
        return False
    if arguments.get("strides", 1) not in (1, [1], [1, 1], [1, 1, 1]):
        return False  # inputs may differ only at positions that are skipped
    if arguments.get("data_format", "channels_last") != "channels_last":
        return False
    if name in POOLING and width < MIN_WIDTH:
        return False  # two images may have the same largest pixel
    activation = arguments.get("activation")
    if name in RECURRENT and activation not in (None, "tanh"):
        return False
    if any(how is Initial.OPEN for _, how in find_initials(layer)):
        return False
    return (activation is None or isinstance(activation, str)) and _starts_usual(arguments)


def _starts_usual(arguments: dict[str, Any]) -> bool:
    """Return whether the initializers that a layer is given start its weights as is usual."""
    for name, value in arguments.items():
        if not name.endswith("_initializer") or is_usual_initializer(value):
            continue
        if name != "bias_initializer" or not is_zeros(value):
            return False  # units may be dead or saturated from the start
    return True


def _is_quiet(layer: Declared) -> bool:
    """Return whether a layer's noise, if it has any, leaves numbers of a usual size."""
    return all(
        noise.strength is not None and noise.strength <= MAX_NOISE for noise in find_noise(layer)
    )


def _is_small(initializer: Any) -> bool:
    """Return whether an initializer gives weights of a usual size."""
    if is_usual_initializer(initializer) or is_zeros(initializer):
        return True
    if isinstance(initializer, str):
        return classify_initializer(initializer) is Initial.CONSTANT
    value = initializer.get("value", 1) if isinstance(initializer, dict) else None
    constant = classify_initializer(initializer) is Initial.CONSTANT
    return constant and isinstance(value, int | float) and abs(value) <= 100


def _initializers(layer: Declared) -> list[Any]:
    return [value for name, value in layer.arguments.items() if name.endswith("_initializer")]


def _passes(activation: str, width: int) -> bool:
    """Return whether an activation over so many units passes differences on."""
    if activation == "softmax":
        return width >= 2
    return width >= MIN_WIDTH if activation == "relu" else activation in SMOOTH and width >= 1
