"""Follows one call of a model from layer to layer, to find where its outputs got a fault.

Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.data.nest import Nest, leaves
from runner.numeric.bitwise import Array, Tolerance, compare_arrays
from runner.numeric.verdicts import State
from runner.record.fingerprint import stable_names
from runner.record.reasons import Clause
from runner.tasks.keras.causes.layer_causes import Blame, Called
from runner.tasks.keras.keras_internals import Call, watched_calls
from runner.tasks.to_numpy import widen


def is_number(dtype: np.dtype[Any]) -> bool:
    """Return whether arrays of a type are numbers that can be compared."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


@dataclass(frozen=True)
class ProbeRows:
    """The rows of the probe, which tell whether a tensor still depends on the input."""

    probe: Nest
    """The inputs (input, ...): one array, or a nest of arrays."""
    others: npt.NDArray[np.intp]
    """Indices of rows that differ in bits from the first row: only these can show a dependence."""
    tolerance: Tolerance

    @classmethod
    def of(cls, probe: Nest, tolerance: Tolerance) -> ProbeRows:
        """Find the rows of a probe (input, ...) that differ from the first one."""
        differ = np.logical_or.reduce([_find_unlike_first(each) for each in leaves(probe)])
        return cls(probe, np.flatnonzero(differ), tolerance)

    @property
    def numbers(self) -> Array | None:
        """Return the probe if it is one array of numbers (input, ...); None otherwise."""
        single = isinstance(self.probe, np.ndarray) and is_number(self.probe.dtype)
        return self.probe if single else None

    @property
    def count(self) -> int:
        """Return the number of inputs."""
        return len(leaves(self.probe)[0])

    def read(self, value: Any) -> Array | None:
        """Return a tensor as a NumPy array (input, ...).

        None if it is not an array of numbers with one row per input.
        """
        # A tensor in a graph that is being traced has no value yet.
        if isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
            value = widen(value.numpy())
        if not isinstance(value, np.ndarray) or not is_number(value.dtype):
            return None
        return value if value.shape[:1] == (self.count,) else None

    def ignored(self, values: Array) -> bool:
        """Return whether an array (input, ...) is the same for every input, up to rounding.

        False if that cannot be measured, because no two rows of the probe differ.
        """
        flat = values.reshape(len(values), -1)
        states = (compare_arrays(flat[i], flat[0], self.tolerance) for i in self.others)
        return bool(self.others.size) and all(s in (State.SAME, State.ROUNDING) for s in states)


def _find_unlike_first(array: Array) -> npt.NDArray[np.bool_]:
    """Return which rows (row,) of an array (row, ...) differ in bits from the first one."""
    flat = np.ascontiguousarray(array).reshape(len(array), -1)
    if not flat.dtype.hasobject:
        flat = flat.view(np.uint8)
    unlike: npt.NDArray[np.bool_] = (flat != flat[:1]).any(axis=1)
    return unlike


@dataclass(frozen=True)
class Fault:
    """A fault that is looked for in the tensors of a call."""

    name: str
    """Name of the fault in clauses: same, narrow or nonfinite."""
    has: Callable[[ProbeRows, Array], bool]
    """Returns whether an array (input, ...) has the fault."""
    follows: Callable[[int, int], bool]
    """Returns whether inputs explain a faulty result, given how many of how many are faulty."""
    blame: Callable[[Called], Blame]
    """Finds why the result of a layer has the fault when its inputs do not explain it."""


@dataclass
class _Frame:
    """A model that is being called, whose layers are being followed."""

    reasons: tuple[Blame, ...]
    """Why the inputs of the model have the fault; empty if they have not."""
    layers: int = 0
    """Number of layers inside the model that were followed."""


