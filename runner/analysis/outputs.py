"""The outputs of one configuration, stacked over its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.errors import RecordError
from runner.numeric.bitwise import Array, widest

EXACT_INTEGERS = 2**53
"""Up to this magnitude float64 holds every whole number."""


@dataclass(frozen=True)
class Outputs:
    """What a configuration's successful runs returned on the probe.

    Replays are kept apart: `replays[i]` repeats run `replay_of[i]` with its recorded seeds.
    The dtype is wide enough that every recorded value is held exactly (float32 unless a run
    recorded float64 or integers), so that bitwise comparison means what it says.
    """

    values: npt.NDArray[np.generic]
    """(run, build, call, input, unit); zero where not present."""
    present: npt.NDArray[np.bool_]
    """Same shape as values, to be read only; False where that run has no such element."""
    replays: npt.NDArray[np.generic]
    """(replay, build, call, input, unit); the first axis is empty when nothing was replayed."""
    replays_present: npt.NDArray[np.bool_]
    replay_of: tuple[int, ...]
    """For each replay, the index on the run axis of `values` of the run it repeats."""
    seeds: tuple[str | None, ...]
    """For each run, a text that is equal for equal recorded seeds; None when nothing was seeded."""
    inputs: npt.NDArray[np.uint64]
    """(input,): equal numbers for bitwise equal probe inputs."""
    failed: int = 0
    """How many further runs, replays included, failed; they are not in `values`."""


def stack(
    runs: list[Array], replays: list[Array]
) -> tuple[Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_]]:
    """Stack runs and replays of (build, call, input, unit) into two arrays with masks.

    Runs may have different shapes, where a model or its data depend on chance; the smaller ones
    are filled up with zeros that are marked as not present.

    Returns:
        values and present of the runs, (run, build, call, input, unit), then of the replays.

    Raises:
        RecordError: values of different types that no common type holds exactly.
    """
    both = [*runs, *replays]
    shape = tuple(max(each.shape[axis] for each in both) for axis in range(4))
    dtype = widest([each.dtype for each in both])
    values = np.zeros((len(both), *shape), dtype)
    alike = all(each.shape == shape for each in both)
    # Where nothing is missing one value says so for all.
    present = np.broadcast_to(np.True_, values.shape) if alike else np.zeros(values.shape, np.bool_)
    for index, each in enumerate(both):
        builds, calls, inputs, units = each.shape
        _check_exact(each, dtype)
        # Widening a signalling NaN warns, and leaves it a NaN.
        with np.errstate(invalid="ignore"):
            values[index, :builds, :calls, :inputs, :units] = each
        if not alike:
            present[index, :builds, :calls, :inputs, :units] = True
    cut = len(runs)
    return values[:cut], present[:cut], values[cut:], present[cut:]


def _check_exact(array: npt.NDArray[Any], dtype: np.dtype[np.generic]) -> None:
    """Refuse integers that would be rounded: different ones could become the same."""
    if array.dtype.kind in "iu" and dtype.kind == "f":
        beyond = (array > EXACT_INTEGERS) | (array < -EXACT_INTEGERS)
        if beyond.any():
            raise RecordError(
                f"outputs of type {array.dtype} cannot be compared as {dtype}, the type that all"
                f" runs of the configuration share. Received: {array[beyond][0]}"
            )
