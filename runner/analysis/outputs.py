"""Stacks the outputs of one configuration over its runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.errors import RecordError
from runner.numeric.bitwise import Array, widest
from runner.record.record import OutputPart

EXACT_INTEGERS = 2**53
"""The magnitude up to which float64 holds every whole number."""


@dataclass(frozen=True)
class Outputs:
    """The outputs that a configuration's successful runs returned on the probe.

    Replays are kept apart: `replays[i]` repeats run `replay_of[i]` with its recorded seeds.
    The dtype holds every recorded value exactly (it is float32 unless a run recorded float64 or
    integers), so that outputs can be compared bit for bit.
    """

    values: npt.NDArray[np.generic]
    """The outputs (run, build, call, input, unit); zero where not present."""
    present: npt.NDArray[np.bool_]
    """Whether a run has each element, in the shape of `values`; must not be written to."""
    replays: npt.NDArray[np.generic]
    """The outputs of replays (replay, build, call, input, unit); the first axis is empty without
    replays."""
    replays_present: npt.NDArray[np.bool_]
    """Whether a replay has each element, in the shape of `replays`; must not be written to."""
    replay_of: tuple[int, ...]
    """The index, on the run axis of `values`, of the run that each replay repeats."""
    seeds: tuple[str | None, ...]
    """A text for each run that is equal for equal recorded seeds; None if nothing was seeded."""
    inputs: npt.NDArray[np.uint64]
    """Ids of the probe inputs (input,); bitwise equal inputs have equal ids."""
    failed: int = 0
    """The number of further runs, replays included, that failed and are not in `values`."""
    parts: tuple[OutputPart, ...] = ()
    """The outputs of a model that has several, whose units stand beside each other in this order;
    empty for one, or if runs differ in them."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the numbers of units of several outputs; empty for one."""
        return tuple(each.units for each in self.parts)

    def without_values(self) -> Outputs:
        """Return what is known of the outputs apart from their values, for no run."""
        none = self.values[:0].copy()
        mask = np.zeros(none.shape, np.bool_)
        return replace(
            self,
            values=none,
            present=mask,
            replays=none,
            replays_present=mask,
            replay_of=(),
            seeds=(),
        )

    def of(self, name: str) -> Outputs:
        """Return one of several outputs, by its name.

        Raises:
            KeyError: there is no output of that name.
        """
        start = 0
        for each in self.parts:
            if each.name == name:
                units = np.s_[..., start : start + each.units]
                cut = {
                    key: getattr(self, key)[units]
                    for key in ("values", "present", "replays", "replays_present")
                }
                return replace(self, **cut, parts=())
            start += each.units
        raise KeyError(name)


def stack(
    runs: list[Array], replays: list[Array]
) -> tuple[Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_]]:
    """Stack runs and replays into two arrays with masks.

    Runs have different shapes if a model or its data depends on chance; smaller ones are filled up
    with zeros that are marked as not present.

    Args:
        runs: the outputs of each run, (build, call, input, unit); at least one run.
        replays: the outputs of each replay, likewise; may be empty.

    Returns:
        Values and mask of the runs (run, build, call, input, unit), then those of the replays.

    Raises:
        RecordError: no common type holds all values exactly.
    """
    both = [*runs, *replays]
    shape = tuple(max(each.shape[axis] for each in both) for axis in range(4))
    dtype = widest([each.dtype for each in both])
    values = np.zeros((len(both), *shape), dtype)
    alike = all(each.shape == shape for each in both)
    # If nothing is missing, one value in memory is enough for all.
    present = np.broadcast_to(np.True_, values.shape) if alike else np.zeros(values.shape, np.bool_)
    for index, each in enumerate(both):
        builds, calls, inputs, units = each.shape
        _check_exact(each, dtype)
        # NumPy warns when it widens a signalling NaN, which stays a NaN.
        with np.errstate(invalid="ignore"):
            values[index, :builds, :calls, :inputs, :units] = each
        if not alike:
            present[index, :builds, :calls, :inputs, :units] = True
    cut = len(runs)
    return values[:cut], present[:cut], values[cut:], present[cut:]


def _check_exact(array: npt.NDArray[Any], dtype: np.dtype[np.generic]) -> None:
    """Refuse integers that would be rounded, as different ones could become the same."""
    if array.dtype.kind in "iu" and dtype.kind == "f":
        beyond = (array > EXACT_INTEGERS) | (array < -EXACT_INTEGERS)
        if beyond.any():
            raise RecordError(
                f"outputs of type {array.dtype} cannot be compared as {dtype}, the type that all"
                f" runs of the configuration share. Received: {array[beyond][0]}"
            )
