"""A model's layers in order, how wide they are, and where softmax has a single unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from runner.static.declared import LIBRARIES, Declared, name_of
from runner.static.facts import ConfigFacts
from runner.static.keras_names import CONVOLUTIONS, NOISE, RECURRENT, is_input, keras_name
from runner.static.row_facts import RowFacts

TOP = re.compile(r"model\.layers\[\d+\]")

KEEPING = frozenset(
    (*NOISE, "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "BatchNormalization", "Identity")
)
"""Layers whose outputs have the shape of their inputs."""

SEPARABLE = ("SeparableConv1D", "SeparableConv2D")


def find_chain(subject: ConfigFacts) -> tuple[Declared, ...]:
    """The layers of a known model in the order in which it applies them, without its input."""
    return tuple(each for each in subject.model if TOP.fullmatch(each.key) and not is_input(each))


def find_layers(subject: ConfigFacts) -> tuple[Declared, ...]:
    """All layers of a known model in that order, also those inside of others."""
    layers = (each for each in subject.model if keras_name(each, "layers"))
    return tuple(each for each in layers if not is_input(each))


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


def find_rank(rows: RowFacts) -> int | None:
    """How many axes a row has; None: not known."""
    return 1 if rows.plain else None


def find_lone_softmax(model: Iterable[Declared], rank: int | None) -> Iterator[tuple[str, str]]:
    """Yield (key of the layer, its argument) where softmax is over a single unit.

    Args:
        model: everything that it declares, outermost first.
        rank: see find_rank.

    Yields:
        The argument is empty where the layer itself is softmax.
    """
    before: dict[str, list[Declared]] = {}
    for each in model:
        place = each.key.rpartition("[")[0] if each.key.endswith("]") else each.key
        ahead = before.setdefault(place, [])
        given = each.arguments.get("activation")
        if is_softmax_layer(each):
            if ends_in_one_unit(ahead, rank if place == "model.layers" else None):
                yield each.key, "" if given is None else "activation"
        elif is_softmax(given) and _is_applied_last(each) and _asks_for_one(each):
            yield each.key, "activation"
        ahead.append(each)


def ends_in_one_unit(layers: Iterable[Declared], rank: int | None) -> bool:
    """Whether the last axis of what a sequence of layers gives is known to have the length 1.

    Args:
        layers: in the order in which they are applied.
        rank: axes of one input of theirs, None where it is not known.
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
            # Several places with a unit each become several units.
            one, rank = one and rank == 1, 1
        elif name == "Reshape" or is_input(layer):
            one, rank = _read_shape(layer)
        elif name not in KEEPING:
            one, rank = False, None
    return one


def is_softmax(activation: Any) -> bool:
    """Whether an argument is the softmax function."""
    if isinstance(activation, dict):
        target = activation.get("_target_")
        ours = isinstance(target, str) and target.partition(".")[0] in LIBRARIES
        return ours and name_of(activation) == "softmax"
    return isinstance(activation, str) and activation == "softmax"


def is_softmax_layer(layer: Declared) -> bool:
    """Whether a layer is nothing but softmax over the last axis."""
    name = keras_name(layer, "layers")
    if name == "Activation":
        return is_softmax(layer.arguments.get("activation"))
    return name == "Softmax" and bool(layer.arguments.get("axis", -1) == -1)


def _is_applied_last(layer: Declared) -> bool:
    """Whether a layer's activation is the last thing that it does to its outputs.

    LSTM and GRU multiply by gates afterwards, which depend on the input.
    """
    name = keras_name(layer, "layers") or ""
    return name in ("Dense", "SimpleRNN") or name in CONVOLUTIONS or name in SEPARABLE


def _asks_for_one(layer: Declared) -> bool:
    arguments = layer.arguments
    if "filters" in arguments:
        # Of channels that come first, the last axis is another one.
        return arguments["filters"] == 1 and arguments.get("data_format") != "channels_first"
    return bool(arguments.get("units") == 1)


def _read_shape(layer: Declared) -> tuple[bool, int | None]:
    shape = layer.arguments.get("target_shape", layer.arguments.get("shape"))
    if not isinstance(shape, list):
        return False, None
    return shape[-1:] == [1], len(shape)
