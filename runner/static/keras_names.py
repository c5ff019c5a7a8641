"""Tells what Keras's layers and initializers draw, by their names and arguments alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any

from runner.config.model_graph import ARGUMENTS as ARGUMENTS_OF_GRAPHS
from runner.config.model_graph import GRAPH
from runner.static.declared import Declared, name_of

KERAS_PACKAGES = ("keras", "tensorflow.keras")
"""Packages under which Keras's own names are found."""

DIMENSIONS = ("1D", "2D", "3D")
"""Endings of the names of layers that exist for several dimensions."""

RECURRENT = ("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell")
"""Recurrent layers and their cells."""

CONVOLUTIONS = tuple(
    f"{name}{dimension}{end}"
    for name, dimension, end in product(("Conv", "Convolution"), DIMENSIONS, ("", "Transpose"))
)
"""Convolutional layers with one kernel."""

DRAWN_PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Dense", "EinsumDense", *CONVOLUTIONS), ("kernel",)),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("depthwise",)),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("depthwise", "pointwise")),
    **dict.fromkeys(RECURRENT, ("kernel", "recurrent")),
    "Embedding": ("embeddings",),
}
"""Layer to those of its weights that are drawn unless another initializer is given."""

NOISE: dict[str, str] = {
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), "rate"),
    **{f"SpatialDropout{dimension}": "rate" for dimension in DIMENSIONS},
    "GaussianNoise": "stddev",
}
"""Layer that draws random numbers to the argument that is their strength."""

DROPPING = tuple(name for name, strength in NOISE.items() if strength == "rate")
"""Layers that drop units or whole channels."""

POOLING = tuple(
    f"{reach}{kind}{dimension}"
    for reach, kind, dimension in product(
        ("", "Global"), ("MaxPooling", "AveragePooling", "MaxPool", "AvgPool"), DIMENSIONS
    )
)
"""Layers that pool, over a window or over the whole input."""

SHAPES = ("InputLayer", "Flatten", "Reshape", "Permute")
"""Layers that only declare or rearrange shapes, and compute nothing."""

NORMALIZING = (
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
)  # fmt: skip
"""Layers whose weights are not drawn, but change in training."""

MERGING = (
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract",
)  # fmt: skip
"""Layers that make one tensor of several, and have no weights."""

STEADY = (
    *SHAPES, *POOLING, *NORMALIZING, *MERGING, "PReLU", "Activation", "ActivityRegularization",
    "ELU", "Identity", "LeakyReLU", "Masking", "ReLU", "RepeatVector", "Rescaling", "Softmax",
    "UnitNormalization", "Bidirectional", "TimeDistributed",
    *(f"{what}{d}" for what in ("Cropping", "UpSampling", "ZeroPadding") for d in DIMENSIONS),
)  # fmt: skip
"""Layers that draw neither weights nor noise of their own."""

KNOWN = frozenset((*DRAWN_PARTS, *NOISE, *STEADY))
"""Layers of which it is known what they draw."""

ARGUMENTS = frozenset(
    (
        "activation", "activity_regularizer", "alpha", "axes", "axis", "backward_layer",
        "batch_shape", "batch_size", "bias_axes", "center", "cropping", "data_format",
        "depth_multiplier", "dilation_rate", "dims", "dropout", "dtype", "epsilon", "equation",
        "filters",
        "go_backwards", "groups", "input_dim", "input_shape", "interpolation", "keepdims",
        "kernel_size", "l1", "l2", "layer", "lora_alpha", "lora_rank", "mask_value", "mask_zero",
        "max_value", "merge_mode", "momentum", "n", "name", "negative_slope", "noise_shape",
        "normalize", "offset", "output_dim", "output_padding", "output_shape", "padding",
        "pool_size", "rate", "recurrent_activation", "recurrent_dropout", "reset_after",
        "return_sequences", "return_state", "scale", "seed", "shape", "shared_axes", "size",
        "stateful", "stddev",
        "strides", "synchronized", "target_shape", "threshold", "trainable", "unit_forget_bias",
        "units", "unroll", "use_bias", "use_cudnn", "zero_output_for_mask",
    )
)  # fmt: skip
"""Arguments of the known layers whose effect on what a layer draws is known."""

OBJECT_ENDINGS = ("_initializer", "_regularizer", "_constraint")
"""Endings of the names of arguments that take an object, which is judged by its own name."""

CONSTANT_NAMES = frozenset(("zeros", "zero", "ones", "one", "constant", "identity"))
"""Initializers that draw nothing, in lower case and without underscores."""

