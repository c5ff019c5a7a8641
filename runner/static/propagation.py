"""Whether what goes into a model is bound to reach its outputs, or surely does not."""

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
"""Activations of hidden layers that bring what differs closer together, and how much they do."""

SMOOTH = frozenset(("", "linear", "tanh", "elu", "selu", *SQUEEZING))
"""Activations that pass on any change; the empty one is none."""

BOUNDED = SMOOTH | {"relu", "relu6", "leaky_relu", "softsign", "hard_sigmoid", "hard_tanh"}
"""Activations that give nothing that is much larger than what they are given."""

SQUEEZED = 3
"""With more of SQUEEZING before the last layer, inputs may differ by less than rounding: each
sigmoid layer of 16 units leaves about a quarter of a difference."""

DEEP = 8
"""Layers with weights up to which numbers are bound to stay between the extremes of float32."""

WIDE = 16
"""Units of a layer with relu, or that is pooled, of which some are bound to be alive."""

LARGEST = 10_000
"""Units of a layer up to which sums over them stay of a usual size."""

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

LOUDEST = 10
"""Standard deviation of noise up to which it leaves numbers of a usual size."""

ROUNDING_ALIKE = frozenset(("", "linear", "relu", "tanh", "softmax", "gelu"))
"""Activations that give equal rows equal bits. Of others a processor computes several elements at
a time by one formula and those left over at the end by another: of 9 equal rows of 3 units,
sigmoid, silu, elu, selu and softplus gave the last another last bit (TensorFlow 2.21, x86-64)."""

ALIKE = frozenset((*SHAPES, *NOISE, "Dense", "Softmax", "Activation", "ReLU", "TimeDistributed"))
"""Layers that do too, but for their activation."""

EXACT_AT_ZERO = ROUNDING_ALIKE | {"sigmoid", "silu", "swish", "elu", "selu"}
"""Activations that give all zeros equal bits."""


def input_reaches_output(subject: ConfigFacts) -> bool:
    """Whether other inputs, or other weights in any layer, are bound to give other outputs.

    Where rows are of a usual size, and weights as they were drawn or as usual training leaves them.
    """
    chain = find_chain(subject)
    if len(chain) != len(find_layers(subject)):
        return False  # some stand inside of others
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
    return last in SMOOTH and squeezed <= SQUEEZED and deep <= DEEP


def last_activation(chain: Iterable[Declared]) -> str | None:
    """What the last layer that has weights or an activation applies; "" is nothing.

    Returns:
        None where it is not known by its name.
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
    """Whether layers are bound to give finite numbers for rows of a usual size.

    Initially, or after training that leaves weights of a usual size.
    """
    deep = 0
    for layer in layers:
        name, given = keras_name(layer, "layers"), layer.arguments.get("activation")
        usual = name in CARRIERS and set(layer.arguments) <= SETTINGS
        if not (usual or name == "Softmax") or find_width([layer]) > LARGEST:
            return False
        if not _is_quiet(layer):
            return False
        if given is not None and (not isinstance(given, str) or given not in BOUNDED):
            return False
        if not all(_is_small(value) for value in _initializers(layer)):
            return False
        deep += name in DRAWN_PARTS
    return deep <= DEEP


def find_block(subject: ConfigFacts, changes: bool | None) -> Declared | None:
    """The last layer whose weights are 0 and stay so, which lets nothing of the input through.

    Finite numbers times 0 are 0, NaN is not: this holds for rows of a usual size only.

    Args:
        subject: a known configuration.
        changes: whether training changes weights.
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
    """Everything that a model declares from a layer on, also inside of others."""
    return subject.model[subject.model.index(block) :]


def rounds_alike(behind: tuple[Declared, ...]) -> bool:
    """Whether a layer that ignores its input, and what follows it, give equal rows equal bits."""
    block, *others = behind
    zero = is_zeros(block.arguments.get("bias_initializer", "zeros"))
    if not _applies(block, EXACT_AT_ZERO if zero else ROUNDING_ALIKE):
        return False
    return all(
        is_sequential(each)
        or each.is_initializer
        or (keras_name(each, "layers") in ALIKE and _applies(each, ROUNDING_ALIKE))
        for each in others
    )


def _applies(layer: Declared, activations: frozenset[str]) -> bool:
    given = layer.arguments.get("activation") or ""
    return isinstance(given, str) and given in activations


def _is_usual(layer: Declared, width: int) -> bool:
    """Whether a layer passes on what varies, but for its activation.

    Args:
        layer: one of a sequence.
        width: units or filters of what it is given; 0: it is given the rows as they are.
    """
    name, arguments = keras_name(layer, "layers") or "", layer.arguments
    if name not in CARRIERS or not set(arguments) <= SETTINGS or not _is_quiet(layer):
        return False
    if arguments.get("strides", 1) not in (1, [1], [1, 1], [1, 1, 1]):
        return False  # places that are left out may be all that differ
    if arguments.get("data_format", "channels_last") != "channels_last":
        return False
    if name in POOLING and width < WIDE:
        return False  # the largest pixel of one image may be that of another
    activation = arguments.get("activation")
    if name in RECURRENT and activation not in (None, "tanh"):
        return False
    if any(how is Initial.OPEN for _, how in find_initials(layer)):
        return False
    return (activation is None or isinstance(activation, str)) and _starts_usual(arguments)


def _starts_usual(arguments: dict[str, Any]) -> bool:
    """Whether weights that a layer's arguments say how to fill start as they usually do."""
    for name, value in arguments.items():
        if not name.endswith("_initializer") or is_usual_initializer(value):
            continue
        if name != "bias_initializer" or not is_zeros(value):
            return False  # units may be dead or saturated from the start
    return True


def _is_quiet(layer: Declared) -> bool:
    """Whether a layer's noise, if it has any, leaves numbers of a usual size."""
    return all(
        noise.strength is not None and noise.strength <= LOUDEST for noise in find_noise(layer)
    )


def _is_small(initializer: Any) -> bool:
    """Whether the weights that it gives are of a usual size."""
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
    if activation == "softmax":
        return width >= 2
    return width >= WIDE if activation == "relu" else activation in SMOOTH and width >= 1
