"""Properties of `runner.compare.compare` that hold for any outputs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runner.analysis.outputs import Outputs
from runner.analysis.variance import measure_variance
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State

DEFAULT = Tolerance()
EXACT = Tolerance(rtol=0, atol=0)

quick = settings(max_examples=60, deadline=None)


def measure(values, tolerance=DEFAULT):
    """The comparison of complete values (run, build, call, input, unit), never replayed."""
    outputs = Outputs(
        values=values,
        present=np.ones(values.shape, bool),
        replays=values[:0],
        replays_present=np.ones((0, *values.shape[1:]), bool),
        replay_of=(),
        seeds=(None,) * len(values),
        inputs=np.arange(values.shape[3], dtype=np.uint64),
    )
    return measure_variance(outputs, tolerance)


def naive_churn(values):
    labels = values[:, 0, 0].argmax(axis=-1)
    pairs = list(itertools.combinations(labels, 2))
    return np.mean([(a != b).mean() for a, b in pairs])


def naive_max_abs_diff(values):
    return max(
        np.abs(a.astype(float) - b.astype(float)).max()
        for a, b in itertools.combinations(values, 2)
    )


# Few distinct values, so that ties, equal runs and collapsed ones are common.
some_shapes = st.tuples(*(st.integers(*ends) for ends in ((2, 6), (1, 2), (1, 2), (1, 4), (2, 3))))
some_outputs = hnp.arrays(
    np.float32, some_shapes, elements=st.sampled_from([0.0, 1.0, 1.0000001, -2.5])
)


@quick
@given(some_outputs)
def test_counts_equal_the_naive_pairwise_computation(values):
    found = measure(values)
    assert found.churn == pytest.approx(naive_churn(values), abs=1e-12)
    assert found.max_abs_diff == naive_max_abs_diff(values)
    assert found.labels == len(np.unique(values[:, 0, 0].argmax(axis=-1)))


@quick
@given(some_outputs, st.randoms(use_true_random=False))
def test_order_of_runs_does_not_matter(values, random):
    order = list(range(1, len(values)))
    random.shuffle(order)
    found, moved = (measure(v) for v in (values, values[[0, *order]]))
    assert found == moved
    # Nor does which run is first, but for the states against it, of which only same is common.
    last = measure(values[::-1])
    assert (last.across_runs is State.SAME) == (found.across_runs is State.SAME)
    for name in ("max_abs_diff", "churn", "labels", "collapsed_runs", "across_inputs"):
        assert getattr(last, name) == getattr(found, name)


@quick
@given(some_outputs, st.integers(-10, 10))
def test_scaling_scales_differences_and_keeps_labels(values, exponent):
    found = measure(values, EXACT)
    scaled = measure(values * np.float32(2.0**exponent), EXACT)
    assert scaled == replace(found, max_abs_diff=found.max_abs_diff * 2.0**exponent)


@quick
@given(some_outputs)
def test_equal_runs_give_zero(values):
    found = measure(np.broadcast_to(values[:1], values.shape), EXACT)
    assert (found.across_runs, found.max_abs_diff, found.churn) == (State.SAME, 0, 0)
