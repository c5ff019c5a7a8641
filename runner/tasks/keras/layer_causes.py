"""Why one layer gives the same for every input, or NaN or infinities, from what was seen of it.

A cause is named only where the layer tells inputs apart without it. Imports TensorFlow.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from runner.record.reasons import Clause, Join, Number, at_most, between, count
from runner.tasks.keras.keras_internals import (
    activation_left_out,
    find_activation,
    takes_mean_away,
)

Array: TypeAlias = npt.NDArray[Any]

EXTREME = 100.0
"""So far from a usual reach, or from its inverse, numbers are tried at a usual one as well."""

SHARP = 1000.0
"""How often smaller what a layer gives must differ than what it got, to say that it shrank it."""

CUTTING = ("kernel", "depthwise_kernel", "pointwise_kernel", "embeddings", "gamma")
"""Weights that let nothing through when they are zero."""

RECTIFIED = ("relu", "relu6")
"""Activations that are 0 for all that is negative."""

LIMITS = {
    "sigmoid": (0, 1),
    "hardsigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "hardtanh": (-1, 1),
    "softsign": (-1, 1),
    "relu6": (0, 6),
}
"""Between what an activation stays."""

OVER_ONE_UNIT = {"softmax": 1, "logsoftmax": 0}
"""What an activation over the units of a row gives where there is only one."""


@dataclass(frozen=True)
class Blame:
    """Where something happened to every output, and what was seen there."""

    seen: tuple[Clause, ...]
    cause: Clause | None = None
    """Which of the layer's weights brings it about; None where none was found to."""
    scalable: bool = False
    """Whether inputs of another scale could change it."""
    faint: float | None = None
    """How far the layer's inputs differ, where it would tell apart inputs that differed by 1: then
    something before it shrank the differences. None where that was not seen."""
    earlier: bool = False
    """Whether it is the layer that shrank them, which makes what follows unable to tell apart."""

    @property
    def shown(self) -> Blame:
        """The same with the digits that are shown, in which several calls of a layer may agree."""
        seen = tuple(each.rounded for each in self.seen)
        return replace(self, seen=seen, cause=self.cause and self.cause.rounded)


@dataclass(frozen=True)
class Called:
    """One call of a layer on the probe."""

    layer: Any
    """A keras.Layer, or a keras.Operation in a functional model."""
    name: str
    inputs: list[Array]
    """Those of shape (input, ...)."""
    outputs: Array
    """(input, ...)"""
    again: Callable[[], Array | None]
    """Calls the layer once more on the same; None when what it returns cannot be read."""
    stretch: Callable[[float], Array | None]
    """Calls it on inputs whose differences from the first one are so many times as large; None also
    where it fails on them."""
    ignored: Callable[[Array], bool]
    """Whether (input, ...) is the same for every input, up to rounding."""

    @property
    def activation(self) -> str | None:
        """Name of the activation that is the last step of a layer; None without one."""
        found = find_activation(self.layer)
        if found is None:
            return None
        name = str(getattr(found, "__name__", type(found).__name__))
        return None if name == "linear" else name

    @property
    def label(self) -> str:
        """Its name, with the activation that is part of it."""
        return f"{self.name} ({self.activation})" if self.activation else self.name

    @property
    def kind(self) -> str:
        """What it ends with, or is itself, such as `relu`: in small letters only."""
        return (self.activation or type(self.layer).__name__).lower().replace("_", "")


def blame_collapse(called: Called) -> Blame:
    """Why a layer gives the same for every input though its inputs differ."""
    certain = _find_broken(called) or _find_over_one_unit(called) or _find_zero(called)
    if certain is not None:
        return certain
    sums = _find_sums(called)
    cause, fixed = _find_cause(called, sums), _find_fixed(called, sums)
    if fixed is not None:
        return Blame(fixed, cause, scalable=True)
    return Blame((_find_same(called),), cause, scalable=True, faint=_find_faint(called))


def blame_narrowing(called: Called) -> Blame:
    """Why what a layer gives differs so little between inputs; nothing seen where it does not.

    Others do the rest, so that a layer is to blame only where it does nearly all of it.
    """
    alone = _find_over_one_unit(called)
    if alone is not None:
        return replace(alone, earlier=True)
    given, left = max(map(find_spread, called.inputs)), find_spread(called.outputs)
    if not left * SHARP <= given < np.inf:
        return Blame(())
    numbers = {"left": at_most(left), "given": at_most(given)}
    cause = _find_cause(called, _find_sums(called))
    narrowed = Clause("narrowed", called.label, numbers=numbers)
    return Blame((narrowed,), cause, scalable=True, earlier=True)


