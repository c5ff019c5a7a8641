"""Predictions against what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from runner.numeric.verdicts import State
from runner.record.record import Predicted

AXES = ("inputs", "calls", "builds", "runs")
"""In the order in which predictions are told."""

CONTRADICTED: dict[str, tuple[State, ...]] = {
    State.SAME: (State.DIFFERS, State.ROUNDING),
    State.DIFFERS: (State.SAME,),
}
"""What is predicted to the measured states that contradict it. Outputs that differ within the
tolerance do differ, and nothing contradicts what was not measured or not known."""

VERBS: dict[str, str] = {State.SAME: "be the same", State.DIFFERS: "differ"}

FOUND: dict[str, str] = {
    State.SAME: "are the same",
    State.DIFFERS: "differ",
    State.ROUNDING: "differ by rounding",
}


def surprises(predicted: Mapping[str, Predicted], measured: Mapping[str, str]) -> list[str]:
    """Say which axes turned out otherwise than predicted, a clause each.

    Args:
        predicted: axis to prediction, as in a record; empty where nothing was predicted.
        measured: axis to state (same, rounding, differs or unmeasured).

    Returns:
        Such as "runs were predicted to differ, as nothing is seeded, but are the same".
    """
    return [
        f"{axis} were predicted to {VERBS[state]}, as {reason}, but"
        f" {FOUND[found]}{' only' * (state == State.DIFFERS and found == State.ROUNDING)}"
        for axis, state, reason in _in_order(predicted)
        if _contradicts(axis, state, found := str(measured.get(axis, "")))
    ]


def format_predicted(predicted: Mapping[str, Predicted]) -> str | None:
    """`inputs differs, calls same, builds differs, runs unknown`; None: nothing was predicted."""
    return ", ".join(f"{axis} {state}" for axis, state, _ in _in_order(predicted)) or None


def _contradicts(axis: str, state: str, found: str) -> bool:
    # Outputs that are alike within the tolerance ignore the input: the verdict is collapsed.
    collapsed = (axis, state, found) == ("inputs", State.DIFFERS, State.ROUNDING)
    return collapsed or found in CONTRADICTED.get(state, ())


def _in_order(predicted: Mapping[str, Predicted]) -> list[tuple[str, str, str]]:
    return [
        (axis, predicted[axis].state, predicted[axis].reason) for axis in AXES if axis in predicted
    ]
