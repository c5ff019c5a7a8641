"""Predictions against measured states."""

from __future__ import annotations

import pytest

from runner.analysis.surprises import format_predicted, surprises
from runner.numeric.verdicts import State
from runner.record.record import Predicted

PREDICTED = {
    "runs": Predicted("differs", "nothing is seeded"),
    "calls": Predicted("same", "no layer is random"),
    "inputs": Predicted("unknown", "the rows are not known"),
}


def test_what_came_as_predicted_is_no_surprise():
    measured = {"runs": State.DIFFERS, "calls": State.SAME, "inputs": State.SAME}
    assert surprises(PREDICTED, measured) == []


def test_each_contradiction_is_a_clause():
    measured = {"runs": State.SAME, "calls": State.DIFFERS, "inputs": State.DIFFERS}
    assert surprises(PREDICTED, measured) == [
        "calls were predicted to be the same, as no layer is random, but differ",
        "runs were predicted to differ, as nothing is seeded, but are the same",
    ]


@pytest.mark.parametrize(
    ("state", "measured", "surprising"),
    [
        ("same", State.SAME, False),
        ("same", State.ROUNDING, True),
        ("same", State.DIFFERS, True),
        ("same", State.UNMEASURED, False),
        ("differs", State.SAME, True),
        ("differs", State.ROUNDING, False),
        ("differs", State.DIFFERS, False),
        ("differs", State.UNMEASURED, False),
        ("unknown", State.SAME, False),
        ("unknown", State.ROUNDING, False),
        ("unknown", State.DIFFERS, False),
    ],
)
def test_every_pair(state, measured, surprising):
    found = surprises({"runs": Predicted(state, "so")}, {"runs": measured})
    assert bool(found) == surprising
    assert surprises({"runs": Predicted(state, "so")}, {"runs": str(measured)}) == found


def test_inputs_that_differ_by_rounding_only_are_collapsed():
    (found,) = surprises({"inputs": Predicted("differs", "so")}, {"inputs": State.ROUNDING})
    assert found == "inputs were predicted to differ, as so, but differ by rounding only"


def test_rounding_against_the_same_is_said():
    (found,) = surprises({"builds": Predicted("same", "so")}, {"builds": "rounding"})
    assert found == "builds were predicted to be the same, as so, but differ by rounding"


def test_axes_without_a_measurement_or_a_prediction():
    assert surprises(PREDICTED, {}) == []
    assert surprises({}, {"runs": "same"}) == []


def test_predictions_in_a_cell():
    assert format_predicted(PREDICTED) == "inputs unknown, calls same, runs differs"
    assert format_predicted({}) is None
