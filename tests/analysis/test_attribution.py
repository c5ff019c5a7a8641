"""What each source varies, from sweeps written to disk without running anything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.analysis.attribution import LACKING, OTHER_INPUTS, attribute_variance, source_of
from runner.analysis.measurement import measure
from runner.analysis.outputs import Outputs
from runner.analysis.run_pairs import MOST_PAIRS, _sample_pairs, averaging_gain, churn, correlation
from runner.analysis.variance import measure_variance
from runner.config.schema import SOURCES
from runner.numeric.bitwise import Tolerance
from runner.numeric.jackknife import estimate_sd, estimate_share
from runner.record.reader import read_stored
from runner.record.record import RunArrays
from runner.record.store import write_run
from tests.synthetic import outputs, write

ALL = list(SOURCES)


class Sweep:
    """Configurations of derived seeds that are written run by run, and then measured."""

    def __init__(self, directory):
        self._directory = directory
        self._jobs = itertools.count()

    def add(self, vary, values, accuracy=None, others="", inputs=None, targets=None, **changes):
        """Write a configuration whose run i has the outputs values[i]; None: it failed."""
        overrides = {"seed.vary": "all" if vary == ALL else f"[{','.join(vary or ())}]"}
        overrides |= dict(each.split("=") for each in others.split())
        for i, each in enumerate(values):
            seeds = {source: i if source in (vary or ()) else 99 for source in SOURCES}
            written = write(
                self._directory,
                job := next(self._jobs),
                outputs(each) if isinstance(each, int) else each,
                inputs=inputs[i] if inputs else None,
                **{
                    "configuration": f"{vary}{others}",
                    "overrides": overrides,
                    "strategy": "derived",
                    "vary": vary,
                    "seeds": seeds,
                    "replicate": i,
                    "metrics": [{"accuracy": accuracy[i]}] if accuracy else [],
                    **changes,
                },
            )
            if targets is not None:
                stored = RunArrays(each, np.arange(each.shape[2], dtype=np.uint64), targets)
                write_run(self._directory / str(job), written, stored, shared=None)

    @property
    def measurements(self):
        groups = {}
        for stored in read_stored(self._directory)[0]:
            groups.setdefault(stored.configuration.id, []).append(stored)
        return [measure(group) for group in groups.values()]

    @property
    def table(self):
        return attribute_variance(self.measurements)

    def row(self, source):
        ((_, row),) = (each for each in self.table.iterrows() if each[1]["source"] == source)
        return row


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path)


def of_labels(*runs, units=3):
    """Outputs (build, call, input, unit) for each run's predicted labels."""
    return [np.eye(units, dtype=np.float32)[list(labels)][None, None] for labels in runs]


# --- rows


@pytest.mark.parametrize(
    ("vary", "name"),
    [
        ([], "none"),
        (["order"], "order"),
        (["order", "init"], "init+order"),
        (ALL, "all"),
        (ALL[::-1], "all"),
        (None, "none"),
    ],
)
def test_sources_have_a_name(vary, name):
    assert source_of(vary) == name


def test_rows_stand_in_causal_order_whatever_the_order_of_the_sweep(sweep):
    for vary in (ALL, ["order"], ["order", "init"], [], ["init"]):
        sweep.add(vary, [1, 2])
    assert list(sweep.table["source"]) == ["none", "init", "order", "init+order", "all"]
    assert list(sweep.table["runs"]) == [2] * 5


def test_without_two_sources_there_is_no_table(sweep):
    sweep.add(["init"], [1, 2])
    assert sweep.table is None
    sweep.add(["order"], [1, 2], others="shuffle=off")
    assert sweep.table is None
    assert attribute_variance([]) is None


def test_other_strategies_have_no_place_in_it(sweep):
    sweep.add(["init"], [1, 2])
    sweep.add(None, [1, 2], strategy="random")
    assert sweep.table is None
    sweep.add([], [1, 2])
    assert list(sweep.table["source"]) == ["none", "init"]


def test_groups_are_told_apart_by_the_overrides_that_differ(sweep):
    for model, vary in itertools.product(("mlp", "cnn"), ([], ["init"])):
        sweep.add(vary, [1, 2], others=f"data=digits model={model}")
    sweep.add(["init"], [1, 2], others="data=digits model=gru")
    table = sweep.table
    assert list(table.columns[:3]) == ["model", "source", "runs"]
    assert list(zip(table["model"], table["source"], strict=True)) == [
        ("mlp", "none"), ("mlp", "init"), ("cnn", "none"), ("cnn", "init"),
    ]  # fmt: skip


def test_sources_that_the_configuration_lacks_are_named(sweep):
    lacking = {"absent": ["augment", "dropout"]}
    sweep.add([], [1, 1], [0.5, 0.5], **lacking)
    sweep.add(ALL, [1, 2], [0.5, 0.6], **lacking)
    sweep.add(["dropout"], [1, 1], [0.5, 0.5], **lacking)
    assert list(sweep.table["source"]) == ["none", "augment", "dropout", "all"]
    assert list(sweep.table["runs"]) == [2, 0, 2, 2]
    assert list(sweep.table["note"].fillna("")) == ["", LACKING, LACKING, ""]
    numbers = sweep.row("augment").drop(["source", "runs", "note"])
    assert numbers.isna().all()


