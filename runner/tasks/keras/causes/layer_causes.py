"""Finds why one layer gives the same output for every input, or NaN or infinities.

A cause is named only if the layer tells inputs apart once that cause is removed. Imports
TensorFlow.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from runner.numeric.bitwise import Array
from runner.record.reasons import Clause, Join, Number, at_most, between, count
from runner.tasks.keras.keras_internals import (
    activation_left_out,
    find_activation,
    takes_mean_away,
)

EXTREME_RATIO = 100.0
"""Factor by which the largest magnitude must be off the usual one, either way, to be suspected as a
cause; the layer is then tried again at the usual magnitude."""

SHRINK_RATIO = 1000.0
"""Factor by which a layer must shrink the differences between inputs to be blamed for it."""

BLOCKING_WEIGHTS = ("kernel", "depthwise_kernel", "pointwise_kernel", "embeddings", "gamma")
"""Names of weights that block every input when they are zero."""

RECTIFIED = ("relu", "relu6")
"""Activations that are 0 for every negative number."""

ACTIVATION_LIMITS = {
    "sigmoid": (0, 1),
    "hardsigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "hardtanh": (-1, 1),
    "softsign": (-1, 1),
    "relu6": (0, 6),
}
"""Activation to the limits (lower, upper) of its values."""

ONE_UNIT_OUTPUTS = {"softmax": 1, "logsoftmax": 0}
"""Activation over the units of a row to the value that it gives where there is only one unit."""


@dataclass(frozen=True)
class Blame:
    """A layer at fault, what was seen there, and its cause if one was found."""

    seen: tuple[Clause, ...]
    """What was seen; empty if the layer is not at fault."""
    cause: Clause | None = None
    """The weights of the layer that cause the fault; None if none were found to."""
    scalable: bool = False
    """Whether inputs of another scale could remove the fault."""
    input_spread: float | None = None
    """Largest difference between the layer's inputs, if the layer would tell them apart if they
    differed by 1: then something before it shrank the differences. None if that was not seen."""
    shrinks_differences: bool = False
    """Whether this layer shrank the differences so far that later layers see none."""

    @property
    def shown(self) -> Blame:
        """Return the blame with numbers rounded as shown, so that calls of a layer may agree."""
        seen = tuple(each.rounded for each in self.seen)
        return replace(self, seen=seen, cause=self.cause and self.cause.rounded)


@dataclass(frozen=True)
class Called:
    """One call of a layer on the probe."""

    layer: Any
    """A keras.Layer, or a keras.Operation in a functional model."""
    name: str
    inputs: list[Array]
    """The layer's arguments that have the shape (input, ...)."""
    outputs: Array
    """The layer's result, of shape (input, ...)."""
    again: Callable[[], Array | None]
    """Calls the layer again on the same arguments. Returns None if the result cannot be read."""
    stretch: Callable[[float], Array | None]
    """Calls the layer on inputs whose differences from the first one are multiplied by a factor.
    Returns None if the call fails or its result cannot be read."""
    ignored: Callable[[Array], bool]
    """Returns whether an array (input, ...) is the same for every input, up to rounding."""

    @property
    def activation(self) -> str | None:
        """Name of the activation that is the last step of a layer; None without one."""
        return name_activation(self.layer)

    @property
    def label(self) -> str:
        """Return the layer's name, followed by its activation in brackets if it has one."""
        return f"{self.name} ({self.activation})" if self.activation else self.name

    @property
    def kind(self) -> str:
        """Return the final activation, or else the layer's class, in lower case, such as `relu`."""
        return name_kind(self.layer)


def name_activation(layer: Any) -> str | None:
    """Return the name of the activation that is the last step of a layer; None without one."""
    found = find_activation(layer)
    if found is None:
        return None
    name = str(getattr(found, "__name__", type(found).__name__))
    return None if name == "linear" else name


def name_kind(layer: Any) -> str:
    """Return the final activation, or else the layer's class, in lower case, such as `relu`."""
    return (name_activation(layer) or type(layer).__name__).lower().replace("_", "")


def blame_collapse(called: Called) -> Blame:
    """Find why a layer gives the same output for every input although its inputs differ."""
    certain = (
        _find_nonfinite_weights(called) or _find_over_one_unit(called) or _find_zero_weights(called)
    )
    if certain is not None:
        return certain
    sums = _find_sums(called)
    cause, fixed = _find_cause(called, sums), _find_fixed_output(called, sums)
    if fixed is not None:
        return Blame(fixed, cause, scalable=True)
    return Blame(
        (_find_same_output(called),), cause, scalable=True, input_spread=_find_input_spread(called)
    )


