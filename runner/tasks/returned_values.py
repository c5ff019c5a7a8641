"""Turns the arrays and numbers that the user's own training returns into the result of a run."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runner.config.schema import AXES
from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.numeric.labels import class_labels
from runner.record.fingerprint import digest, row_ids
from runner.record.record import NAMES, RunArrays
from runner.tasks.run_result import RunResult
from runner.tasks.to_numpy import NamedArray, to_array, to_named, unify

INPUTS, TARGETS, STAGES = "inputs", "targets", "stages"
"""Reserved names in what a training returns; all other arrays are outputs."""


@dataclass(frozen=True)
class Returned:
    """The outputs, metrics and stages of one build."""

    outputs: Array
    """Array of shape (build, call, input, unit); the first axis has length 1 unless the training
    returns several builds at once."""
    metrics: dict[str, float]
    stages: dict[str, str]
    """Stage to digest, in the order given. NAMES comes last, if the outputs have names, with a
    stage for each of several outputs."""
    inputs: Array | None
    """The probe, of shape (input, ...); None if it was not given."""
    targets: Array | None
    """Class labels of the probe, of shape (input,); None if they were not given."""


def read_returned(value: Any, key: str, axes: Sequence[str], calls: int) -> Returned:
    """Sort the values of a mapping into outputs, metrics and stages.

    Numbers are metrics. Arrays are outputs of shape (input, unit), unless `axes` says otherwise;
    further axes are flattened into units, and several arrays are concatenated along the units. A
    callable without arguments is called `calls` times and returns one array per call. `inputs` and
    `targets` are arrays; `stages` maps a stage to an array, a number or a text. All arrays are
    copied, and every value is held exactly or refused.

    Args:
        value: The mapping that was returned or read.
        key: The config key that errors name.
        axes: Names of the leading axes of each array, out of AXES, ending in input or unit.
        calls: How often a callable is called.

    Raises:
        ConfigError: The value is not such a mapping, or its arrays do not fit each other.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(key, "must give a mapping of arrays and numbers", type(value).__name__)
    if len({str(name) for name in value}) < len(value):
        raise ConfigError(key, "must give different names", ", ".join(map(str, value)))
    special = {name: value[name] for name in (INPUTS, TARGETS, STAGES) if name in value}
    # The probe is copied before any callable runs, which could change the memory it views.
    probe = {name: _read_probe(special[name], name, key) for name in special if name != STAGES}
    stages = {f"data/{name}": digest(rows) for name, rows in probe.items()}
    stages = _merge_stages(stages, special.get(STAGES, {}), key)
    metrics: dict[str, float] = {}
    outputs: list[Array] = []
    names: list[tuple[str, ...]] = []
    for name, each in value.items():
        if name in special:
            continue
        where = f"{key}: {name}"
        number = read_number(each, where)
        if number is not None:
            metrics[str(name)] = number
            continue
        named = (
            _call_outputs(each, where, axes, calls)
            if callable(each)
            else _shape_outputs(each, where, axes)
        )
        outputs.append(named.values)
        names.append((str(name), *named.names))
    if not outputs:
        rule = "must give at least one array of outputs, with a row for each input"
        hint = "A single number is a metric" if metrics else None
        raise ConfigError(key, rule, ", ".join(map(str, value)) or "nothing", hint)
    if len(names) > 1 or len(names[0]) > 1:
        stages[NAMES] = _digest_stage(json.dumps(names))
    if len(names) > 1:
        # Of several outputs, so that those are named in which runs part.
        parts = zip(names, outputs, strict=True)
        stages |= {f"outputs/{name}": digest(values) for (name, *_), values in parts}
    targets = probe.get(TARGETS)
    return Returned(
        _join_units(outputs, key),
        metrics,
        stages,
        probe.get(INPUTS),
        None if targets is None else class_labels(targets),
    )


def join_builds(builds: Sequence[Returned], key: str) -> RunResult:
    """Combine the builds of one run into its result.

    Args:
        builds: What each build gave, at least one.
        key: The config key that errors name.

    Raises:
        ConfigError: The builds differ in shape, or the probe has not one row per row of outputs.
    """
    shapes = {each.outputs.shape[1:] for each in builds}
    if len(shapes) > 1:
        raise ConfigError(key, "must give the same shapes in each build", sorted(shapes))
    outputs = np.concatenate([each.outputs for each in builds])
    first = builds[0]
    # Files may hold several builds at once, with one set of metrics and stages for all of them.
    repeated = [each for each in builds for _ in range(len(each.outputs))]
    ids = (
        np.arange(outputs.shape[2], dtype=np.uint64)
        if first.inputs is None
        else row_ids(first.inputs)
    )
    if len(ids) != outputs.shape[2]:
        rule = "must give one row of inputs for each row of outputs"
        raise ConfigError(key, rule, f"{len(ids)} of inputs and {outputs.shape[2]} of outputs")
    return RunResult(
        RunArrays(outputs, ids, first.targets),
        [each.metrics for each in repeated],
        [
            {**each.stages, "outputs": digest(values)}
            for each, values in zip(repeated, outputs, strict=True)
        ],
        digest(outputs),
    )