RANDOM_NAMES = frozenset(
    (
        "uniform", "normal", "randomuniform", "randomnormal", "truncatednormal", "variancescaling",
        "glorotuniform", "glorotnormal", "heuniform", "henormal", "lecununiform", "lecunnormal",
        "orthogonal",
    )
)  # fmt: skip
"""Initializers that draw random numbers, in lower case and without underscores."""

ZEROS = ("zeros", "zero")
"""Initializers that fill with 0, in lower case and without underscores."""

UNIFORM_LIMITS = {"minval": -0.05, "maxval": 0.05}
"""Keras's default limits of RandomUniform, by the names of the arguments."""

SPREAD_ARGUMENTS = {"randomnormal": "stddev", "truncatednormal": "stddev", "orthogonal": "gain"}
"""Random initializer to the argument that makes it constant when 0."""


class Initial(Enum):
    """The ways in which an initial weight of a layer can be set."""

    CONSTANT = "constant"
    """The weight is not random."""
    PINNED = "pinned"
    """The weight is drawn with a seed of its own, which no global seed affects."""
    DRAWN = "drawn"
    """The weight is drawn anew at each construction, with a seed from Python's generator."""
    OPEN = "open"
    """It is not known how the weight is set."""


@dataclass(frozen=True)
class Noise:
    """A layer, or a part of one, that draws random numbers where it is active."""

    key: str
    """Dotted config key of the layer."""
    strength: float | None
    """Rate or standard deviation, above 0; None where it is not known."""
    drops: bool
    """Whether the layer drops units, instead of adding to or scaling all of them."""
    pinned: bool | None
    """Whether the layer has a seed of its own; None where that is not known."""


def keras_name(declared: Declared, module: str) -> str | None:
    """Return a callable's name where it is from a module of Keras, otherwise None.

    Args:
        declared: the callable.
        module: the module, such as `layers`.
    """
    for package in KERAS_PACKAGES:
        own = declared.target.removeprefix(f"{package}.{module}.")
        if own != declared.target and "." not in own:
            return own
    return None


def is_sequential(declared: Declared) -> bool:
    """Return whether a callable is Keras's Sequential with a list as its argument `layers`."""
    names = [f"{package}{end}.Sequential" for package in KERAS_PACKAGES for end in ("", ".models")]
    layers = declared.arguments.get("layers")
    plain = set(declared.arguments) <= {"layers", "name", "trainable"}
    return declared.target in names and plain and isinstance(layers, list)


def is_graph(declared: Declared) -> bool:
    """Return whether a callable is our graph of layers, each called on other nodes only.

    A layer that is called with other arguments, such as `training: true`, may do what its name and
    its own arguments do not tell.
    """
    nodes = declared.arguments.get("nodes")
    if declared.target != GRAPH or not isinstance(nodes, dict):
        return False
    return set(declared.arguments) <= set(ARGUMENTS_OF_GRAPHS) and all(
        isinstance(node, dict) and _is_called_on_nodes(node.get("from")) for node in nodes.values()
    )


def _is_called_on_nodes(source: Any) -> bool:
    if not isinstance(source, dict):
        return True
    return "training" not in source and all(isinstance(v, str | list) for v in source.values())


def is_input(declared: Declared) -> bool:
    """Return whether a callable is Keras's Input, which only declares a shape."""
    names = [f"{package}{end}.Input" for package in KERAS_PACKAGES for end in ("", ".layers")]
    return declared.target in names


def is_known(declared: Declared) -> bool:
    """Return whether it is known, from names and numbers alone, what a part of a model does."""
    if any(name.startswith("_") for name in declared.arguments):
        return False  # these are Hydra's own, such as positional arguments
    if is_sequential(declared) or is_graph(declared) or is_input(declared):
        return True
    if keras_name(declared, "layers") in KNOWN:
        # The outputs of a stateful layer depend on earlier calls.
        return _are_known(declared.arguments) and not declared.arguments.get("stateful")
    if name := keras_name(declared, "initializers"):
        return _plain(name) in CONSTANT_NAMES | RANDOM_NAMES
    return any(keras_name(declared, module) for module in ("regularizers", "constraints"))


def find_initials(declared: Declared) -> Iterator[tuple[str, Initial]]:
    """Yield (part, how it is set) for each weight of a known layer that may be drawn."""
    name = keras_name(declared, "layers")
    defaults = DRAWN_PARTS.get(name or "", ())
    for part in defaults:
        if f"{part}_initializer" not in declared.arguments:
            yield part, Initial.DRAWN
    for argument, value in declared.arguments.items():
        if argument.endswith("_initializer"):
            yield argument.removesuffix("_initializer"), classify_initializer(value)
    if declared.arguments.get("lora_rank"):
        yield "lora", Initial.DRAWN  # Keras has no argument for its seed