def test_failed_runs_leave_a_row_without_numbers(sweep):
    sweep.add([], [1, 1], [0.5, 0.5])
    sweep.add(["init"], [None, None])
    row = sweep.row("init")
    assert row["runs"] == 0
    assert row.drop(["source", "runs", "note"]).isna().all()


# --- metrics


def test_spreads_are_shares_of_that_of_all(sweep):
    sweep.add([], [1] * 3, [0.5] * 3)
    sweep.add(["init"], [1, 2, 3], [0.5, 0.6, 0.7])
    sweep.add(ALL, [1, 2, 3], [0.7, 0.5, 0.9])
    table = sweep.table.set_index("source")
    np.testing.assert_allclose(table["accuracy_sd"], [0, 0.1, 0.2])
    np.testing.assert_allclose(table["accuracy_share"], [0, 0.5, 1])
    assert table["accuracy_share_low"].isna().tolist() == [True, False, True]
    assert table["accuracy_sd_low"].isna().tolist() == [True, False, False]


def test_without_all_there_is_no_share(sweep):
    sweep.add([], [1] * 3, [0.5] * 3)
    sweep.add(["init"], [1, 2, 3], [0.5, 0.6, 0.7])
    assert sweep.table["accuracy_share"].isna().all()


@pytest.mark.parametrize("accuracy", [[0.5] * 3, [0.5, 0.6, float("nan")]])
def test_of_nothing_there_is_no_share(sweep, accuracy):
    sweep.add(["init"], [1, 2, 3], [0.5, 0.6, 0.7])
    sweep.add(ALL, [1, 2, 3], accuracy)
    assert sweep.table["accuracy_share"].isna().all()


def test_a_share_of_other_replicates_has_no_interval(sweep):
    values = [0.5, 0.61, 0.7, 0.75]
    sweep.add(["init"], [1, 2, 3, None], values)
    sweep.add(["order"], [1, 2, 3, 4], values)
    sweep.add(ALL, [1, 2, 3, 4], [0.5, 0.9, 0.1, 0.4])
    table = sweep.table.set_index("source")
    assert table["accuracy_share"].notna().all()
    assert table["accuracy_share_low"].notna().tolist() == [False, True, False]


def test_a_sweep_made_twice_is_no_further_evidence(sweep):
    for _ in range(2):
        sweep.add(["init"], [1, 2, 3], [0.5, 0.6, 0.7])
        sweep.add([], [1, 1, 1], [0.5, 0.5, 0.5])
    assert sweep.row("init")["runs"] == 3
    assert sweep.row("init")["accuracy_sd"] == pytest.approx(0.1)
    assert sweep.row("none")["runs"] == 6


def test_an_interval_holds_its_estimate_and_the_spread_of_enough_runs():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        found = estimate_sd(rng.normal(size=10))
        assert found.low < found.value < found.high
        held.append(found.low <= 1 <= found.high)
    assert 0.9 < np.mean(held) < 0.98  # at 95 % confidence


def test_intervals_of_few_or_equal_values():
    assert estimate_sd(np.array([1.0])) == (None, None, None)
    assert estimate_sd(np.array([1.0, np.inf, 2.0])) == (None, None, None)
    assert estimate_sd(np.array([1.0, 2.0])) == (pytest.approx(0.5**0.5), None, None)
    assert estimate_sd(np.array([3.0] * 5)) == (0, None, None)
    assert estimate_sd(np.array([0.1] * 5 + [0.3])).low is None
    assert estimate_sd(np.array([1.0, 2.0, 4.0])).low is not None


def test_a_share_that_is_always_the_same_has_no_interval():
    """Half of the other, whichever run is left out: nothing varies."""
    values = np.array([1.0, 2.0, 4.0, 3.0])
    assert estimate_share(values, 2 * values) == (pytest.approx(0.5), None, None)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-100, 100, width=16), min_size=4, max_size=12), st.randoms())
