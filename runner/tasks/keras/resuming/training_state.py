"""Takes down the state of a training, part by part, so that two processes can compare it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from runner.record.fingerprint import digest, stable_names
from runner.tasks.keras.keras_internals import find_global_generator, is_generator_state
from runner.tasks.keras.resuming.callback_state import list_callback_state


class Kind(StrEnum):
    """Kinds of state that a training has, besides its place in the rows."""

    WEIGHTS = "weights"
    GENERATORS = "generators"
    """Seeds and counters of stochastic layers."""
    OPTIMIZER = "optimizer"
    """What the optimizer keeps of each weight, such as its momentum."""
    COUNT = "count"
    """The optimizer's number of steps."""
    SCHEDULE = "schedule"
    """The same where a schedule of the learning rate goes by it."""
    RATE = "rate"
    """The learning rate, where no schedule gives it."""
    AVERAGES = "averages"
    """Moving averages of the weights."""
    SCALE = "scale"
    """The scale of the loss in mixed precision."""
    CALLBACK = "callback"
    METRICS = "metrics"
    PYTHON = "python"
    """The global generator of Python's `random`."""
    NUMPY = "numpy"
    """The global generator of NumPy."""
    KERAS = "keras"
    """The global generator of Keras, from which code without a generator of its own draws."""


DRAWN = (Kind.GENERATORS, Kind.PYTHON, Kind.NUMPY, Kind.KERAS)
"""Kinds of state that matter only where something draws from them."""


@dataclass(frozen=True)
class StatePart:
    """One part of the state, such as a weight or the patience of a callback."""

    kind: Kind
    name: str
    digest: str
    blank: bool = False
    """Whether it is nothing but zeros, as it would be in a training that has only begun."""


State = list[StatePart]


def key_parts(state: State) -> dict[tuple[Kind, str | int], StatePart]:
    """Return a key, the same in every process, to each part of a state.

    Variables are told apart by their places, as a model that was loaded gives them other names.
    """
    keyed: dict[tuple[Kind, str | int], StatePart] = {}
    places: Counter[Kind] = Counter()
    for each in state:
        keyed[each.kind, each.name if each.kind is Kind.CALLBACK else places[each.kind]] = each
        places[each.kind] += 1
    return keyed


def find_moved(before: State, after: State) -> list[Kind]:
    """Return the kinds of generators of which one has drawn between two states."""
    first, last = key_parts(before), key_parts(after)
    moved = {
        kind
        for kind, place in first.keys() | last.keys()
        if kind in DRAWN and _digest_of(first, kind, place) != _digest_of(last, kind, place)
    }
    return [kind for kind in DRAWN if kind in moved]


def _digest_of(
    keyed: dict[tuple[Kind, str | int], StatePart], kind: Kind, place: str | int
) -> str | None:
    part = keyed.get((kind, place))
    return None if part is None else part.digest


def read_state(model: Any, callbacks: Sequence[Any]) -> State:
    """Take down the state of a training; nothing is drawn or changed.

    Args:
        model: the compiled model.
        callbacks: the callbacks that the config lists.
    """
    return [
        *_read_model(model),
        *_read_optimizer(model.optimizer),
        *_read_variables(Kind.METRICS, model.metrics_variables),
        *(
            StatePart(Kind.CALLBACK, name, each)
            for name, each in list_callback_state(callbacks).items()
        ),
        *_read_generators(),
    ]


def count_steps(model: Any) -> int:
    """Return the steps that the optimizer has counted; those of a loss scale may take none."""
    return int(model.optimizer.iterations.numpy())


def digest_progress(state: State) -> str:
    """Return the digest of weights and optimizer, which say how far a training has come."""
    kinds = (Kind.WEIGHTS, Kind.OPTIMIZER, Kind.COUNT, Kind.SCHEDULE, Kind.RATE, Kind.AVERAGES)
    parts = [each for each in state if each.kind in kinds]
    return digest(np.array([f"{each.kind} {each.digest}" for each in parts]))


def _read_model(model: Any) -> Iterator[StatePart]:
    variables = list(model.variables)
    names = stable_names([each.path for each in variables], model.name)
    for name, each in zip(names, variables, strict=True):
        kind = Kind.GENERATORS if is_generator_state(each) else Kind.WEIGHTS
        yield StatePart(kind, name, digest(each.numpy()))


def _read_optimizer(optimizer: Any) -> Iterator[StatePart]:
    variables = list(optimizer.variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    scheduled = not any(each.name == "learning_rate" for each in inner.variables)
    kinds = {
        "iteration": Kind.SCHEDULE if scheduled else Kind.COUNT,
        "learning_rate": Kind.RATE,
        "step_counter": Kind.SCALE,
        "dynamic_scale": Kind.SCALE,
    }
    for each in variables:
        averaged = each.name.endswith("_average")
        kind = kinds.get(each.name, Kind.AVERAGES if averaged else Kind.OPTIMIZER)
        yield _read_variable(kind, each)


def _read_variables(kind: Kind, variables: Sequence[Any]) -> Iterator[StatePart]:
    for each in variables:
        yield _read_variable(kind, each)


def _read_variable(kind: Kind, variable: Any) -> StatePart:
    value = np.asarray(variable.numpy())
    return StatePart(kind, variable.path, digest(value), not value.any())


def _read_generators() -> Iterator[StatePart]:
    _, numbers, gauss = random.getstate()
    yield StatePart(Kind.PYTHON, "random", digest(np.array(numbers), np.array([str(gauss)])))
    _, keys, *rest = np.random.get_state()  # noqa: NPY002
    yield StatePart(Kind.NUMPY, "numpy.random", digest(np.asarray(keys), np.array([str(rest)])))
    generator = find_global_generator()
    if generator is not None:
        yield StatePart(Kind.KERAS, "keras.random", digest(generator.state.numpy()))