def classify_initializer(value: Any) -> Initial:
    """Return how an initializer sets a weight.

    Args:
        value: the initializer as in a config: a name, or a dictionary with `_target_`.
    """
    name = _plain(name_of(value))
    if isinstance(value, str):
        if value.isidentifier() and name in CONSTANT_NAMES:
            return Initial.CONSTANT
        return Initial.DRAWN if value.isidentifier() and name in RANDOM_NAMES else Initial.OPEN
    if not isinstance(value, dict) or not is_known(_declare(value)):
        return Initial.OPEN
    spread = is_spread(value)
    if name in CONSTANT_NAMES or spread is False:
        return Initial.CONSTANT
    seed = value.get("seed")
    if seed is not None:
        return Initial.PINNED if type(seed) is int else Initial.OPEN
    return Initial.DRAWN if spread else Initial.OPEN


def is_spread(value: dict[str, Any]) -> bool | None:
    """Return whether a random initializer gives more than one value; None: not known.

    Args:
        value: the initializer, as a dictionary with `_target_`.
    """
    name = _plain(name_of(value))
    if name == "randomuniform":
        low, high = (value.get(each, default) for each, default in UNIFORM_LIMITS.items())
        known = isinstance(low, int | float) and isinstance(high, int | float)
        return low != high if known else None
    spread = value.get(SPREAD_ARGUMENTS.get(name, ""), 1)
    return spread != 0 if isinstance(spread, int | float) else None


def constant_value(value: Any) -> float | None:
    """Return the number with which an initializer fills all of a weight.

    Args:
        value: the initializer as in a config: a name, or a dictionary with `_target_`.

    Returns:
        None where the initializer gives several numbers, or the number is not known.
    """
    if classify_initializer(value) is not Initial.CONSTANT:
        return None
    name, given = _plain(name_of(value)), value if isinstance(value, dict) else {}
    if name in ("ones", "one"):
        return 1.0
    argument = {"constant": "value", "randomuniform": "minval"}.get(name, "mean")
    number = given.get(argument, UNIFORM_LIMITS.get(argument, 0))
    if name == "identity" or not isinstance(number, int | float):
        return None
    return 0.0 if name in (*ZEROS, "orthogonal") else float(number)


def is_usual_initializer(value: Any) -> bool:
    """Return whether an initializer draws weights around 0 of a usual size, at most about 1."""
    if isinstance(value, str):
        return classify_initializer(value) is Initial.DRAWN
    if classify_initializer(value) not in (Initial.DRAWN, Initial.PINNED):
        return False
    numbers = {
        k: v for k, v in value.items() if k in ("mean", "stddev", "scale", "gain", *UNIFORM_LIMITS)
    }
    if not all(isinstance(each, int | float) for each in numbers.values()):
        return False
    low, high = (numbers.pop(each, default) for each, default in UNIFORM_LIMITS.items())
    sizes = [high, *(size for name, size in numbers.items() if name != "mean")]
    centred = low == -high and numbers.get("mean", 0) == 0
    return centred and all(0.01 <= size <= 2 for size in sizes)


def is_zeros(value: Any) -> bool:
    """Return whether an initializer fills with 0."""
    if isinstance(value, dict) and keras_name(_declare(value), "initializers") is None:
        return False
    return _plain(name_of(value)) in ZEROS


def find_noise(declared: Declared) -> Iterator[Noise]:
    """Yield the parts of a known layer that draw random numbers."""
    arguments = declared.arguments
    name = keras_name(declared, "layers") or ""
    seed = arguments.get("seed")
    pinned = type(seed) is int if seed is None or type(seed) is int else None
    names = [NOISE[name]] if name in NOISE else ["dropout", "recurrent_dropout"]
    for argument in names:
        given = arguments.get(argument, 0 if name not in NOISE else None)
        strength = float(given) if isinstance(given, int | float) else None
        if strength is None or strength > 0:
            drops = name not in ("GaussianNoise", "GaussianDropout")
            yield Noise(declared.key, strength, drops, pinned)


def _are_known(arguments: dict[str, Any]) -> bool:
    """Return whether the effect of a layer's arguments is known from their names and values."""
    for name, value in arguments.items():
        if name.endswith(OBJECT_ENDINGS):
            continue
        serialized = isinstance(value, dict) and "_target_" not in value
        if name not in ARGUMENTS or serialized:
            return False
    return True


def _plain(name: str) -> str:
    """Return an initializer's name in lower case, without underscores and its usual ending."""
    return name.replace("_", "").lower().removesuffix("initializer")


def _declare(value: dict[str, Any]) -> Declared:
    target = value.get("_target_")
    arguments = {str(k): v for k, v in value.items() if k != "_target_"}
    return Declared("", target if isinstance(target, str) else "", arguments)
