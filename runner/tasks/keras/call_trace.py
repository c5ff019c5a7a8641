"""One call of a model followed from layer to layer, to where its outputs got a fault.

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

from runner.numeric.bitwise import Tolerance, compare_arrays
from runner.numeric.verdicts import State
from runner.record.fingerprint import stable_names
from runner.record.reasons import Clause
from runner.tasks.keras.keras_internals import Call, watched_calls
from runner.tasks.keras.layer_causes import Array, Blame, Called


def is_number(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a type can be compared."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


@dataclass(frozen=True)
class ProbeRows:
    """The probe, and when something made of it still depends on it."""

    probe: Array
    """(input, ...)"""
    others: npt.NDArray[np.intp]
    """Rows that are no bitwise copy of the first: only they can show a dependence."""
    tolerance: Tolerance

    @classmethod
    def of(cls, probe: Array, tolerance: Tolerance) -> ProbeRows:
        """Find the rows that count."""
        flat = np.ascontiguousarray(probe).reshape(len(probe), -1)
        if not flat.dtype.hasobject:
            flat = flat.view(np.uint8)
        return cls(probe, np.flatnonzero((flat != flat[:1]).any(axis=1)), tolerance)

    def read(self, value: Any) -> Array | None:
        """(input, ...) as NumPy; None for what is no array of numbers with a row for each input."""
        # A tensor of a graph that is being traced has no value yet.
        if isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
            exact = tf.cast(value, tf.float32) if value.dtype == tf.bfloat16 else value
            value = exact.numpy()
        if not isinstance(value, np.ndarray) or not is_number(value.dtype):
            return None
        return value if value.shape[:1] == (len(self.probe),) else None

    def ignored(self, values: Array) -> bool:
        """Whether (input, ...) is the same for every input, up to rounding; False: not measured."""
        flat = values.reshape(len(values), -1)
        states = (compare_arrays(flat[i], flat[0], self.tolerance) for i in self.others)
        return bool(self.others.size) and all(s in (State.SAME, State.ROUNDING) for s in states)


@dataclass(frozen=True)
class Fault:
    """What is looked for in the tensors of a call."""

    name: str
    """Its name in clauses: same, narrow or nonfinite."""
    has: Callable[[ProbeRows, Array], bool]
    """Whether (input, ...) has it."""
    follows: Callable[[int, int], bool]
    """Whether a result has it because of its inputs: how many of them have it, of how many."""
    blame: Callable[[Called], Blame]
    """Why the result of a layer has it where that does not follow from the inputs."""


@dataclass
class _Frame:
    """A model that is being called, with layers inside."""

    reasons: tuple[Blame, ...]
    """Why its inputs have the fault, and with them all inside; empty where they have not."""
    layers: int = 0
    """Layers inside that were followed."""


@dataclass
class Flow:
    """Where a fault comes from in one call of a model on the probe.

    Nested models are followed into; any other layer, such as a recurrent one with its cell, is one
    place. Kept are tensors with the fault only, so that memory stays near that of a plain call.
    """

    model: Any
    """Built."""
    fault: Fault
    rows: ProbeRows
    _names: dict[int, str] = field(default_factory=dict)
    """id of a layer to its name."""
    _known: dict[int, tuple[Any, tuple[Blame, ...]]] = field(default_factory=dict)
    """id of a tensor with the fault to the tensor, which keeps the id its own, and to why."""
    _frames: list[_Frame] = field(default_factory=list)
    _within: bool = False
    """Whether what is called is part of a layer that is one place."""

    def follow(self, training: bool, start: Blame | None) -> Any:
        """Call the model on the probe, in a mode.

        Args:
            training: as in Keras.
            start: why the inputs have the fault; None when they have not.

        Returns:
            What the model returned.
        """
        self._names = name_layers(self.model)
        self._frames = [_Frame((start,) if start else ())]
        with watched_calls(self._call):
            return self.model(self.rows.probe, training=training)

    def explain(self, tensors: Sequence[Any], reaches: str | None = None) -> tuple[Blame, ...]:
        """Why tensors have the fault, in the order in which they got it; at least one reason.

        Args:
            tensors: all have it.
            reaches: the layer that they reach; None: the model returns them.
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
        """Call a layer or an operation, and note which results have the fault and why."""

        def again() -> Array | None:
            return self.rows.read(call(layer, *args, **kwargs))

        def stretch(factor: float) -> Array | None:
            wider = tf.nest.map_structure(lambda each: self._stretch(each, factor), (args, kwargs))
            try:
                return self.rows.read(call(layer, *wider[0], **wider[1]))
            except Exception:  # a layer may refuse inputs that nobody would give it
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
        """Call a model, whose layers say why, unless it does more than to call them."""
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
        """Values of tensors with a row for each input, and those tensors that have the fault."""
        read = [(each, self.rows.read(each)) for each in tf.nest.flatten(arguments)]
        found = [(tensor, values) for tensor, values in read if values is not None]
        faulty = [tensor for tensor, values in found if self.fault.has(self.rows, values)]
        return [values for _, values in found], faulty

    def _stretch(self, each: Any, factor: float) -> Any:
        """(input, ...) further from its first row; anything but floats as it is."""
        values = self.rows.read(each)
        if values is None or values.dtype.kind != "f":
            return each
        tensor = tf.convert_to_tensor(each)
        return tensor[:1] + (tensor - tensor[:1]) * tf.cast(factor, tensor.dtype)

    def _find_new(self, result: Any) -> Iterator[tuple[Any, Array]]:
        """Tensors of a result that have the fault, and of which nothing is known yet."""
        for tensor in tf.nest.flatten(result):
            values = self.rows.read(tensor)
            if values is None or id(tensor) in self._known:
                continue
            if self.fault.has(self.rows, values):
                yield tensor, values


def name_layers(model: Any) -> dict[int, str]:
    """Id of each layer, at any depth, to the name that fingerprints of its weights begin with."""
    layers, paths = [], [v.path for v in model.variables]
    variables = len(paths)
    for layer, place in _walk(model, ()):
        weights = getattr(layer, "weights", ())
        path = weights[0].path.removeprefix(f"{model.name}/") if weights else ""
        parts = path.split("/")
        if layer.name in parts:
            place = tuple(parts[: parts.index(layer.name) + 1])
        layers.append(layer)
        paths.append("/".join(place))
    names = stable_names(paths, model.name)[variables:]
    return {id(layer): name for layer, name in zip(layers, names, strict=True)}


def _walk(model: Any, place: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Layers and operations of a model, and the names on the way to each."""
    # A functional model has operations besides its layers; of those the layers come first.
    inside = dict.fromkeys((*model.layers, *getattr(model, "operations", ())))
    for each in inside:
        here = (*place, each.name)
        yield each, here
        if isinstance(each, keras.Model):
            yield from _walk(each, here)
