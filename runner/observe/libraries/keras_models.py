"""Watches the models of Keras: what reaches training, what it starts from and what comes out."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from runner.observe.generators.given_seeds import settle_own
from runner.observe.generators.tensorflow_random import GENERATOR
from runner.observe.libraries.keras_inside import ADAPTERS, ADAPTERS_PACKAGE, is_generator_state
from runner.observe.libraries.row_digests import PassDigest
from runner.observe.read_files import ReadFiles
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements, Wrapper
from runner.observe.user_frames import caller
from runner.record.fingerprint import digest, stable_names
from runner.record.timeline import EventKind


class KerasWatch:
    """What is known of the models of a script."""

    def __init__(self, recorder: Recorder, reads: ReadFiles) -> None:
        self.recorder = recorder
        self.reads = reads
        self.fits = 0
        """Number of trainings that began."""
        self.metrics: dict[str, float] = {}
        """The metrics that were measured last."""
        self.history: dict[str, list[float]] = {}
        """What Keras logged in the last training, by epoch."""
        self.predicted: Any = None
        """The predictions that were made last."""
        self.predicted_at = 0
        """When that was."""
        self.inputs: Any = None
        """The inputs that they were made of."""
        self.last_weights: list[Any] = []
        """The weights that were trained last."""
        self.trained_at = 0
        """When that training began."""
        self._depth = 0
        self._pass: PassDigest | None = None
        """The rows of the epoch that is being trained; None outside of training."""
        self._expecting = False
        """Whether the next data set that Keras makes is that of training."""

    @property
    def prefix(self) -> str:
        """The beginning of the names of stages of the current training."""
        return f"fit[{self.fits - 1}]/" if self.fits > 1 else ""

    @contextmanager
    def inside(self) -> Iterator[bool]:
        """Yield whether a call is the outermost one of Keras's that is watched."""
        self._depth += 1
        try:
            yield self._depth == 1
        finally:
            self._depth -= 1

    def reach(self, stages: dict[str, str]) -> None:
        """Record stages of the current training."""
        self.recorder.reach({f"{self.prefix}{stage}": each for stage, each in stages.items()})

    def begin_pass(self) -> None:
        """Begin an epoch."""
        self._pass = PassDigest()

    def end_pass(self, epoch: int, logs: dict[str, Any] | None) -> None:
        """End an epoch, with what Keras logged of it."""
        stages = {}
        if self._pass is not None and self._pass.batches:
            stages = self._pass.fingerprints(epoch)
        self.begin_pass()
        numbers = _find_numbers(logs or {})
        for name, value in {"epoch": float(epoch), **numbers}.items():
            self.history.setdefault(name, []).append(value)
        shown = [f"{name}={value!r}" for name, value in sorted(numbers.items())]
        self.reach(stages | {f"logs/{epoch}": digest(np.array(shown))})

    def take_batch(self, parts: list[Any]) -> None:
        """Record a batch that training takes."""
        if self._pass is not None:
            with self.recorder.quiet():
                self._pass.add(parts)

    def begin_training(self) -> None:
        """Begin a training by `fit`."""
        self.fits += 1
        self.trained_at = self.recorder.tick()
        self.history = {}
        self._expecting = True

    def end_training(self) -> None:
        """End it."""
        self._pass, self._expecting = None, False

    def take_expected(self) -> bool:
        """Return whether a data set that is made now is that of training, once."""
        expected, self._expecting = self._expecting, False
        return expected


def watch(recorder: Recorder, replacements: Replacements, reads: ReadFiles) -> KerasWatch:
    """Watch the models of Keras, as soon as it is imported."""
    watched = KerasWatch(recorder, reads)
    replacements.when_imported("keras", lambda keras: _watch(keras, watched, replacements))
    return watched


def _watch(keras: ModuleType, watched: KerasWatch, replacements: Replacements) -> None:
    model = keras.Model
    replacements.replace(model, "fit", lambda function: _wrap_fit(keras, function, watched))
    replacements.replace(model, "evaluate", lambda function: _wrap_evaluate(function, watched))
    replacements.replace(model, "predict", lambda function: _wrap_predict(function, watched))
    replacements.replace(model, "load_weights", lambda f: _wrap_load(f, "load_weights", watched))
    for module in (keras.models, keras.saving):
        replacements.replace(module, "load_model", lambda f: _wrap_load(f, "load_model", watched))
    replacements.replace(
        keras.optimizers.Optimizer, "build", lambda function: _wrap_build(function, watched)
    )
    # A class has several names there.
    for kind in dict.fromkeys(filter(inspect.isclass, vars(keras.initializers).values())):
        if "seed" in inspect.signature(kind).parameters:
            replacements.replace(kind, "__init__", _make_initializer_wrapper(kind, watched))
    for module, name in ADAPTERS.items():
        _watch_adapters(module, name, watched, replacements)