def read_number(value: Any, key: str) -> float | None:
    """Return a metric as a float; None if the value is neither a number nor an array of one.

    Raises:
        ConfigError: A float does not hold the number exactly.
    """
    if isinstance(value, bool | int | float):
        number: Any = value
    elif isinstance(value, np.generic) or (hasattr(value, "shape") and tuple(value.shape) == ()):
        number = to_array(value, key).item()
    else:
        return None
    try:
        metric = float(number)
    except OverflowError:
        metric = math.inf
    if metric != number and not math.isnan(metric):
        rule = "must be a number that a float holds exactly"
        hint = "Give it as a text, in a file or among the stages"
        raise ConfigError(key, rule, number, hint)
    return metric


def _call_outputs(
    function: Callable[[], Any], key: str, axes: Sequence[str], calls: int
) -> NamedArray:
    """Call a function, and return its arrays as one of shape (build, call, input, unit)."""
    inner = [axis for axis in axes if axis not in ("build", "call")]
    made = [_shape_outputs(function(), key, inner) for _ in range(calls)]
    shapes = list(dict.fromkeys(each.values.shape for each in made))
    if len(shapes) > 1:
        raise ConfigError(key, "must give the same shape in each call", shapes[1])
    if len({each.names for each in made}) > 1:
        raise ConfigError(key, "must give the same columns in each call")
    return NamedArray(np.concatenate([each.values for each in made], axis=1), made[0].names)


def _shape_outputs(value: Any, key: str, axes: Sequence[str]) -> NamedArray:
    """Copy an array whose leading axes are named to the shape (build, call, input, unit)."""
    named = to_named(value, key)
    array = named.values
    needed = [axis for axis in axes if axis != "unit"]
    if array.ndim < len(needed):
        rule = f"must have the axes {', '.join(needed)}"
        received = f"an array of {array.ndim} axes" if array.ndim else "a single number"
        raise ConfigError(key, rule, received)
    sizes = dict(zip(needed, array.shape, strict=False))
    shape = [sizes.get(axis, 1) for axis in AXES[:3]]
    return NamedArray(array.reshape(*shape, -1 if array.size else 0), named.names)


def _join_units(outputs: Sequence[Array], key: str) -> Array:
    """Concatenate arrays (build, call, input, unit) along their units."""
    if len({each.shape[:3] for each in outputs}) > 1:
        rule = "must give arrays with the same numbers of builds, calls and rows"
        axis = next(axis for axis in (2, 1, 0) if len({each.shape[axis] for each in outputs}) > 1)
        counts = " and ".join(str(each.shape[axis]) for each in outputs)
        raise ConfigError(key, rule, f"{counts} {('builds', 'calls', 'rows')[axis]}")
    return np.concatenate(unify(outputs, key), axis=3)


def _read_probe(value: Any, name: str, key: str) -> Array:
    """Copy the inputs or the targets of the probe, of shape (input, ...)."""
    rows = to_array(value, f"{key}: {name}")
    if rows.ndim == 0:
        raise ConfigError(f"{key}: {name}", "must have a row for each input", "a single number")
    return rows


def _merge_stages(probe: Mapping[str, str], given: Any, key: str) -> dict[str, str]:
    """Return stage to digest: the stages of the probe, then those that the training gave."""
    if not isinstance(given, Mapping):
        rule = "must be a mapping from stage to an array, a number or a text"
        raise ConfigError(f"{key}: {STAGES}", rule, type(given).__name__)
    stages = dict(probe)
    for name, each in given.items():
        if str(name) in {*stages, "outputs", NAMES}:
            raise ConfigError(f"{key}: {STAGES}", "must not name a stage that there is", name)
        stages[str(name)] = _digest_stage(each, f"{key}: {STAGES}: {name}")
    return stages


def _digest_stage(value: Any, key: str = STAGES) -> str:
    """Return the digest of a text, a number or an array that a stage is compared by."""
    if isinstance(value, str):
        return digest(np.array(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return digest(np.array(math.nan if math.isnan(value) else value))
    return digest(to_array(value, key))