def blame_nonfinite(called: Called) -> Blame:
    """Why a layer gives NaN or infinities though its inputs are finite."""
    broken = _find_broken(called)
    if broken is not None:
        return broken
    numbers = _count_nonfinite(called.outputs)
    reach = max((float(np.abs(each).max()) for each in called.inputs if each.size), default=None)
    if reach is not None:
        numbers["reach"] = at_most(reach)
    weighted = bool(_weights(called.layer))
    if reach is None:
        code = "nonfinite-of-weights" if weighted else "nonfinite-of-nothing"
    else:
        code = "nonfinite-despite-weights" if weighted else "nonfinite"
    return Blame((Clause(code, called.label, numbers=numbers),))


def find_spread(values: Array) -> float:
    """Largest |a-b| between the first row of (input, ...) and any other; NaN or infinity too."""
    wide = values.reshape(len(values), -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.abs(wide - wide[:1]).max(initial=0))


def _find_broken(called: Called) -> Blame | None:
    """Weights that are not finite."""
    for name, values in _weights(called.layer):
        if not np.isfinite(values).all():
            words = {"weight": name}
            numbers = _count_nonfinite(values)
            return Blame((Clause("weights-nonfinite", called.label, words, numbers),))
    return None


def _find_over_one_unit(called: Called) -> Blame | None:
    """Softmax over one unit, or its normalization by itself, which nothing gets through."""
    outputs, value = called.outputs, OVER_ONE_UNIT.get(called.kind)
    if value is not None and outputs.shape[-1] == 1 and (outputs == value).all():
        where = f"{called.name} ({called.activation or called.kind} over one unit)"
        return Blame((Clause("one-unit", where, numbers={"value": count(value)}),))
    layer = called.layer
    # A layer derived from it, or one that only scales, need not take the mean away.
    if not takes_mean_away(layer) or not np.isfinite(outputs).all():
        return None
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if any(outputs.shape[axis] != 1 for axis in axes):
        return None
    where = f"{called.name} (LayerNormalization over one unit)"
    left = "0" if layer.beta is None else "its beta"
    return Blame((Clause("one-unit-normalized", where, {"left": left}),))


def _find_zero(called: Called) -> Blame | None:
    """The weights without which nothing of an input gets through."""
    alike: dict[str, list[bool]] = defaultdict(list)
    for name, values in _weights(called.layer):
        alike[name].append(values.size > 0 and not values.any())
    for name in CUTTING:
        # A layer made of others lets inputs through where one of several kernels does.
        if alike[name] and all(alike[name]):
            code = "weights-zero" if name.endswith("s") else "weight-zero"
            code = code if len(alike[name]) == 1 else "weights-of-one-name-zero"
            return Blame((Clause(code, called.label, {"weight": name}),))
    return None


def _find_sums(called: Called) -> Array | None:
    """(input, ...): what the activation was applied to; None where that is not known."""
    if find_activation(called.layer) is not None:
        with activation_left_out(called.layer):
            return called.again()
    alone = len(called.inputs) == 1 and called.inputs[0].shape == called.outputs.shape
    return called.inputs[0] if alone and called.kind in (*LIMITS, *RECTIFIED) else None


def _find_faint(called: Called) -> float | None:
    """See Reason.faint."""
    apart = max(map(find_spread, called.inputs))
    if not 0 < apart < 1 / EXTREME:
        return None
    stretched = called.stretch(1 / apart)
    if stretched is None or not np.isfinite(stretched).all() or called.ignored(stretched):
        return None
    return apart


