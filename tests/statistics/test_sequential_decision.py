"""Decisions from pairs: which, when, and that the benchmark decides as the command does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runner.errors import ConfigError
from runner.statistics.confidence_sequence import Bounds, Method
from runner.statistics.metric_kind import MetricKind, kind_of_metric
from runner.statistics.sequential_decision import (
    MIN_PAIRS,
    Decision,
    Question,
    Rule,
    decide,
    decide_pairs,
    read_bounds,
)
from tests.benchmarks.decisions import DRAWS, first_looks

NORMAL = Rule(0.01, Method.NORMAL)


@pytest.mark.parametrize(
    ("low", "high", "difference", "decision", "status"),
    [
        (0.011, 0.02, 0.01, Decision.B, 0),
        (0.01, 0.02, 0.01, Decision.UNDECIDED, 2),
        (-0.02, 0.009, 0.01, Decision.NOT_BETTER, 1),
        (-0.02, 0.01, 0.01, Decision.UNDECIDED, 2),
        (-0.02, -0.011, 0.01, Decision.A, 1),
        (-0.02, -0.001, 0.0, Decision.A, 1),
        (0.001, 0.02, 0.0, Decision.B, 0),
        (-math.inf, math.inf, 0.0, Decision.UNDECIDED, 2),
    ],
)
def test_bounds_allow_one_decision(low, high, difference, decision, status):
    assert read_bounds(Bounds(low, high), difference) is decision
    assert decision.exit_status == status


def test_it_is_decided_at_the_first_look_that_allows_it():
    values = np.random.default_rng(0).normal(0.03, 0.01, 40)
    found = decide(values, NORMAL)
    assert found.decision is Decision.B
    assert 5 <= found.pairs < 40
    assert len(found.trail) == 40
    assert found.trail[found.pairs - 1].bounds.low > 0.01 >= found.trail[found.pairs - 2].bounds.low
    assert decide(values[: found.pairs], NORMAL).pairs == found.pairs
    assert decide(values[: found.pairs - 1], NORMAL).decision is Decision.UNDECIDED


def test_bounds_only_get_narrower():
    trail = decide(np.random.default_rng(0).normal(0.01, 0.02, 60), NORMAL).trail
    lows, highs = ([each.bounds[i] for each in trail] for i in (0, 1))
    assert lows == sorted(lows)
    assert highs == sorted(highs, reverse=True)


def test_few_pairs_decide_nothing():
    rule = Rule(0.0, Method.BOUNDED, 0.1)
    assert decide(np.full(MIN_PAIRS - 1, 0.1), rule).decision is Decision.UNDECIDED
    assert decide(np.array([]), rule).pairs == 0


def test_equal_pairs_are_not_called_equal():
    assert decide(np.zeros(200), Rule(0.0, Method.NORMAL)).decision is Decision.UNDECIDED
    assert decide(np.zeros(200), Rule(0.0)).decision is Decision.UNDECIDED


@pytest.mark.parametrize("method", Method)
def test_no_fewer_pairs_than_said_can_decide(method):
    rule = Rule(0.01, method, 0.1)
    values = np.full(rule.fewest, 0.1) - 1e-9 * np.arange(rule.fewest) * (method is Method.NORMAL)
    assert decide(values, rule).pairs == rule.fewest
    assert decide(values, rule).decision is Decision.B
    assert decide(values[:-1], rule).decision is Decision.UNDECIDED


def test_the_number_of_equal_pairs_that_decide_is_right():
    rule = Rule(0.1)
    count = rule.fewest_at(0.4)
    assert decide(np.full(count, 0.4), rule).decision is Decision.B
    assert decide(np.full(count - 1, 0.4), rule).decision is Decision.UNDECIDED


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("name", ["normal", "accuracies on 100 rows"])
def test_the_benchmark_decides_as_the_command_does(method, name):
    rule = Rule(0.01, method, 1.0 if method is Method.NORMAL else 0.2)
    rng = np.random.default_rng(0)
    for mean in (0.05, -0.03):
        values = np.clip(DRAWS[name](rng, mean, 3)[:, :60], -rule.largest, rule.largest)
        # The benchmark takes the smallest step of the whole sequence, so that it is compared there.
        looks = first_looks(values, rule)
        for row, b, not_better in zip(values, looks["b"], looks["not better"], strict=True):
            found = decide(row, rule)
            expected = min(b, not_better)
            assert found.decision is not Decision.UNDECIDED or math.isinf(expected)
            if name == "normal":
                assert found.pairs == min(expected, 60)


def question(rule, higher=True):
    return Question(["a"], ["b"], "accuracy", higher, 50, rule)


def test_lower_can_be_better():
    values = [(0.5 + i / 1000, 0.1) for i in range(8)]
    assert decide_pairs(question(NORMAL), values)[0].decision is Decision.A
    assert decide_pairs(question(NORMAL, higher=False), values)[0].decision is Decision.B


def test_a_pair_beyond_the_bound_ends_it_undecided():
    decided, why = decide_pairs(question(Rule(0.0, Method.BOUNDED, 0.1)), [(0, 0.05), (0.5, 0.1)])
    assert decided.decision is Decision.UNDECIDED
    assert why == "pair 2 differs by 0.4, which --largest 0.1 says cannot be"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"difference": -0.1}, "--difference"),
        ({"difference": math.nan}, "--difference"),
        ({"difference": 1.0}, "--difference"),
        ({"largest": 0}, "--largest"),
        ({"largest": math.inf}, "--largest"),
    ],
)
def test_impossible_rules_are_refused(given, key):
    with pytest.raises(ConfigError, match=f"^{key}: must be"):
        Rule(**given)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("accuracy", MetricKind(True, True)),
        ("val/sparse_categorical_accuracy", MetricKind(True, True)),
        ("loss", MetricKind(False, False)),
        ("mean_squared_error", MetricKind(False, False)),
        ("head_loss", MetricKind(False, False)),
        ("r2", MetricKind(None, False)),
        ("closs", MetricKind(None, False)),
    ],
)
def test_only_well_known_metrics_are_known(name, kind):
    assert kind_of_metric(name) == kind
