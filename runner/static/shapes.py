"""Finds a model's layers in order, how wide they are, and where softmax has a single unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from runner.static.declared import LIBRARIES, Declared, name_of
from runner.static.facts import ConfigFacts
from runner.static.keras_names import CONVOLUTIONS, NOISE, RECURRENT, is_input, keras_name
from runner.static.row_facts import RowFacts

TOP_LAYER = re.compile(r"model\.layers\[\d+\]")
"""Matches the key of a layer that is not inside of another."""

KEEPING = frozenset(
    (*NOISE, "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "BatchNormalization", "Identity")
)
"""Layers whose outputs have the shape of their inputs."""

SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
"""Separable convolutions, which have two kernels."""


def find_chain(subject: ConfigFacts) -> tuple[Declared, ...]:
    """Return the outer layers of a known model in order, without its input."""
    return tuple(
        each for each in subject.model if TOP_LAYER.fullmatch(each.key) and not is_input(each)
    )


def find_layers(subject: ConfigFacts) -> tuple[Declared, ...]:
    """Return all layers of a known model in order, also those inside of others."""
    layers = (each for each in subject.model if keras_name(each, "layers"))
    return tuple(each for each in layers if not is_input(each))


def find_width(chain: Iterable[Declared], key: str | None = None) -> int:
    """Return the units or filters of the last layer that has any.

    Args:
        chain: layers in order.
        key: key of a layer at which to stop; None: all layers count.

    Returns:
        0 where no layer has any, or the value is not a number.
    """
    width: Any = 0
    for layer in chain:
        if layer.key == key:
            break
        width = layer.arguments.get("units", layer.arguments.get("filters", width))
    return width if isinstance(width, int) else 0


def find_rank(rows: RowFacts) -> int | None:
    """Return how many axes a row has; None: not known."""
    return 1 if rows.plain else None


def find_lone_softmax(model: Iterable[Declared], rank: int | None) -> Iterator[tuple[str, str]]:
    """Find where softmax is over a single unit.

    Args:
        model: all callables that a model declares, outermost first.
        rank: axes of a row; None: not known.

    Yields:
        The key of the layer, and the name of its argument that is softmax, which is empty where
        the layer itself is.
    """
    before: dict[str, list[Declared]] = {}
    for each in model:
        sequence = each.key.rpartition("[")[0] if each.key.endswith("]") else each.key
        ahead = before.setdefault(sequence, [])
        given = each.arguments.get("activation")
        if is_softmax_layer(each):
            if ends_in_one_unit(ahead, rank if sequence == "model.layers" else None):
                yield each.key, "" if given is None else "activation"
        elif is_softmax(given) and _is_applied_last(each) and _asks_for_one(each):
            yield each.key, "activation"
        ahead.append(each)


def ends_in_one_unit(layers: Iterable[Declared], rank: int | None) -> bool:
    """Return whether the last axis of a sequence's outputs is known to have length 1.

    Args:
        layers: layers in the order in which they are applied.
        rank: axes of one input of the sequence; None: not known.
    """
    one = False
    for layer in layers:
        name = keras_name(layer, "layers") or ""
        if name == "Dense":
            one = _asks_for_one(layer)
        elif name in CONVOLUTIONS or name in SEPARABLE:
            one, rank = _asks_for_one(layer), None
        elif name in RECURRENT:
            one = _asks_for_one(layer)
            rank = None if layer.arguments.get("return_sequences") else 1
        elif name == "Flatten":
            # Several positions with one unit each become several units.
            one, rank = one and rank == 1, 1
        elif name == "Reshape" or is_input(layer):
            one, rank = _read_shape(layer)
        elif name not in KEEPING:
            one, rank = False, None
    return one


def is_softmax(activation: Any) -> bool:
    """Return whether the value of an argument is the softmax function."""
    if isinstance(activation, dict):
        target = activation.get("_target_")
        ours = isinstance(target, str) and target.partition(".")[0] in LIBRARIES
        return ours and name_of(activation) == "softmax"
    return isinstance(activation, str) and activation == "softmax"


def is_softmax_layer(layer: Declared) -> bool:
    """Return whether a layer is nothing but softmax over the last axis."""
    name = keras_name(layer, "layers")
    if name == "Activation":
        return is_softmax(layer.arguments.get("activation"))
    return name == "Softmax" and bool(layer.arguments.get("axis", -1) == -1)


def _is_applied_last(layer: Declared) -> bool:
    """Return whether a layer's outputs are those of its activation.

    LSTM and GRU multiply them by gates, which depend on the input.
    """
    name = keras_name(layer, "layers") or ""
    return name in ("Dense", "SimpleRNN") or name in CONVOLUTIONS or name in SEPARABLE


def _asks_for_one(layer: Declared) -> bool:
    """Return whether a layer is given one unit, or one filter on the last axis."""
    arguments = layer.arguments
    if "filters" in arguments:
        # Where channels come first, the last axis is another one.
        return arguments["filters"] == 1 and arguments.get("data_format") != "channels_first"
    return bool(arguments.get("units") == 1)


def _read_shape(layer: Declared) -> tuple[bool, int | None]:
    """Return whether a declared shape ends in 1, and its rank; None where it is not a list."""
    shape = layer.arguments.get("target_shape", layer.arguments.get("shape"))
    if not isinstance(shape, list):
        return False, None
    return shape[-1:] == [1], len(shape)
