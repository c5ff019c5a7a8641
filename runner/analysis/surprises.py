"""Compares predictions with what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from runner.numeric.verdicts import State
from runner.record.record import Predicted

AXES = ("inputs", "calls", "builds", "runs")
"""The axes that have predictions, in the order in which these are shown."""

CONTRADICTED: dict[str, tuple[State, ...]] = {
    State.SAME: (State.DIFFERS, State.ROUNDING),
    State.DIFFERS: (State.SAME,),
}
"""The measured states that contradict each predicted state. Outputs that differ within the
tolerance do differ. Nothing contradicts an unknown prediction; an unmeasured state contradicts
none."""

VERBS: dict[str, str] = {State.SAME: "be the same", State.DIFFERS: "differ"}
"""The words for each predicted state."""

FOUND: dict[str, str] = {
    State.SAME: "are the same",
    State.DIFFERS: "differ",
    State.ROUNDING: "differ by rounding",
}
"""The words for each measured state."""


def surprises(predicted: Mapping[str, Predicted], measured: Mapping[str, str]) -> list[str]:
    """Return one clause for each axis whose measurement contradicts its prediction.

    Args:
        predicted: axis to prediction, as in a record; empty if nothing was predicted.
        measured: axis to state (same, rounding, differs or unmeasured).

    Returns:
        Clauses such as "runs were predicted to differ, as nothing is seeded, but are the same".
    """
    return [
        f"{axis} were predicted to {VERBS[state]}, as {reason}, but"
        f" {FOUND[found]}{' only' * (state == State.DIFFERS and found == State.ROUNDING)}"
        for axis, state, reason in _in_order(predicted)
        if _contradicts(axis, state, found := str(measured.get(axis, "")))
    ]


def format_predicted(predicted: Mapping[str, Predicted]) -> str | None:
    """Return all predictions, such as `inputs differs, calls same`; None if there are none."""
    return ", ".join(f"{axis} {state}" for axis, state, _ in _in_order(predicted)) or None


def _contradicts(axis: str, state: str, found: str) -> bool:
    # If outputs are alike within the tolerance for all inputs, the verdict is collapsed.
    collapsed = (axis, state, found) == ("inputs", State.DIFFERS, State.ROUNDING)
    return collapsed or found in CONTRADICTED.get(state, ())


def _in_order(predicted: Mapping[str, Predicted]) -> list[tuple[str, str, str]]:
    return [
        (axis, predicted[axis].state, predicted[axis].reason) for axis in AXES if axis in predicted
    ]
