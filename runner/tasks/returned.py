"""From the arrays and numbers that somebody's training gives to the arrays of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.errors import ConfigError
from runner.fingerprint import digest, row_ids
from runner.record import RunArrays
from runner.schema import AXES
from runner.tasks.measured import Measured

INPUTS, TARGETS, STAGES = "inputs", "targets", "stages"
"""Names with a meaning of their own; all other arrays are outputs."""


@dataclass(frozen=True)
class Returned:
    """What one build gave."""

    outputs: npt.NDArray[np.generic]
    """(build, call, input, unit); the first axis has length 1 unless the build says otherwise."""
    metrics: dict[str, float]
    stages: dict[str, str]
    """Stage to digest, in the order given."""
    inputs: npt.NDArray[np.generic] | None
    """(input, ...): the probe; None when it was not given."""
    targets: npt.NDArray[np.generic] | None
    """(input,): class labels of the probe; None when they were not given."""


def read_returned(value: Any, key: str, axes: Sequence[str], calls: int) -> Returned:
    """Tell outputs, metrics and stages apart in a mapping.

    Numbers are metrics. Arrays are outputs, of (input, unit) unless `axes` says otherwise; further
    axes belong to the units, and several arrays are put beside each other along them. A callable
    without arguments is called `calls` times for an array each. `inputs`, `targets` and `stages`
    (a mapping from stage to an array, a number or a text) are what their names say.

    Args:
        value: what was returned or read.
        key: of the config, for errors.
        axes: names of the leading axes of each array, out of AXES, ending in input or unit.
        calls: how often a callable is called.

    Raises:
        ConfigError: it is not such a mapping, or its arrays do not fit each other.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(key, "must give a mapping of arrays and numbers", type(value).__name__)
    special = {name: value[name] for name in (INPUTS, TARGETS, STAGES) if name in value}
    metrics: dict[str, float] = {}
    outputs: list[npt.NDArray[np.generic]] = []
    for name, each in value.items():
        if name in special:
            continue
        number = _number(each)
        if number is not None:
            metrics[str(name)] = number
        elif callable(each):
            outputs.append(_called(each, f"{key}: {name}", axes, calls))
        else:
            outputs.append(_shaped(_array(each, f"{key}: {name}"), f"{key}: {name}", axes))
    if not outputs:
        rule = "must give at least one array of outputs, with a row for each input"
        raise ConfigError(key, rule, ", ".join(map(str, value)) or "nothing")
    # The probe is data too: what is recorded on another one is another result.
    probe = {f"data/{name}": _stage(special[name]) for name in (INPUTS, TARGETS) if name in special}
    return Returned(
        _joined(outputs, key),
        metrics,
        probe | {str(name): _stage(each) for name, each in special.get(STAGES, {}).items()},
        _array(special[INPUTS], f"{key}: {INPUTS}") if INPUTS in special else None,
        _labels(special[TARGETS], key) if TARGETS in special else None,
    )


def join_builds(builds: Sequence[Returned], key: str) -> Measured:
    """Put the builds of one run together.

    Raises:
        ConfigError: they have different shapes.
    """
    shapes = {each.outputs.shape[1:] for each in builds}
    if len(shapes) > 1:
        raise ConfigError(key, "must give the same shapes in each build", sorted(shapes))
    outputs = np.concatenate([each.outputs for each in builds])
    first = builds[0]
    # A build that gave several (as files can) has one set of numbers for all of them.
    repeated = [each for each in builds for _ in range(len(each.outputs))]
    ids = (
        np.arange(outputs.shape[2], dtype=np.uint64)
        if first.inputs is None
        else row_ids(first.inputs)
    )
    if len(ids) != outputs.shape[2]:
        rule = "must give one row of inputs for each row of outputs"
        raise ConfigError(key, rule, f"{len(ids)} and {outputs.shape[2]}")
    return Measured(
        RunArrays(outputs, ids, first.targets),
        [each.metrics for each in repeated],
        [
            {**each.stages, "outputs": digest(values)}
            for each, values in zip(repeated, outputs, strict=True)
        ],
        digest(outputs),
    )


def _called(
    function: Callable[[], Any], key: str, axes: Sequence[str], calls: int
) -> npt.NDArray[np.generic]:
    inner = [axis for axis in axes if axis not in ("build", "call")]
    made = [_shaped(_array(function(), key), key, inner) for _ in range(calls)]
    if len({each.shape for each in made}) > 1:
        raise ConfigError(key, "must give the same shape in each call", made[1].shape)
    return np.concatenate(made, axis=1)


def _shaped(
    array: npt.NDArray[np.generic], key: str, axes: Sequence[str]
) -> npt.NDArray[np.generic]:
    """(build, call, input, unit) for an array whose leading axes are named."""
    needed = [axis for axis in axes if axis != "unit"]
    if array.ndim < len(needed):
        rule = f"must have the axes {', '.join(needed)}"
        raise ConfigError(key, rule, f"an array of {array.ndim} axes")
    sizes = dict(zip(needed, array.shape, strict=False))
    shape = [sizes.get(axis, 1) for axis in AXES[:3]]
    return array.reshape(*shape, -1) if array.size else array.reshape(*shape, 0)


def _joined(outputs: Sequence[npt.NDArray[np.generic]], key: str) -> npt.NDArray[np.generic]:
    if len({each.shape[:3] for each in outputs}) > 1:
        rows = " and ".join(str(each.shape[2]) for each in outputs)
        raise ConfigError(key, "must give arrays with a row for each input", f"{rows} rows")
    kind = np.result_type(*(each.dtype for each in outputs))
    for each in outputs:
        if each.dtype.kind in "iu" and not np.array_equal(
            each.astype(kind).astype(each.dtype), each
        ):
            rule = "must give outputs that one type holds exactly"
            raise ConfigError(key, rule, f"values beyond {kind}")
    return np.concatenate([each.astype(kind) for each in outputs], axis=3)


def _number(value: Any) -> float | None:
    """A metric: a number or an array of one, as frameworks return them; None for others."""
    if isinstance(value, bool | int | float | np.generic):
        return float(value) if not isinstance(value, np.void | np.str_ | np.bytes_) else None
    if hasattr(value, "shape") and tuple(value.shape) == ():
        return float(value)
    return None


def _array(value: Any, key: str) -> npt.NDArray[np.generic]:
    """NumPy's view of an array of any framework.

    Raises:
        ConfigError: it is no array of numbers of at most 64 bits.
    """
    if hasattr(value, "detach"):  # PyTorch, which refuses NumPy what has a gradient
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ConfigError(key, "must be an array of numbers", str(error)) from None
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)  # which holds each of its values exactly
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ConfigError(key, "must be an array of numbers of at most 64 bits", array.dtype)
    return array


def _labels(value: Any, key: str) -> npt.NDArray[np.generic] | None:
    array = _array(value, f"{key}: {TARGETS}")
    flat = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    return flat[:, 0] if flat.shape[1] == 1 and flat.dtype.kind in "iu" else None


def _stage(value: Any) -> str:
    """The digest of whatever tells a stage of two runs apart."""
    if isinstance(value, str):
        return digest(np.array(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return digest(np.array(math.nan if math.isnan(value) else value))
    return digest(_array(value, STAGES))
