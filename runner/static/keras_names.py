"""What is known of Keras's layers and initializers by their names alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any

from runner.static.declared import Declared, name_of

HOMES = ("keras", "tensorflow.keras")
"""Packages under which Keras's own names are found."""

DIMENSIONS = ("1D", "2D", "3D")

RECURRENT = ("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell")

CONVOLUTIONS = tuple(
    f"{name}{dimension}{end}"
    for name, dimension, end in product(("Conv", "Convolution"), DIMENSIONS, ("", "Transpose"))
)

DRAWN_PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Dense", "EinsumDense", *CONVOLUTIONS), ("kernel",)),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("depthwise",)),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("depthwise", "pointwise")),
    **dict.fromkeys(RECURRENT, ("kernel", "recurrent")),
    "Embedding": ("embeddings",),
}
"""Layers to their weights that a random initializer fills unless another one is given."""

NOISE: dict[str, str] = {
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), "rate"),
    **{f"SpatialDropout{dimension}": "rate" for dimension in DIMENSIONS},
    "GaussianNoise": "stddev",
}
"""Layers that draw random numbers to the argument that says how strongly."""

POOLING = tuple(
    f"{reach}{kind}{dimension}"
    for reach, kind, dimension in product(
        ("", "Global"), ("MaxPooling", "AveragePooling", "MaxPool", "AvgPool"), DIMENSIONS
    )
)

SHAPES = ("InputLayer", "Flatten", "Reshape", "Permute")
"""Layers that compute nothing."""

NORMALIZING = (
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
)  # fmt: skip
"""Layers whose weights are not drawn, and which training changes."""

STEADY = (
    *SHAPES, *POOLING, *NORMALIZING, "PReLU", "Activation", "ActivityRegularization", "ELU",
    "Identity", "LeakyReLU", "Masking", "ReLU", "RepeatVector", "Rescaling", "Softmax",
    "UnitNormalization", "Bidirectional", "TimeDistributed",
    *(f"{what}{d}" for what in ("Cropping", "UpSampling", "ZeroPadding") for d in DIMENSIONS),
)  # fmt: skip
"""Layers without weights that are drawn, and without noise of their own."""

KNOWN = frozenset((*DRAWN_PARTS, *NOISE, *STEADY))

ARGUMENTS = frozenset(
    (
        "activation", "activity_regularizer", "alpha", "axis", "backward_layer", "batch_shape",
        "batch_size", "bias_axes", "center", "cropping", "data_format", "depth_multiplier",
        "dilation_rate", "dims", "dropout", "dtype", "epsilon", "equation", "filters",
        "go_backwards", "groups", "input_dim", "input_shape", "interpolation", "keepdims",
        "kernel_size", "l1", "l2", "layer", "lora_alpha", "lora_rank", "mask_value", "mask_zero",
        "max_value", "merge_mode", "momentum", "n", "name", "negative_slope", "noise_shape",
        "offset", "output_dim", "output_padding", "output_shape", "padding", "pool_size", "rate",
        "recurrent_activation", "recurrent_dropout", "reset_after", "return_sequences",
        "return_state", "scale", "seed", "shape", "shared_axes", "size", "stateful", "stddev",
        "strides", "synchronized", "target_shape", "threshold", "trainable", "unit_forget_bias",
        "units", "unroll", "use_bias", "use_cudnn", "zero_output_for_mask",
    )
)  # fmt: skip
"""Arguments of known layers of which it is known whether they make a layer draw anything."""

ENDINGS = ("_initializer", "_regularizer", "_constraint")
"""Of arguments that take an object, which is looked at by its own name."""

CONSTANT_NAMES = frozenset(("zeros", "zero", "ones", "one", "constant", "identity"))
"""Initializers that draw nothing, without case and underscores."""

RANDOM_NAMES = frozenset(
    (
        "uniform", "normal", "randomuniform", "randomnormal", "truncatednormal", "variancescaling",
        "glorotuniform", "glorotnormal", "heuniform", "henormal", "lecununiform", "lecunnormal",
        "orthogonal",
    )
)  # fmt: skip

ZEROS = ("zeros", "zero")
"""Initializers that fill with 0, without case and underscores."""

LIMITS = {"minval": -0.05, "maxval": 0.05}
"""Keras's defaults of what RandomUniform draws between."""

NO_SPREAD = {"randomnormal": "stddev", "truncatednormal": "stddev", "orthogonal": "gain"}
"""Random initializers to the argument that makes constants of them when 0."""


class Initial(Enum):
    """How a layer's initial weight comes about."""

    CONSTANT = "constant"
    PINNED = "pinned"
    """Drawn with a seed of its own, which no global seed reaches."""
    DRAWN = "drawn"
    """Drawn anew at each construction, with a seed from Python's generator."""
    OPEN = "open"
    """Not known."""


@dataclass(frozen=True)
class Noise:
    """A layer, or a part of one, that draws random numbers where it is active."""

    key: str
    """Dotted, of the layer."""
    strength: float | None
    """Rate or standard deviation, above 0; None where it is not known."""
    drops: bool
    """Whether it drops units, instead of adding to or scaling all."""
    pinned: bool | None
    """Whether it has a seed of its own; None where it is not known."""