def test_order_and_scale_of_the_runs_do_not_matter(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    one, other, scaled = (
        estimate_sd(np.array(each)) for each in (values, shuffled, [8 * v for v in values])
    )
    np.testing.assert_allclose(np.array(one, float), np.array(other, float), rtol=1e-6)
    np.testing.assert_allclose(8 * np.array(one, float), np.array(scaled, float), rtol=1e-6)


# --- between runs


def test_identical_runs_agree_in_everything(sweep):
    sweep.add([], [1, 1, 1])
    sweep.add(["init"], [1, 2, 3])
    row = sweep.row("none")
    assert (row["churn"], row["correlation"]) == (0, pytest.approx(1))
    assert row[["churn_low", "churn_high", "correlation_low", "correlation_high"]].isna().all()


def test_churn_is_that_of_the_comparison(sweep):
    values = of_labels([0, 1, 2, 0], [0, 1, 1, 1], [0, 2, 0, 1])
    sweep.add(["init"], values)
    sweep.add([], values[:1] * 3)
    row = sweep.row("init")
    # Of 3 pairs, on the 4 inputs: 0, 2, 3 and 2 differ.
    assert row["churn"] == pytest.approx(7 / 12)
    assert row["churn"] == pytest.approx(sweep.measurements[0].comparison.churn)
    assert 0 <= row["churn_low"] < row["churn"] < row["churn_high"] <= 1


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(2, 4), st.integers(0, 10**6))
def test_linear_formulas_are_those_over_pairs(runs, inputs, units, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (runs, inputs, units)).astype(float)
    values[rng.random(values.shape) < 0.05] = np.nan
    held = Outputs(
        values[:, None, None], np.ones((runs, 1, 1, inputs, units), bool),
        np.zeros((0, 0, 0, 0, 0)), np.zeros((0, 0, 0, 0, 0), bool), (), (None,) * runs,
        np.arange(inputs, dtype=np.uint64),
    )  # fmt: skip
    assert churn(values).value == pytest.approx(measure_variance(held, Tolerance()).churn)
    values = rng.normal(size=values.shape)
    every = np.corrcoef(values.reshape(runs, -1))[np.triu_indices(runs, 1)]
    assert correlation(values).value == pytest.approx(every.mean())


def test_opposite_outputs_are_anticorrelated():
    values = np.array([[[1.0, 2.0]], [[2.0, 1.0]]])
    assert correlation(values) == (pytest.approx(-1), None, None)


@pytest.mark.parametrize("bad", [[[5.0, 5.0]], [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_a_run_without_variation_has_no_correlation(bad):
    assert correlation(np.array([[[1.0, 2.0]], bad])).value is None


def test_large_outputs_do_not_overflow():
    values = np.random.default_rng(0).normal(size=(3, 4, 2))
    assert correlation(1e300 * values).value == pytest.approx(correlation(values).value)


def test_other_inputs_are_not_compared(sweep):
    sweep.add(["split"], [1, 2, 3], [0.1, 0.2, 0.4], inputs=[[0, 1, 2, i] for i in (3, 4, 5)])
    sweep.add([], [1, 1, 1], [0.1, 0.1, 0.1])
    row = sweep.row("split")
    assert row[["churn", "correlation", "averaging_gain"]].isna().all()
    assert row["note"] == OTHER_INPUTS
    assert row["accuracy_sd"] > 0


def test_one_unit_has_no_label():
    values = np.random.default_rng(0).normal(size=(3, 4, 1))
    assert churn(values).value is None
    assert averaging_gain(values, np.zeros(4, int)).value is None
    assert correlation(values).value is not None


# --- averaging


def test_averaging_runs_that_are_wrong_elsewhere_gains():
    """Both are right in one of two inputs; their average is right in both."""
    values = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.4, 0.6], [0.1, 0.9]]])
    values[0, 0], values[1, 0] = [0.9, 0.1], [0.4, 0.6]
    assert averaging_gain(values, np.array([0, 1])) == (pytest.approx(0.5), None, None)
    assert averaging_gain(values[[0, 0]], np.array([0, 1])).value == 0


def test_the_gain_of_three_runs_by_hand(sweep):
    values = [
        np.array(each, np.float32)[None, None]
        for each in ([[0.9, 0.1], [0.6, 0.4]], [[0.4, 0.6], [0.1, 0.9]], [[0.3, 0.7], [0.2, 0.8]])
    ]
    targets = np.array([0, 1])
    sweep.add(["init"], values, targets=targets)
    sweep.add([], values[:1] * 3, targets=targets)
    # Accuracies 1/2 each; averages of runs 0+1: both right, 0+2: both right, 1+2: one right.
    assert sweep.row("init")["averaging_gain"] == pytest.approx((0.5 + 0.5 + 0) / 3)
    assert sweep.row("none")["averaging_gain"] == 0
    assert -1 <= sweep.row("init")["averaging_gain_low"] < sweep.row("init")["averaging_gain_high"]


@pytest.mark.parametrize("targets", [[0, 2], [-1, 0], [0]])
def test_targets_that_are_no_labels_have_no_gain(targets):
    values = np.random.default_rng(0).normal(size=(2, 2, 2))
    assert averaging_gain(values, np.array(targets)).value is None


def test_without_targets_there_is_no_gain(sweep):
    sweep.add(["init"], [1, 2])
    sweep.add([], [1, 1])
    assert sweep.table["averaging_gain"].isna().all()
    assert sweep.table["churn"].notna().all()


@pytest.mark.parametrize("runs", [2, 3, 20, 21, 1000, 100_000])
def test_pairs_are_all_or_a_sample(runs):
    pairs = _sample_pairs(runs)
    assert len(set(pairs)) == len(pairs) == min(runs * (runs - 1) // 2, MOST_PAIRS)
    assert all(0 <= one < other < runs for one, other in pairs)
    assert pairs == _sample_pairs(runs)