def _make_initializer_wrapper(kind: type, watched: KerasWatch) -> Wrapper:
    """Return what records the seed that an initializer is given by the user; one may be shared."""
    call = f"keras.initializers.{kind.__name__}"
    parameters = list(inspect.signature(kind).parameters)

    def wrap(function: Any) -> Any:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            given = dict(zip(parameters, args, strict=False)) | kwargs
            if given.get("seed") is not None and type(self) is kind:
                used = settle_own(watched.recorder, caller(1), call, given["seed"])
                if used is not given["seed"]:
                    args, kwargs = (), {**given, "seed": used}
            function(self, *args, **kwargs)

        return __init__

    return wrap


def _watch_adapters(
    module: str, name: str, watched: KerasWatch, replacements: Replacements
) -> None:
    def act(adapters: ModuleType) -> None:
        _watch_adapter(getattr(adapters, name, None), watched, replacements)

    replacements.when_imported(f"{ADAPTERS_PACKAGE}.{module}", act)


def _wrap_fit(keras: ModuleType, function: Any, watched: KerasWatch) -> Any:
    recorder = watched.recorder

    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        with watched.inside() as outermost:
            if not outermost or recorder.is_quiet:
                return function(self, *args, **kwargs)
            watched.begin_training()
            x = args[0] if args else kwargs.get("x")
            y = args[1] if len(args) > 1 else kwargs.get("y")
            with recorder.quiet():
                watched.reach(describe_arrays(keras, {"x": x, "y": y}))
            if kwargs.get("shuffle", True) and _is_array(x):
                known = recorder.seeds.get(GENERATOR)
                recorder.note(
                    caller(1),
                    EventKind.DRAW,
                    "fit",
                    lambda: {
                        "through": "keras",
                        "generator": GENERATOR,
                        "value": "" if known is None else f"seed {known}",
                        "seeded": known is not None,
                    },
                )
            callbacks = _add_callback(keras, kwargs.get("callbacks"), watched)
            try:
                result = function(self, *args, **{**kwargs, "callbacks": callbacks})
            finally:
                watched.end_training()
            with recorder.quiet():
                watched.reach(fingerprint_weights("weights", self))
            watched.last_weights = list(self.trainable_variables)
            return result

    return fit


def _add_callback(keras: ModuleType, given: Any, watched: KerasWatch) -> Any:
    """Return what `fit` was given as callbacks, with ours behind."""
    ours = _make_callback(keras, watched)
    if isinstance(given, keras.callbacks.CallbackList):
        given.append(ours)
        return given
    if given is None:
        return [ours]
    return [*(given if isinstance(given, list | tuple) else [given]), ours]


def _make_callback(keras: ModuleType, watched: KerasWatch) -> Any:
    class Watching(keras.callbacks.Callback):  # type: ignore[misc,name-defined]
        """Tells when training begins and an epoch ends."""

        def on_train_begin(self, logs: Any = None) -> None:
            # A model that is built with its first batch has no weights that can be read before.
            with watched.recorder.quiet():
                watched.reach(fingerprint_weights("init", self.model))
            watched.begin_pass()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            watched.end_pass(epoch, logs)

    return Watching()


def _wrap_load(function: Any, call: str, watched: KerasWatch) -> Any:
    """Record a file of weights that is read by code that Python does not see."""

    def load(*args: Any, **kwargs: Any) -> Any:
        for each in [*args, *kwargs.values()]:
            if isinstance(each, str | os.PathLike):
                watched.reads.note(caller(1), call, os.fspath(each))
        return function(*args, **kwargs)

    return load


def _wrap_evaluate(function: Any, watched: KerasWatch) -> Any:
    def evaluate(self: Any, *args: Any, **kwargs: Any) -> Any:
        with watched.inside() as outermost:
            result = function(self, *args, **kwargs)
            if outermost and not watched.recorder.is_quiet:
                with watched.recorder.quiet():
                    found = self.get_metrics_result()
                watched.metrics = _find_numbers(found)
            return result

    return evaluate