def blame_narrowing(called: Called) -> Blame:
    """Find why a layer's outputs differ much less between inputs than what it received.

    Several layers may each shrink the differences somewhat. A layer is blamed only if it shrinks
    them by SHRINK_RATIO; otherwise `seen` is empty.
    """
    alone = _find_over_one_unit(called)
    if alone is not None:
        return replace(alone, shrinks_differences=True)
    given, left = max(map(find_spread, called.inputs)), find_spread(called.outputs)
    if not left * SHRINK_RATIO <= given < np.inf:
        return Blame(())
    numbers = {"left": at_most(left), "given": at_most(given)}
    cause = _find_cause(called, _find_sums(called))
    narrowed = Clause("narrowed", called.label, numbers=numbers)
    return Blame((narrowed,), cause, scalable=True, shrinks_differences=True)


def blame_nonfinite(called: Called) -> Blame:
    """Find why a layer gives NaN or infinities although its inputs are finite."""
    broken = _find_nonfinite_weights(called)
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
    """Return the largest |a-b| between the first row of an array (input, ...) and any other row.

    NaN and infinity are returned as they come.
    """
    wide = values.reshape(len(values), -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.abs(wide - wide[:1]).max(initial=0))


def _find_nonfinite_weights(called: Called) -> Blame | None:
    """Blame weights that are not finite; None if all are."""
    for name, values in _weights(called.layer):
        if not np.isfinite(values).all():
            words = {"weight": name}
            numbers = _count_nonfinite(values)
            return Blame((Clause("weights-nonfinite", called.label, words, numbers),))
    return None


def _find_over_one_unit(called: Called) -> Blame | None:
    """Blame a softmax or a layer normalization over a single unit, which no input gets through."""
    outputs, value = called.outputs, ONE_UNIT_OUTPUTS.get(called.kind)
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


def _find_zero_weights(called: Called) -> Blame | None:
    """Blame weights that are all zero and thereby block every input; None if there are none."""
    alike: dict[str, list[bool]] = defaultdict(list)
    for name, values in _weights(called.layer):
        alike[name].append(values.size > 0 and not values.any())
    for name in BLOCKING_WEIGHTS:
        # A layer made of others lets inputs through if only one of its kernels does.
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
    return called.inputs[0] if alone and called.kind in (*ACTIVATION_LIMITS, *RECTIFIED) else None


def _find_input_spread(called: Called) -> float | None:
    """Return the spread of the inputs if the layer tells wider ones apart; see `Blame`."""
    apart = max(map(find_spread, called.inputs))
    if not 0 < apart < 1 / EXTREME_RATIO:
        return None
    stretched = called.stretch(1 / apart)
    if stretched is None or not np.isfinite(stretched).all() or called.ignored(stretched):
        return None
    return apart


def _find_fixed_output(called: Called, sums: Array | None) -> tuple[Clause, ...] | None:
    """Describe a shared output that many inputs would give, such as a saturated or a dead unit.

    Returns:
        What was seen; None if the shared output is an ordinary one.
    """
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


def _find_same_output(called: Called) -> Clause:
    """Describe an ordinary output that all inputs share, exactly or up to rounding."""
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
    """Return the limits of the activation that outputs are at; empty unless all are at a limit."""
    if kind not in ACTIVATION_LIMITS or outputs.dtype.kind != "f":
        return []
    slack = max(1e-6, 4 * float(np.finfo(outputs.dtype).eps))
    at = {limit: np.abs(outputs - limit) <= slack for limit in ACTIVATION_LIMITS[kind]}
    everywhere = np.logical_or(*at.values()).all()
    return [limit for limit, there in at.items() if there.any()] if everywhere else []


def _find_cause(called: Called, sums: Array | None) -> Clause | None:
    """Find a bias or a kernel that hides the differences between inputs; None if neither does.

    The layer would tell inputs apart without that bias, or with that kernel at a usual scale.
    """
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
    # An overflow is no help: `helps` requires finite values.
    with np.errstate(invalid="ignore", over="ignore"):
        bare = sums - bias
        if helps(bare):
            return Clause("through-bias", numbers={"bias": between(bias.min(), bias.max())})
        extreme = reach and not 1 / EXTREME_RATIO < reach / usual < EXTREME_RATIO
        if extreme and helps(bare / reach * usual + bias):
            return Clause("through-kernel", numbers={"reach": at_most(reach)})
    return None


def _usual_reach(kernel: Array) -> float:
    """Return the largest magnitude of a kernel (..., in, out) under Keras's default initializer.

    It is the limit of Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks", section 4.2.1.
    """
    *window, fan_in, fan_out = (1, 1, *kernel.shape)[-max(kernel.ndim, 2) :]
    return math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))


def _weights(layer: Any) -> list[tuple[str, Array]]:
    """Return name and values of each weight; an operation of a functional model has none."""
    return [(str(v.name), _values(v)) for v in getattr(layer, "weights", ())]


def _values(variable: Any) -> Array:
    values: Array = variable.numpy()
    # NumPy has no bfloat16 of its own; float32 holds each bfloat16 exactly.
    return values if values.dtype.kind in "biuf" else values.astype(np.float32)