@dataclass
class Flow:
    """One call of a model on the probe, followed to find where a fault comes from.

    Nested models are followed inside. Any other layer, such as a recurrent layer with its cell, is
    treated as a unit. Only tensors with the fault are kept, so memory stays near that of a plain
    call.
    """

    model: Any
    """A keras.Model that is built."""
    fault: Fault
    rows: ProbeRows
    _names: dict[int, str] = field(default_factory=dict)
    """`id` of a layer to its name."""
    _known: dict[int, tuple[Any, tuple[Blame, ...]]] = field(default_factory=dict)
    """`id` of a faulty tensor to the tensor and the reasons; the tensor is held to keep its id."""
    _frames: list[_Frame] = field(default_factory=list)
    _within: bool = False
    """Whether the call is inside a layer that is treated as a unit."""

    def follow(self, training: bool | None, start: Blame | None) -> Any:
        """Call the model on the probe, and watch every layer.

        Args:
            training: The Keras argument of the same name.
            start: Why the probe has the fault; None if it has not.

        Returns:
            What the model returned.
        """
        self._names = name_layers(self.model)
        self._frames = [_Frame((start,) if start else ())]
        with watched_calls(self._call):
            return self.model(self.rows.probe, training=training)

    def explain(self, tensors: Sequence[Any], reaches: str | None = None) -> tuple[Blame, ...]:
        """Return why tensors have the fault, at least one reason, in the order it arose.

        Args:
            tensors: Tensors that all have the fault.
            reaches: The layer that receives them; None means that the model returns them.
        """
        known: list[Blame] = []
        for each in tensors:
            for blame in self._known.get(id(each), (None, ()))[1]:
                if blame.shown not in [one.shown for one in known]:
                    known.append(blame)
        code = "returned" if reaches is None else "reaches"
        unknown = Blame((Clause(code, reaches or "", {"fault": self.fault.name}),))
        return tuple(known) or self._frames[-1].reasons or (unknown,)

    def _call(self, call: Call, layer: Any, args: Any, kwargs: Any) -> Any:
        if self._within:
            return call(layer, *args, **kwargs)
        if isinstance(layer, keras.Model):
            return self._call_model(call, layer, args, kwargs)
        return self._call_layer(call, layer, args, kwargs)

    def _call_layer(self, call: Call, layer: Any, args: Any, kwargs: Any) -> Any:
        """Call a layer or an operation, and keep which results have the fault and why."""

        def again() -> Array | None:
            return self.rows.read(call(layer, *args, **kwargs))

        def stretch(factor: float) -> Array | None:
            wider = tf.nest.map_structure(lambda each: self._stretch(each, factor), (args, kwargs))
            try:
                return self.rows.read(call(layer, *wider[0], **wider[1]))
            except Exception:  # a layer may refuse inputs as unusual as these
                return None

        self._within = True
        try:
            result = call(layer, *args, **kwargs)
            name = self._names.get(id(layer), layer.name)
            inputs, faulty = self._look((args, kwargs))
            self._frames[-1].layers += bool(inputs)
            for tensor, values in self._find_new(result):
                reasons = self.explain(faulty, name) if faulty else ()
                if inputs and not self.fault.follows(len(faulty), len(inputs)):
                    called = Called(layer, name, inputs, values, again, stretch, self.rows.ignored)
                    reasons = (*reasons, self.fault.blame(called))
                self._known[id(tensor)] = (tensor, reasons)
        finally:
            self._within = False
        return result

    def _call_model(self, call: Call, model: Any, args: Any, kwargs: Any) -> Any:
        """Call a model. Its layers give the reasons, unless the model itself computes something."""
        name = "the model"
        frame = self._frames[0]
        if model is not self.model:
            name = self._names.get(id(model), model.name)
            inputs, faulty = self._look((args, kwargs))
            follows = inputs and self.fault.follows(len(faulty), len(inputs))
            frame = _Frame(self.explain(faulty, name) if follows else ())
        self._frames.append(frame)
        result = call(model, *args, **kwargs)
        self._frames.pop()
        self._frames[-1].layers += frame.layers
        for tensor, _ in self._find_new(result):
            made = Clause("made-of-results", name, {"fault": self.fault.name})
            own = Blame((made if frame.layers else Clause("not-followed", name),))
            self._known[id(tensor)] = (tensor, frame.reasons or (own,))
        return result

    def _look(self, arguments: Any) -> tuple[list[Array], list[Any]]:
        """Return the values of tensors with one row per input, and the tensors with the fault."""
        read = [(each, self.rows.read(each)) for each in tf.nest.flatten(arguments)]
        rows = [(tensor, values) for tensor, values in read if values is not None]
        faulty = [tensor for tensor, values in rows if self.fault.has(self.rows, values)]
        return [values for _, values in rows], faulty

    def _stretch(self, each: Any, factor: float) -> Any:
        """Multiply the differences of floats (input, ...) from the first row; keep all else."""
        values = self.rows.read(each)
        if values is None or values.dtype.kind != "f":
            return each
        tensor = tf.convert_to_tensor(each)
        return tensor[:1] + (tensor - tensor[:1]) * tf.cast(factor, tensor.dtype)

    def _find_new(self, result: Any) -> Iterator[tuple[Any, Array]]:
        """Yield the tensors of a result that have the fault and are not yet known."""
        for tensor in tf.nest.flatten(result):
            values = self.rows.read(tensor)
            if values is None or id(tensor) in self._known:
                continue
            if self.fault.has(self.rows, values):
                yield tensor, values


def name_layers(model: Any) -> dict[int, str]:
    """Return `id` of each layer, at any depth, to the prefix of its weights in fingerprints."""
    layers, paths = [], [v.path for v in model.variables]
    variables = len(paths)
    for layer, location in _walk(model, ()):
        weights = getattr(layer, "weights", ())
        path = weights[0].path.removeprefix(f"{model.name}/") if weights else ""
        parts = path.split("/")
        if layer.name in parts:
            location = tuple(parts[: parts.index(layer.name) + 1])
        layers.append(layer)
        paths.append("/".join(location))
    names = stable_names(paths, model.name)[variables:]
    return {id(layer): name for layer, name in zip(layers, names, strict=True)}


def _walk(model: Any, above: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield each layer and operation of a model, with its name after those of the models above."""
    # A functional model also has operations; `operations` holds its layers too.
    inside = dict.fromkeys((*model.layers, *getattr(model, "operations", ())))
    for each in inside:
        here = (*above, each.name)
        yield each, here
        if isinstance(each, keras.Model):
            yield from _walk(each, here)
