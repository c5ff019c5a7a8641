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
class Reason:
    """Where something happened to every output, and what was seen there."""

    text: str
    cause: str = ""
    """Which of the layer's weights brings it about; empty where none was found to."""
    scalable: bool = False
    """Whether inputs of another scale could change it."""
    faint: float | None = None
    """How far the layer's inputs differ, where it would tell apart inputs that differed by 1: then
    something before it shrank the differences. None where that was not seen."""
    earlier: bool = False
    """Whether it is the layer that shrank them, which makes what follows unable to tell apart."""


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
        found = vars(self.layer).get("activation")
        # In a layer of the user's own, an activation need not come last.
        if not type(self.layer).__module__.startswith("keras.") or not callable(found):
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


def blame_collapse(called: Called) -> Reason:
    """Why a layer gives the same for every input though its inputs differ."""
    broken = _find_broken(called)
    if broken is not None:
        return broken
    alone = _find_over_one_unit(called)
    if alone is not None:
        return alone
    zero = _find_zero(called)
    if zero is not None:
        return Reason(f"{called.label}: its {zero} all zeros")
    sums = _find_sums(called)
    cause, seen = _find_cause(called, sums), _describe_fixed(called, sums)
    if seen is not None:
        return Reason(f"{called.label}: {seen}", cause, scalable=True)
    text = f"{called.label}: {_describe_same(called)}"
    return Reason(text, cause, scalable=True, faint=_find_faint(called))


def blame_narrowing(called: Called) -> Reason:
    """Why what a layer gives differs so little between inputs; no text where it shrank it little.

    Others do the rest, so that a layer is to blame only where it does nearly all of it.
    """
    alone = _find_over_one_unit(called)
    if alone is not None:
        return replace(alone, earlier=True)
    given, left = max(map(find_spread, called.inputs)), find_spread(called.outputs)
    if not left * SHARP <= given < np.inf:
        return Reason("")
    text = (
        f"its outputs differ by at most {left:.3g}, too little for what follows, though its own"
        f" inputs differ (by at most {given:.3g})"
    )
    cause = _find_cause(called, _find_sums(called))
    return Reason(f"{called.label}: {text}", cause, scalable=True, earlier=True)


def blame_nonfinite(called: Called) -> Reason:
    """Why a layer gives NaN or infinities though its inputs are finite."""
    broken = _find_broken(called)
    if broken is not None:
        return broken
    bad = np.count_nonzero(~np.isfinite(called.outputs))
    reach = max((float(np.abs(each).max()) for each in called.inputs if each.size), default=None)
    inputs = "inputs" if reach is None else f"inputs (up to {reach:.3g})"
    weights = " and weights" if _weights(called.layer) else ""
    text = f"{bad} of {called.outputs.size} outputs are NaN or infinite"
    return Reason(f"{called.label}: {text}, though its {inputs}{weights} are finite")


def find_spread(values: Array) -> float:
    """Largest |a-b| between the first row of (input, ...) and any other; NaN or infinity too."""
    wide = values.reshape(len(values), -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.abs(wide - wide[:1]).max(initial=0))


def _find_broken(called: Called) -> Reason | None:
    """Weights that are not finite."""
    for name, values in _weights(called.layer):
        bad = np.count_nonzero(~np.isfinite(values))
        if bad:
            text = f"its {name} is NaN or infinite ({bad} of {values.size} values)"
            return Reason(f"{called.label}: {text}")
    return None


def _find_over_one_unit(called: Called) -> Reason | None:
    """Softmax over one unit, or its normalization by itself, which nothing gets through."""
    outputs, value = called.outputs, OVER_ONE_UNIT.get(called.kind)
    if value is not None and outputs.shape[-1] == 1 and (outputs == value).all():
        shown = called.activation or called.kind
        return Reason(f"{called.name} ({shown} over one unit): it is {value} whatever comes in")
    layer = called.layer
    # Exactly it: a layer derived from it, or one that only scales, need not take the mean away.
    plain = type(layer) is keras.layers.LayerNormalization and not vars(layer).get("rms_scaling")
    if not plain or not np.isfinite(outputs).all():
        return None
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if any(outputs.shape[axis] != 1 for axis in axes):
        return None
    left = "0" if layer.beta is None else "its beta"
    text = f"it is {left} whatever comes in, up to rounding"
    return Reason(f"{called.name} (LayerNormalization over one unit): {text}")


