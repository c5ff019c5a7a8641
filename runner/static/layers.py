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

CONSTANT_NAMES = frozenset(("zeros", "zero", "ones", "one", "constant", "identity"))
"""Initializers that draw nothing, without case and underscores."""

RANDOM_NAMES = frozenset(
    (
        "uniform", "normal", "randomuniform", "randomnormal", "truncatednormal", "variancescaling",
        "glorotuniform", "glorotnormal", "heuniform", "henormal", "lecununiform", "lecunnormal",
        "orthogonal",
    )
)  # fmt: skip

SPREADS = ("stddev", "scale", "gain")
"""Arguments of random initializers that make a constant of them when 0."""


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
        return not declared.arguments.get("stateful")
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


def classify_initializer(value: Any) -> Initial:
    """How a weight comes about whose initializer is given by name or by `_target_`."""
    name = _plain(name_of(value))
    if isinstance(value, str):
        if value.isidentifier() and name in CONSTANT_NAMES:
            return Initial.CONSTANT
        return Initial.DRAWN if value.isidentifier() and name in RANDOM_NAMES else Initial.OPEN
    if not isinstance(value, dict) or not is_known(_declare(value)):
        return Initial.OPEN
    if name in CONSTANT_NAMES:
        return Initial.CONSTANT
    seed = value.get("seed")
    if seed is not None:
        return Initial.PINNED if type(seed) is int else Initial.OPEN
    return Initial.DRAWN if _is_spread(value) else Initial.OPEN


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


def is_softmax(activation: Any) -> bool:
    """Whether an argument is the softmax function."""
    return name_of(activation) == "softmax"


def is_softmax_layer(layer: Declared) -> bool:
    """Whether a layer is nothing but softmax."""
    return layer.target.endswith("layers.Softmax") and layer.arguments.get("axis", -1) == -1


def has_one_unit(arguments: Any) -> bool:
    """Whether a layer's arguments ask for a single unit or filter."""
    return isinstance(arguments, dict) and 1 in (arguments.get("units"), arguments.get("filters"))


def _plain(name: str) -> str:
    return name.replace("_", "").lower().removesuffix("initializer")


def _declare(value: dict[str, Any]) -> Declared:
    target = value.get("_target_")
    arguments = {str(k): v for k, v in value.items() if k != "_target_"}
    return Declared("", target if isinstance(target, str) else "", arguments)


def _is_spread(value: dict[str, Any]) -> bool:
    """Whether a random initializer surely gives more than one value."""
    spreads = [value.get(name, 1) for name in SPREADS]
    if "minval" in value or "maxval" in value:
        low, high = value.get("minval"), value.get("maxval")
        known = isinstance(low, int | float) and isinstance(high, int | float)
        spreads.append(low != high if known else None)
    return all(isinstance(spread, int | float) and spread != 0 for spread in spreads)