def _find_fixed(called: Called, sums: Array | None) -> tuple[Clause, ...] | None:
    """What the same output for every input is, where it is one that many inputs have."""
    outputs, kind, where = called.outputs, called.kind, called.label
    units = outputs.shape[-1] if outputs.ndim > 1 else 1
    several = {"units": count(units)} if units != 1 else {}
    subject = "units" if several else "unit"
    before = {"what": called.activation or "it"}
    if not np.isfinite(outputs).all():
        return (Clause("same-nonfinite", where, numbers=_count_nonfinite(outputs)),)
    if kind in RECTIFIED and not outputs.any():
        dead = Clause(f"{subject}-dead", where, numbers=several)
        if sums is None:
            return (dead,)
        return (dead, Clause("before-most", words=before, numbers={"sums": at_most(sums.max())}))
    at = _find_limits(kind, outputs)
    if at:
        if kind == "softmax" and outputs.ndim == 2:
            one = count(int(outputs[0].argmax()), Join.UNIT)
            numbers = {"unit": one, "units": count(units)}
            saturated = Clause("softmax-saturated", where, numbers=numbers)
        else:
            limits = {"limits": Number(min(at), max(at), Join.LIMITS)}
            saturated = Clause(f"{subject}-saturated", where, numbers={**several, **limits})
        if sums is None:
            return (saturated,)
        numbers = {"sums": between(sums.min(), sums.max())}
        return (saturated, Clause("before-range", words=before, numbers=numbers))
    return None if outputs.any() else (Clause("zero", where),)


def _find_same(called: Called) -> Clause:
    """What the same output for every input is, where it is any other."""
    largest = find_spread(called.outputs)
    numbers = {"apart": at_most(max(map(find_spread, called.inputs)))}
    if not largest:
        return Clause("same", called.label, numbers=numbers)
    return Clause(
        "same-up-to-rounding", called.label, numbers={"largest": at_most(largest), **numbers}
    )


def _count_nonfinite(values: Array) -> dict[str, Number]:
    bad = int(np.count_nonzero(~np.isfinite(values)))
    return {"bad": count(bad, Join.RANGE), "size": count(values.size)}


def _find_limits(kind: str, outputs: Array) -> list[int]:
    """The limits of the activation that outputs are at; empty unless all of them are at one."""
    if kind not in LIMITS or outputs.dtype.kind != "f":
        return []
    slack = max(1e-6, 4 * float(np.finfo(outputs.dtype).eps))
    at = {limit: np.abs(outputs - limit) <= slack for limit in LIMITS[kind]}
    everywhere = np.logical_or(*at.values()).all()
    return [limit for limit, there in at.items() if there.any()] if everywhere else []


def _find_cause(called: Called, sums: Array | None) -> Clause | None:
    """The weights without which, or at a usual scale, the layer would tell inputs apart."""
    layer = called.layer
    if sums is None or getattr(layer, "kernel", None) is None:
        return None
    activation = find_activation(layer)
    if activation is None or getattr(layer, "data_format", None) == "channels_first":
        return None
    bias = np.zeros(1) if getattr(layer, "bias", None) is None else _values(layer.bias)

    def helps(others: Array) -> bool:
        changed = activation(keras.ops.convert_to_tensor(others.astype(sums.dtype)))
        values = _values(changed)
        return bool(np.isfinite(values).all()) and not called.ignored(values)

    kernel = _values(layer.kernel)
    reach, usual = float(np.abs(kernel).max()), _usual_reach(kernel)
    # What overflows helps nobody, as `helps` sees.
    with np.errstate(invalid="ignore", over="ignore"):
        bare = sums - bias
        if helps(bare):
            return Clause("through-bias", numbers={"bias": between(bias.min(), bias.max())})
        extreme = reach and not 1 / EXTREME < reach / usual < EXTREME
        if extreme and helps(bare / reach * usual + bias):
            return Clause("through-kernel", numbers={"reach": at_most(reach)})
    return None


def _usual_reach(kernel: Array) -> float:
    """How far a kernel (..., in, out) reaches that is drawn as Keras does when nothing is said.

    The limit of Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks", section 4.2.1.
    """
    *places, received, made = (1, 1, *kernel.shape)[-max(kernel.ndim, 2) :]
    return math.sqrt(6 / (math.prod(places) * (received + made)))


def _weights(layer: Any) -> list[tuple[str, Array]]:
    """Name and values of each weight; an operation of a functional model has none."""
    return [(str(v.name), _values(v)) for v in getattr(layer, "weights", ())]


def _values(variable: Any) -> Array:
    values: Array = variable.numpy()
    # NumPy has no bfloat16 of its own; float32 holds each of its values exactly.
    return values if values.dtype.kind in "biuf" else values.astype(np.float32)