def _find_zero(called: Called) -> str | None:
    """`kernel is`: the weights without which nothing of an input gets through."""
    alike: dict[str, list[bool]] = defaultdict(list)
    for name, values in _weights(called.layer):
        alike[name].append(values.size > 0 and not values.any())
    for name in CUTTING:
        # A layer made of others lets inputs through where one of several kernels does.
        if alike[name] and all(alike[name]):
            verb = "are" if name.endswith("s") else "is"
            return f"{name} {verb}" if len(alike[name]) == 1 else f"weights named {name} are"
    return None


def _find_sums(called: Called) -> Array | None:
    """(input, ...): what the activation was applied to; None where that is not known."""
    held = vars(called.layer)
    if "activation" in held and type(called.layer).__module__.startswith("keras."):
        own = held["activation"]
        # Past Keras's tracking of attributes, which has no part in this.
        held["activation"] = keras.activations.linear
        try:
            return called.again()
        finally:
            held["activation"] = own
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


def _describe_fixed(called: Called, sums: Array | None) -> str | None:
    """What the same output for every input is, where it is one that many inputs have."""
    outputs, kind = called.outputs, called.kind
    units = outputs.shape[-1] if outputs.ndim > 1 else 1
    subject = "its unit is" if units == 1 else f"all {units} units are"
    before = f"before {called.activation}" if called.activation else "before it"
    bad = np.count_nonzero(~np.isfinite(outputs))
    if bad:
        return f"{bad} of {outputs.size} outputs are NaN or infinite, the same for every input"
    if kind in RECTIFIED and not outputs.any():
        seen = "" if sums is None else f" ({before} at most {sums.max():.3g})"
        return f"{subject} 0 for every input{seen}"
    at = _find_limits(kind, outputs)
    if at:
        seen = "" if sums is None else f" ({before} {_range(sums)})"
        if kind == "softmax" and outputs.ndim == 2:
            one = int(outputs[0].argmax())
            return f"saturated, unit {one} of {units} is 1 and the others 0 for every input{seen}"
        where = " or ".join(map(str, at))
        return f"{subject} saturated at {where} for every input{seen}"
    if not outputs.any():
        return "all its outputs are 0 for every input though its own inputs differ"
    return None


def _describe_same(called: Called) -> str:
    """What the same output for every input is, where it is any other."""
    largest = find_spread(called.outputs)
    rounding = f" up to rounding (differences of at most {largest:.3g})" if largest else ""
    apart = max(map(find_spread, called.inputs))
    return (
        f"gives the same for every input{rounding} though its own inputs differ"
        f" (by at most {apart:.3g})"
    )


def _find_limits(kind: str, outputs: Array) -> list[int]:
    """The limits of the activation that outputs are at; empty unless all of them are at one."""
    if kind not in LIMITS or outputs.dtype.kind != "f":
        return []
    slack = max(1e-6, 4 * float(np.finfo(outputs.dtype).eps))
    at = {limit: np.abs(outputs - limit) <= slack for limit in LIMITS[kind]}
    everywhere = np.logical_or(*at.values()).all()
    return [limit for limit, there in at.items() if there.any()] if everywhere else []


def _find_cause(called: Called, sums: Array | None) -> str:
    """The weights without which, or at a usual scale, the layer would tell inputs apart."""
    layer = called.layer
    if sums is None or getattr(layer, "kernel", None) is None:
        return ""
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return ""
    activation = vars(layer)["activation"]
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
            return f", through its bias ({_range(bias)})"
        extreme = reach and not 1 / EXTREME < reach / usual < EXTREME
        if extreme and helps(bare / reach * usual + bias):
            return f", through its kernel (up to {reach:.3g})"
    return ""


def _usual_reach(kernel: Array) -> float:
    """How far a kernel (..., in, out) reaches that is drawn as Keras does when nothing is said.

    The limit of Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks", section 4.2.1.
    """
    *places, received, made = (1, 1, *kernel.shape)[-max(kernel.ndim, 2) :]
    return math.sqrt(6 / (math.prod(places) * (received + made)))


def _range(values: Array) -> str:
    low, high = f"{values.min():.3g}", f"{values.max():.3g}"
    return low if low == high else f"{low} to {high}"


def _weights(layer: Any) -> list[tuple[str, Array]]:
    """Name and values of each weight; an operation of a functional model has none."""
    return [(str(v.name), _values(v)) for v in getattr(layer, "weights", ())]


def _values(variable: Any) -> Array:
    values: Array = variable.numpy()
    # NumPy has no bfloat16 of its own; float32 holds each of its values exactly.
    return values if values.dtype.kind in "biuf" else values.astype(np.float32)
