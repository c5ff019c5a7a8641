"""How many replicates a conclusion needs agrees with what the comparison says afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.analysis.outputs import Outputs
from runner.analysis.variance import measure_variance
from runner.numeric.bitwise import Tolerance
from runner.numeric.intervals import CONCLUSIVE, bound_differing, needed_trials

confidences = st.floats(0.01, 0.9999)


def equal_runs(count):
    shape = (count, 1, 1, 1, 1)
    return Outputs(
        values=np.zeros(shape, np.float32),
        present=np.ones(shape, bool),
        seeds=(None,) * count,
        replays=np.zeros((0, 1, 1, 1, 1), np.float32),
        replays_present=np.zeros((0, 1, 1, 1, 1), bool),
        replay_of=(),
        inputs=np.zeros(1, np.uint64),
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 50), confidences)
def test_the_bound_is_the_comparison_s(count, confidence):
    measured = measure_variance(equal_runs(count), Tolerance(), confidence).p_differ_upper
    assert bound_differing(count - 1, confidence) == pytest.approx(measured)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.001, 0.9), confidences)
def test_needed_is_the_fewest(target, confidence):
    needed = needed_trials(target, confidence)
    assert bound_differing(needed, confidence) < target
    assert needed == 1 or bound_differing(needed - 1, confidence) >= target


def test_known_answers():
    # 1 - 0.05**(1/29) = 0.098, the published figure for 30 runs.
    assert bound_differing(29, 0.95) == pytest.approx(0.098, abs=5e-4)
    assert bound_differing(59, 0.95) == pytest.approx(0.0495, abs=5e-5)
    assert needed_trials(CONCLUSIVE, 0.95) == 29
    assert needed_trials(0.05, 0.95) == 59