def _find_numbers(values: dict[str, Any]) -> dict[str, float]:
    """Return the values that are single numbers, by name."""
    return {str(name): float(value) for name, value in values.items() if np.ndim(value) == 0}


def _wrap_predict(function: Any, watched: KerasWatch) -> Any:
    def predict(self: Any, *args: Any, **kwargs: Any) -> Any:
        with watched.inside() as outermost:
            result = function(self, *args, **kwargs)
            if outermost and not watched.recorder.is_quiet:
                watched.predicted, watched.predicted_at = result, watched.recorder.tick()
                watched.inputs = args[0] if args else kwargs.get("x")
            return result

    return predict


def _wrap_build(function: Any, watched: KerasWatch) -> Any:
    """Record the weights with which a loop of the user's own begins."""

    def build(self: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = watched.recorder
        if not watched._depth and not recorder.is_quiet and not getattr(self, "built", False):
            held = list(variables)
            with recorder.quiet():
                watched.fits += 1
                watched.trained_at = recorder.tick()
                watched.last_weights = held
                watched.reach(fingerprint_variables("init", held))
        return function(self, variables, *args, **kwargs)

    return build


def _watch_adapter(adapter: Any, watched: KerasWatch, replacements: Replacements) -> None:
    if adapter is None or "get_tf_dataset" not in vars(adapter):
        return

    def wrap(function: Any) -> Any:
        def get_tf_dataset(self: Any) -> Any:
            made = function(self)
            if watched.recorder.is_quiet or not watched.take_expected():
                return made
            return watch_batches(made, watched.take_batch, watched.recorder)

        return get_tf_dataset

    replacements.replace(adapter, "get_tf_dataset", wrap)


def watch_batches(dataset: Any, take: Any, recorder: Recorder) -> Any:
    """Return a data set whose batches are handed to a function as they are taken.

    Args:
        dataset: of batches, in any nest.
        take: called with a list of arrays for each batch.
        recorder: is told to look away meanwhile.
    """
    tf = sys.modules["tensorflow"]

    def hand_over(*leaves: Any) -> np.int64:
        take(list(leaves))
        return np.int64(0)

    def pass_on(*batch: Any) -> Any:
        leaves = tf.nest.flatten(batch, expand_composites=True)
        tf.numpy_function(hand_over, leaves, tf.int64, stateful=True)
        return batch[0] if len(batch) == 1 else batch

    with recorder.quiet():
        return dataset.map(pass_on)


def describe_arrays(keras: ModuleType, parts: dict[str, Any]) -> dict[str, str]:
    """Return the stage `data/NAME` of each part that is an array or a nest of arrays."""
    stages = {}
    for name, part in parts.items():
        if not _is_array(part):
            continue
        leaves = keras.tree.flatten(part)
        try:
            arrays = [np.asarray(leaf) for leaf in leaves]
        except (TypeError, ValueError):
            continue
        stages[f"data/{name}"] = digest(*arrays)
    return stages


def _is_array(value: Any) -> bool:
    """Return whether `fit` reads a value as arrays, and so shuffles its rows."""
    if isinstance(value, dict):
        return bool(value) and all(map(_is_array, value.values()))
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_array, value))
    return hasattr(value, "__array__") and hasattr(value, "shape")


def fingerprint_weights(kind: str, model: Any) -> dict[str, str]:
    """Return a stage for each variable of a model, by its name; and for each generator's state."""
    return fingerprint_variables(kind, list(model.variables), model.name)


def fingerprint_variables(kind: str, variables: list[Any], model: str = "") -> dict[str, str]:
    """Return a stage for each variable, by its name; none if the values cannot be read yet."""
    values = [read_value(each) for each in variables]
    # Inside of a function that is being traced for the first time, variables have no values.
    if any(value.shape != tuple(v.shape) for value, v in zip(values, variables, strict=True)):
        return {}
    names = stable_names([each.path for each in variables], model)
    stages = {}
    for name, each, value in zip(names, variables, values, strict=True):
        state = is_generator_state(each)
        if state and kind != "init":
            continue
        stages[f"{'dropout' if state else kind}/{name}"] = digest(value)
    return stages


def read_value(variable: Any) -> Any:
    """Return the value of a variable, also while a graph is being traced."""
    value = getattr(variable, "value", variable)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not hasattr(value, "numpy"):
        return np.asarray(variable)
    with tensorflow.init_scope():
        return np.asarray(value.numpy())