def keras_name(declared: Declared, module: str) -> str | None:
    """A callable's own name where it is one of that module of Keras; otherwise None."""
    for home in HOMES:
        own = declared.target.removeprefix(f"{home}.{module}.")
        if own != declared.target and "." not in own:
            return own
    return None


def is_sequential(declared: Declared) -> bool:
    """Whether a callable is Keras's Sequential, given a list of layers by name."""
    names = [f"{home}{place}.Sequential" for home in HOMES for place in ("", ".models")]
    layers = declared.arguments.get("layers")
    plain = set(declared.arguments) <= {"layers", "name", "trainable"}
    return declared.target in names and plain and isinstance(layers, list)


def is_input(declared: Declared) -> bool:
    """Whether a callable only says the shape of the inputs."""
    names = [f"{home}{place}.Input" for home in HOMES for place in ("", ".layers")]
    return declared.target in names


def is_known(declared: Declared) -> bool:
    """Whether nothing but names and numbers decide what a part of a model does."""
    if any(name.startswith("_") for name in declared.arguments):
        return False  # Hydra's own, such as positional arguments
    if is_sequential(declared) or is_input(declared):
        return True
    if keras_name(declared, "layers") in KNOWN:
        # What a stateful layer gives depends on the calls before.
        return _are_known(declared.arguments) and not declared.arguments.get("stateful")
    if name := keras_name(declared, "initializers"):
        return _plain(name) in CONSTANT_NAMES | RANDOM_NAMES
    return any(keras_name(declared, module) for module in ("regularizers", "constraints"))


def find_initials(declared: Declared) -> Iterator[tuple[str, Initial]]:
    """Yield (part, how it comes about) for each weight of a known layer that may be drawn."""
    name = keras_name(declared, "layers")
    defaults = DRAWN_PARTS.get(name or "", ())
    for part in defaults:
        if f"{part}_initializer" not in declared.arguments:
            yield part, Initial.DRAWN
    for argument, value in declared.arguments.items():
        if argument.endswith("_initializer"):
            yield argument.removesuffix("_initializer"), classify_initializer(value)
    if declared.arguments.get("lora_rank"):
        yield "lora", Initial.DRAWN  # Keras offers no seed for it


def classify_initializer(value: Any) -> Initial:
    """How a weight comes about whose initializer is given by name or by `_target_`."""
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
    """Whether a random initializer, given by `_target_`, gives more than one value.

    Returns:
        None where that is not known.
    """
    name = _plain(name_of(value))
    if name == "randomuniform":
        low, high = (value.get(each, default) for each, default in LIMITS.items())
        known = isinstance(low, int | float) and isinstance(high, int | float)
        return low != high if known else None
    spread = value.get(NO_SPREAD.get(name, ""), 1)
    return spread != 0 if isinstance(spread, int | float) else None


def constant_value(value: Any) -> float | None:
    """The one number that an initializer gives every weight; None: it gives several, or not known.

    Args:
        value: as in a config, a name or with `_target_`.
    """
    if classify_initializer(value) is not Initial.CONSTANT:
        return None
    name, given = _plain(name_of(value)), value if isinstance(value, dict) else {}
    if name in ("ones", "one"):
        return 1.0
    argument = {"constant": "value", "randomuniform": "minval"}.get(name, "mean")
    number = given.get(argument, LIMITS.get(argument, 0))
    if name == "identity" or not isinstance(number, int | float):
        return None
    return 0.0 if name in (*ZEROS, "orthogonal") else float(number)


def is_usual_initializer(value: Any) -> bool:
    """Whether weights drawn by it are around 0 and of a usual size, at most about 1."""
    if isinstance(value, str):
        return classify_initializer(value) is Initial.DRAWN
    if classify_initializer(value) not in (Initial.DRAWN, Initial.PINNED):
        return False
    numbers = {k: v for k, v in value.items() if k in ("mean", "stddev", "scale", "gain", *LIMITS)}
    if not all(isinstance(each, int | float) for each in numbers.values()):
        return False
    low, high = (numbers.pop(each, default) for each, default in LIMITS.items())
    sizes = [high, *(size for name, size in numbers.items() if name != "mean")]
    centred = low == -high and numbers.get("mean", 0) == 0
    return centred and all(0.01 <= size <= 2 for size in sizes)


def is_zeros(value: Any) -> bool:
    """Whether an initializer fills with 0."""
    if isinstance(value, dict) and keras_name(_declare(value), "initializers") is None:
        return False
    return _plain(name_of(value)) in ZEROS


def find_noise(declared: Declared) -> Iterator[Noise]:
    """Yield what draws random numbers in a known layer."""
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
    """Whether a layer's arguments say all that they stand for."""
    for name, value in arguments.items():
        if name.endswith(ENDINGS):
            continue
        serialized = isinstance(value, dict) and "_target_" not in value
        if name not in ARGUMENTS or serialized:
            return False
    return True


def _plain(name: str) -> str:
    return name.replace("_", "").lower().removesuffix("initializer")


def _declare(value: dict[str, Any]) -> Declared:
    target = value.get("_target_")
    arguments = {str(k): v for k, v in value.items() if k != "_target_"}
    return Declared("", target if isinstance(target, str) else "", arguments)
