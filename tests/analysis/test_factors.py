"""What changing one key does, from sweeps written to disk without running anything."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from runner.analysis.factors import (
    ALONE,
    AMBIGUOUS,
    COLUMNS,
    DEFAULT,
    FAILED,
    OTHER_INPUTS,
    OTHER_MACHINE,
    OTHER_SEEDS,
    UNCONTROLLED,
    UNREPEATED,
    UNSEEDED,
    compare_factors,
)
from runner.analysis.measurement import measure
from runner.analysis.results import collate
from runner.numeric.intervals import welch_interval
from runner.record.reader import read_stored
from runner.record.record import NAMES
from tests.synthetic import outputs, write


class Sweep:
    """Configurations that are written run by run, and then measured."""

    def __init__(self, directory):
        self._directory = directory
        self._jobs = itertools.count()

    def add(self, overrides, runs, seeds="fixed", replays="same", accuracy=None, **changes):
        """Write a configuration.

        Args:
            overrides: "a=1 b=2".
            runs: the outputs of each, or a number that they are made from, or None: it failed.
            seeds: "fixed": equal ones; "derived": by replicate; or a dictionary for each run.
            replays: "same" or "differs": how run 0 repeats; None: nothing was replayed.
            accuracy: of each run.
            changes: of each record.
        """
        pairs = dict(each.split("=") for each in overrides.split())
        recorded = {
            "fixed": [{"value": 42}] * len(runs),
            "derived": [{"init": i, "order": 100 + i} for i in range(len(runs))],
        }
        recorded = recorded[seeds] if isinstance(seeds, str) else seeds
        common = {
            "overrides": pairs,
            "configuration": f"{abs(hash(overrides)):012x}"[:12],
            "fingerprints": [],
            **changes,
        }
        first = None
        for i, run in enumerate(runs):
            job = next(self._jobs)
            first = job if first is None else first
            metrics = [{"accuracy": accuracy[i]}] if accuracy else []
            common |= {"replicate": i, "seeds": recorded[i], "metrics": metrics}
            write(self._directory, job, made(run), **common)
        if replays and seeds != "fixed":
            again = made(runs[0]) + (replays == "differs")
            common |= {"replicate": 0, "seeds": recorded[0], "metrics": [], "replay_of": first}
            if accuracy:
                common["metrics"] = [{"accuracy": accuracy[0]}]
            write(self._directory, next(self._jobs), again, **common)

    @property
    def measurements(self):
        groups = {}
        for stored in read_stored(self._directory)[0]:
            key = (stored.configuration.id, *stored.configuration.overrides.items())
            groups.setdefault(key, []).append(stored)
        return [measure(group) for group in groups.values()]

    @property
    def table(self):
        return compare_factors(self.measurements)

    @property
    def row(self):
        ((_, row),) = self.table.iterrows()
        return row


def made(run):
    return outputs(run) if isinstance(run, int) else run


def counts(row):
    return [row[name] for name in ("pairs", "same", "rounding", "differs", "unmeasured")]


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path)


# --- states


def test_a_factor_without_effect_is_the_same(sweep):
    sweep.add("shuffle=on", [1, 1, 1])
    sweep.add("shuffle=off", [1, 1])
    row = sweep.row
    assert [row[name] for name in ("factor", "levels", "level", "against")] == [
        "shuffle", "on, off", "off", "on",
    ]  # fmt: skip
    assert counts(row) == [1, 1, 0, 0, 0]
    assert row["state"] == "same"
    assert row["note"] is None


def test_replicates_are_paired_by_their_seeds_and_not_by_their_place(sweep):
    seeds = [{"init": i} for i in range(3)]
    sweep.add("shuffle=on", [1, 2, 3], seeds)
    sweep.add("shuffle=off", [3, 1, 2], [seeds[2], seeds[0], seeds[1]])
    assert sweep.row["state"] == "same"


@pytest.mark.parametrize("seeds", ["fixed", "derived"])
def test_one_run_that_differs_is_enough(sweep, seeds):
    others = [1, 1, 1] if seeds == "fixed" else [1, 2, 9]
    sweep.add("shuffle=on", [1, 1, 1] if seeds == "fixed" else [1, 2, 3], seeds)
    sweep.add("shuffle=off", others if seeds == "derived" else [4, 4, 4], seeds)
    assert counts(sweep.row) == [1, 0, 0, 1, 0]
    assert sweep.row["state"] == "differs"


def test_other_names_of_equal_outputs_differ(sweep):
    sweep.add("shuffle=on", [1, 1], fingerprints=[{NAMES: "n"}] * 2)
    sweep.add("shuffle=off", [1, 1], fingerprints=[{NAMES: "m"}] * 2)
    assert counts(sweep.row) == [1, 0, 0, 1, 0]


def test_the_last_bit_is_rounding(sweep):
    sweep.add("onednn=on", [1, 1])
    near = np.nextafter(outputs(1), np.float32(np.inf))
    sweep.add("onednn=off", [near, near])
    assert sweep.row["state"] == "rounding"


def test_a_key_with_one_value_is_no_factor(sweep):
    sweep.add("shuffle=on seed=fixed", [1, 1])
    sweep.add("shuffle=off seed=fixed", [1, 1])
    assert list(sweep.table["factor"]) == ["shuffle"]


def test_without_a_swept_key_there_are_columns_and_no_rows(sweep):
    sweep.add("shuffle=on", [1, 1], accuracy=[0.5, 0.5])
    assert len(sweep.table) == 0
    assert list(sweep.table.columns) == [
        *COLUMNS, "accuracy_diff", "accuracy_diff_low", "accuracy_diff_high",
    ]  # fmt: skip
    assert list(compare_factors([]).columns) == list(COLUMNS)


def test_other_factors_are_held_constant(sweep):
    """`b` changes the outputs, `a` only where b=2."""
    for a, b, values in ((1, 1, 5), (1, 2, 6), (2, 1, 5), (2, 2, 7)):
        sweep.add(f"a={a} b={b}", [values] * 2)
    rows = {row["factor"]: row for _, row in sweep.table.iterrows()}
    assert counts(rows["a"]) == [2, 1, 0, 1, 0]
    assert counts(rows["b"]) == [2, 0, 0, 2, 0]
    assert rows["a"]["state"] == rows["b"]["state"] == "differs"


def test_each_further_level_is_compared_with_the_first(sweep):
    for level, values in (("x", 1), ("y", 1), ("z", 3)):
        sweep.add(f"model={level}", [values] * 2)
    table = sweep.table
    assert list(table["level"]) == ["y", "z"]
    assert list(table["against"]) == ["x", "x"]
    assert list(table["state"]) == ["same", "differs"]
    assert set(table["levels"]) == {"x, y, z"}


def test_a_key_that_is_not_given_has_a_level_of_its_own(sweep):
    sweep.add("seed=fixed", [1, 1])
    sweep.add("seed=fixed shuffle=off", [2, 2])
    assert (sweep.row["against"], sweep.row["level"]) == (DEFAULT, "off")
    assert sweep.row["state"] == "differs"


def test_builds_and_calls_that_both_have_are_compared(sweep):
    sweep.add("builds=1", [outputs(1, (1, 2, 4, 3))] * 2)
    sweep.add("builds=2", [outputs(1, (2, 1, 4, 3))] * 2)
    assert sweep.row["state"] == "same"


def test_another_number_of_units_differs(sweep):
    sweep.add("model=x", [outputs(1, (1, 1, 4, 3))] * 2)
    sweep.add("model=y", [outputs(1, (1, 1, 4, 2))] * 2)
    assert sweep.row["state"] == "differs"


@pytest.mark.parametrize(
    ("dtype", "state"), [("float64", "same"), ("float16", "differs"), ("int32", "differs")]
)
def test_another_type_is_compared_by_value(sweep, dtype, state):
    sweep.add("dtype=float32", [outputs(1)] * 2)
    sweep.add(f"dtype={dtype}", [outputs(1).astype(dtype)] * 2)
    assert sweep.row["state"] == state


# --- what proves nothing


def test_unseeded_runs_prove_nothing(sweep):
    for level in ("on", "off"):
        sweep.add(f"shuffle={level}", [1, 2], [{}, {}], replays=None)
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", UNSEEDED)
    assert counts(sweep.row) == [1, 0, 0, 0, 1]


@pytest.mark.parametrize("uncontrolled", ["on", "off"])
def test_chance_inside_a_configuration_proves_nothing_of_the_factor(sweep, uncontrolled):
    for level in ("on", "off"):
        sweep.add(f"shuffle={level}", [1, 2] if level == uncontrolled else [1, 1])
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", UNCONTROLLED)


def test_a_replay_that_does_not_repeat_its_run_proves_nothing(sweep):
    sweep.add("shuffle=on", [1, 2], "derived", replays="differs")
    sweep.add("shuffle=off", [3, 4], "derived")
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", UNCONTROLLED)


@pytest.mark.parametrize(("others", "state"), [([1, 2], "same"), ([1, 3], "unmeasured")])
def test_without_a_replay_only_equal_outputs_say_something(sweep, others, state):
    sweep.add("shuffle=on", [1, 2], "derived", replays=None)
    sweep.add("shuffle=off", others, "derived")
    assert sweep.row["state"] == state
    assert sweep.row["note"] == (None if state == "same" else UNREPEATED)


def test_other_seeds_prove_nothing(sweep):
    sweep.add("seed=fixed", [1, 1])
    sweep.add("seed=derived", [1, 2], "derived")
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", OTHER_SEEDS)


def test_other_inputs_prove_nothing(sweep):
    few, many = outputs(1, (1, 1, 4, 3)), outputs(1, (1, 1, 8, 3))
    sweep.add("probe.inputs=4", [few, few])
    sweep.add("probe.inputs=8", [many, many])
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", OTHER_INPUTS)


def test_another_machine_proves_nothing(sweep):
    sweep.add("shuffle=on", [1, 1])
    sweep.add("shuffle=off", [1, 1], environment={"python": "3.12"})
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", OTHER_MACHINE)


def test_failed_runs_prove_nothing(sweep):
    sweep.add("shuffle=on", [1, 1])
    sweep.add("shuffle=off", [None, None])
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", FAILED)


def test_two_configurations_of_equal_overrides_cannot_be_told_apart(sweep):
    sweep.add("shuffle=on", [1, 1])
    sweep.add("shuffle=on", [2, 2], configuration="f" * 12)
    sweep.add("shuffle=off", [1, 1])
    assert (sweep.row["state"], sweep.row["note"]) == ("unmeasured", AMBIGUOUS)
    assert counts(sweep.row) == [1, 0, 0, 0, 1]


def test_configurations_that_differ_in_more_are_not_compared(sweep):
    sweep.add("a=1 b=1", [1, 1])
    sweep.add("a=2 b=2", [2, 2])
    assert list(sweep.table["note"]) == [ALONE, ALONE]
    assert list(sweep.table["pairs"]) == [0, 0]
    assert list(sweep.table["state"]) == ["unmeasured"] * 2


def test_pairs_that_say_nothing_do_not_hide_those_that_do(sweep):
    for seed, seeds in (("fixed", "fixed"), ("unset", [{}, {}])):
        for shuffle, values in (("on", 1), ("off", 2)):
            replays = "same" if seeds == "fixed" else None
            sweep.add(f"seed={seed} shuffle={shuffle}", [values] * 2, seeds, replays)
    rows = {row["factor"]: row for _, row in sweep.table.iterrows()}
    assert counts(rows["shuffle"]) == [2, 0, 0, 1, 1]
    assert (rows["shuffle"]["state"], rows["shuffle"]["note"]) == ("differs", UNSEEDED)
    assert rows["seed"]["state"] == "unmeasured"


# --- metrics


def difference(row):
    return [row[f"accuracy_{name}"] for name in ("diff", "diff_low", "diff_high")]


def test_differences_of_equal_seeds_are_paired(sweep):
    before, after = [0.5, 0.7, 0.9], [0.6, 0.75, 1.0]
    sweep.add("shuffle=on", [1, 2, 3], "derived", accuracy=before)
    sweep.add("shuffle=off", [4, 5, 6], "derived", accuracy=after)
    paired = stats.ttest_rel(after, before).confidence_interval(0.95)
    expected = [np.mean(np.subtract(after, before)), *paired]
    np.testing.assert_allclose(difference(sweep.row), expected, rtol=1e-12)


def test_equal_seeds_count_once(sweep):
    """Ten copies of one run are one run, of which there is no interval."""
    sweep.add("shuffle=on", [1] * 10, accuracy=[0.1] * 10)
    sweep.add("shuffle=off", [2] * 10, accuracy=[0.3] * 10)
    found = difference(sweep.row)
    assert found[0] == pytest.approx(0.2)
    assert np.isnan(found[1:]).all()


def test_a_seed_counts_once_over_all_other_factors(sweep):
    """Twice as many configurations with the same seeds are not twice as many independent runs."""
    accuracy = {(1, 1): [0.1, 0.3], (2, 1): [0.2, 0.6], (1, 2): [0.5, 0.5], (2, 2): [0.4, 0.9]}
    for (a, b), values in accuracy.items():
        sweep.add(f"a={a} b={b}", [1, 2], "derived", accuracy=values)
    rows = {row["factor"]: row for _, row in sweep.table.iterrows()}
    each = [(0.1 - 0.1) / 2, (0.3 + 0.4) / 2]
    low, high = stats.ttest_1samp(each, 0).confidence_interval(0.95)
    np.testing.assert_allclose(difference(rows["a"]), [0.175, low, high], atol=1e-12)


def test_independent_runs_get_welchs_interval(sweep):
    one, other = [0.5, 0.7, 0.9, 0.8], [0.6, 0.75, 1.0]
    sweep.add("shuffle=on", [1, 2, 3, 4], [{}] * 4, replays=None, accuracy=one)
    sweep.add("shuffle=off", [5, 6, 7], [{"value": i} for i in range(3)], accuracy=other)
    expected = stats.ttest_ind(other, one, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    found = difference(sweep.row)
    np.testing.assert_allclose(found, [np.mean(other) - np.mean(one), low, high], rtol=1e-12)


def test_configurations_without_runs_leave_the_others_their_difference(sweep):
    unseeded = {"seeds": [{}] * 3, "replays": None}
    for b in (1, 2):
        sweep.add(f"a=1 b={b}", [1, 2, 3], **unseeded, accuracy=[0.1, 0.2, 0.3])
    sweep.add("a=2 b=1", [4, 5, 6], **unseeded, accuracy=[0.2, 0.3, 0.4])
    sweep.add("a=2 b=2", [None] * 3, **unseeded)
    rows = {row["factor"]: row for _, row in sweep.table.iterrows()}
    assert difference(rows["a"])[0] == pytest.approx(0.1)
    assert difference(rows["a"])[1] < 0 < difference(rows["a"])[2]


def test_a_metric_that_is_not_a_number_has_no_difference(sweep):
    sweep.add("shuffle=on", [1, 2], "derived", accuracy=[0.5, float("nan")])
    sweep.add("shuffle=off", [1, 2], "derived", accuracy=[0.5, 0.5])
    assert np.isnan(difference(sweep.row)).all()


def test_a_metric_that_one_level_lacks_has_no_difference(sweep):
    sweep.add("shuffle=on", [1, 2], "derived", accuracy=[0.5, 0.5])
    sweep.add("shuffle=off", [1, 2], "derived")
    assert np.isnan(difference(sweep.row)).all()


def test_welchs_interval_of_few_or_equal_values():
    assert welch_interval([], [1.0]) == (None, None, None)
    assert welch_interval([1.0], [1.5, 2.5]) == (1.0, None, None)
    assert welch_interval([1.0, 1.0], [3.0, 3.0]) == (2.0, 2.0, 2.0)
    assert welch_interval([1.0, np.inf], [3.0, 3.0]) == (None, None, None)


def test_a_higher_confidence_widens_the_interval():
    (_, low, high), (_, lower, higher) = (
        welch_interval([1.0, 2.0, 4.0], [2.0, 3.0], confidence) for confidence in (0.9, 0.99)
    )
    assert lower < low < high < higher


# --- size


def test_a_thousand_configurations_take_no_time(tmp_path):
    sweep = Sweep(tmp_path)
    for a, b in itertools.product(range(10), range(10)):
        sweep.add(f"a={a} b={b} c=0", [a, a, a], accuracy=[0.1, 0.1, 0.1])
    some = sweep.measurements
    many = [
        measure_again(each, {**each.overrides, "c": str(c)}) for c in range(10) for each in some
    ]
    start = time.perf_counter()
    table = compare_factors(many)
    assert time.perf_counter() - start < 5
    states = table.groupby("factor")["state"].agg(set).to_dict()
    assert states == {"a": {"differs"}, "b": {"same"}, "c": {"same"}}
    assert set(table["pairs"]) == {100}


def measure_again(measured, overrides):
    return replace(measured, configuration=replace(measured.configuration, overrides=overrides))


def test_a_factor_of_very_many_levels_lists_the_first_of_them(tmp_path):
    for job in range(120):
        overrides = {"model": f"m{job}"}
        write(tmp_path, job, outputs(), configuration=f"{job:012x}", overrides=overrides)
    found = collate(tmp_path).factors
    assert len(found) == 119
    (levels,) = set(found["levels"])
    assert levels.endswith("m98, m99, and 20 more")
