"""What the code takes from inside of Keras: the one place that an upgrade can break. Imports it.

A layer's call is replaced, its activation is read and replaced past Keras's tracking of attributes,
and variables of random generators are told by their name; arrays are read as `fit` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from runner.config.private_names import PrivateName, check_names, unknown_version

CONSEQUENCE = "its models cannot be followed"

NAMES = (
    PrivateName("keras", "Layer.__call__"),
    PrivateName("keras", "Operation.__call__"),
    PrivateName("keras", "Layer._flatten_layers"),
    PrivateName("keras.random", "SeedGenerator"),
    PrivateName(
        "keras.src.trainers.data_adapters.array_data_adapter", "ArrayDataAdapter.get_tf_dataset"
    ),
    PrivateName("keras.activations", "linear", ("x",)),
    PrivateName("keras.src.backend.common.global_state", "get_global_attribute", ("name",)),
)

GENERATOR_STATE = "seed_generator_state"
"""Keras's name of the variable that a stochastic layer keeps its seed and counter in."""

Call = Callable[..., Any]


def check_keras() -> None:
    """Check that Keras has what this module relies on, as far as that can be seen without a model.

    Raises:
        RunnerError: it has not; the message says what is missing.
    """
    check_names("Keras", NAMES, CONSEQUENCE)
    faults = [
        f"keras.{kind.__name__} has no __call__ of its own"
        for kind in (keras.Layer, keras.Operation)
        if "__call__" not in vars(kind)
    ]
    if faults:
        raise unknown_version("Keras", CONSEQUENCE, "; ".join(faults))


@contextmanager
def watched_calls(watch: Callable[[Call, Any, Any, Any], Any]) -> Iterator[None]:
    """While inside, each call of a layer or operation goes through `watch`.

    Args:
        watch: takes what Keras would call, the layer or operation, and positional and named
            arguments; returns what the call returns.
    """
    layer_call, operation_call = keras.Layer.__call__, keras.Operation.__call__

    def call_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return watch(layer_call, layer, args, kwargs)

    def call_operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
        # A layer is an operation too, and comes here on its own way.
        if isinstance(operation, keras.Layer):
            return operation_call(operation, *args, **kwargs)
        return watch(operation_call, operation, args, kwargs)

    keras.Layer.__call__, keras.Operation.__call__ = call_layer, call_operation
    try:
        yield
    finally:
        keras.Layer.__call__, keras.Operation.__call__ = layer_call, operation_call


def find_global_generator() -> Any | None:
    """Return the generator that code draws from which has none of its own; None: none was made."""
    from keras.src.backend.common import global_state

    return global_state.get_global_attribute("global_seed_generator")


def is_own_layer(layer: Any) -> bool:
    """Whether a layer or operation is one of Keras's, rather than somebody's own."""
    return type(layer).__module__.startswith("keras.")


def find_layers(model: Any, kinds: tuple[type, ...]) -> list[Any]:
    """Return the layers of some classes at any depth of a model, also those that wrappers hold."""
    return [each for each in model._flatten_layers() if isinstance(each, kinds)]


def read_as_fit(parts: tuple[Any, ...], batch_size: int, shuffle: bool) -> Any:
    """Return the dataset of batches that `fit` makes of arrays.

    Args:
        parts: (x, y) or (x, y, weights), arrays or nests of arrays.
        batch_size: rows of a batch.
        shuffle: whether the rows are shuffled.
    """
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    x, y, *weights = parts
    adapter = ArrayDataAdapter(x, y, *weights, batch_size=batch_size, shuffle=shuffle)
    return adapter.get_tf_dataset()


def find_adaptable(model: Any) -> list[Any]:
    """Return the layers at any depth of a model that learn from rows before it is trained."""
    kinds = tuple(
        kind
        for kind in vars(keras.layers).values()
        if isinstance(kind, type) and issubclass(kind, keras.Layer) and hasattr(kind, "adapt")
    )
    found = find_layers(model, kinds)
    # A TextVectorization adapts the StringLookup inside of it.
    inner = {id(part) for each in found for part in each._flatten_layers(include_self=False)}
    return [each for each in found if id(each) not in inner]


def find_metrics(model: Any) -> list[Any]:
    """Return the metrics that a model was compiled with, as Keras made them of names and shapes."""
    return [each for group in model.metrics for each in getattr(group, "metrics", [])]


def find_direction(metric: Any) -> str | None:
    """Return `up` or `down`, the direction in which a metric improves; None where it says none."""
    direction = getattr(metric, "_direction", None)
    return direction if direction in ("up", "down") else None


def find_activation(layer: Any) -> Callable[..., Any] | None:
    """Find the activation that is the last step of a layer of Keras's; None where it has none.

    In a layer of somebody's own, an activation need not come last.
    """
    found = vars(layer).get("activation")
    return found if is_own_layer(layer) and callable(found) else None


@contextmanager
def activation_left_out(layer: Any) -> Iterator[None]:
    """While inside, a layer for which `find_activation` finds one gives what it is applied to."""
    held = vars(layer)
    own = held["activation"]
    # Past Keras's tracking of attributes, which has no part in this.
    held["activation"] = keras.activations.linear
    try:
        yield
    finally:
        held["activation"] = own


def takes_mean_away(layer: Any) -> bool:
    """Whether a layer is exactly LayerNormalization, and does not only scale."""
    exact = type(layer) is keras.layers.LayerNormalization
    return exact and not vars(layer).get("rms_scaling")


def is_generator_state(variable: Any) -> bool:
    """Whether a variable of a model is the seed and counter of a random generator."""
    return bool(variable.name == GENERATOR_STATE)


def find_generator_states(model: Any) -> list[Any]:
    """Find the seeds and counters of a model's random generators, in the model's order.

    Raises:
        RunnerError: a generator of one of Keras's own layers is not among them, so that this Keras
            calls them something else.
    """
    found = [variable for variable in model.variables if is_generator_state(variable)]
    for layer in filter(is_own_layer, model.layers):
        generator = getattr(layer, "seed_generator", None)
        if not isinstance(generator, keras.random.SeedGenerator):
            continue
        if not any(generator.state is each for each in found):
            fault = f"{layer.name} has a generator, but no variable named {GENERATOR_STATE}"
            raise unknown_version("Keras", "its masks cannot be seeded", fault)
    return found
