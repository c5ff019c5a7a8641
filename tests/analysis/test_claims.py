"""Claims against measurements, of every kind and with every result."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import outputs, write

from runner.analysis.claims.check import check_claims
from runner.analysis.claims.checked import Checked, Result, count_results
from runner.analysis.measurement import measure
from runner.analysis.results import collate
from runner.record.reader import read_stored

HOLDS, REFUTED, INCONCLUSIVE = Result


def check(sweep, claim, runs, **changes):
    """Check one claim on runs of these outputs (build, call, input, unit); None: it failed."""
    said = {"text": "so they say", **claim}
    for job, values in enumerate(runs):
        each = {name: value[job] for name, value in changes.items()}
        write(sweep, job, values, claims=[said], **each)
    stored, problems = read_stored(sweep)
    assert problems == []
    (checked,) = check_claims(measure(stored))
    return checked


def equal(count):
    return [outputs()] * count


def different(count):
    return [outputs(seed) for seed in range(count)]


# --- states: differing needs one pair, sameness needs runs


@pytest.mark.parametrize(
    ("claimed", "runs", "result", "needed"),
    [
        ("same", equal(30), HOLDS, None),
        ("same", equal(29), INCONCLUSIVE, 30),
        ("same", equal(2), INCONCLUSIVE, 30),
        ("same", equal(1), INCONCLUSIVE, None),
        ("same", different(2), REFUTED, None),
        ("differs", different(2), HOLDS, None),
        ("differs", equal(30), REFUTED, None),
        ("differs", equal(5), INCONCLUSIVE, 30),
        ("rounding", different(2), REFUTED, None),
        ("rounding", equal(5), INCONCLUSIVE, 30),
        ("same", [None, None], INCONCLUSIVE, None),
    ],
)
def test_states_across_runs(tmp_path, claimed, runs, result, needed):
    checked = check(tmp_path, {"across_runs": claimed}, runs)
    assert (checked.result, checked.needed) == (result, needed)
    assert checked.check == f"across_runs: {claimed}"


def test_rounding_can_still_become_worse(tmp_path):
    off = [outputs(), np.nextafter(outputs(), np.float32(9))]
    assert check(tmp_path / "a", {"across_runs": "rounding"}, off).result is INCONCLUSIVE
    assert check(tmp_path / "b", {"across_runs": "differs"}, off).result is INCONCLUSIVE
    assert check(tmp_path / "c", {"across_runs": "same"}, off).result is REFUTED
    many = [off[run % 2] for run in range(30)]
    assert check(tmp_path / "d", {"across_runs": "rounding"}, many).result is HOLDS


def test_inputs_are_the_other_way_round(tmp_path):
    # One run that ignores its input shows it; that none does needs runs.
    constant = np.zeros((2, 2, 4, 3), np.float32)
    assert check(tmp_path / "a", {"across_inputs": "same"}, [constant] * 2).result is HOLDS
    assert check(tmp_path / "b", {"across_inputs": "differs"}, [constant] * 2).result is REFUTED
    assert check(tmp_path / "c", {"across_inputs": "differs"}, different(2)).result is INCONCLUSIVE
    assert check(tmp_path / "d", {"across_inputs": "differs"}, different(29)).result is HOLDS
    assert check(tmp_path / "e", {"across_inputs": "same"}, different(29)).result is REFUTED


@pytest.mark.parametrize("axis", ["across_builds", "across_calls"])
def test_inside_a_run_each_run_is_a_trial(tmp_path, axis):
    assert check(tmp_path / "a", {axis: "same"}, different(29)).result is HOLDS
    few = check(tmp_path / "b", {axis: "same"}, different(28))
    assert (few.result, few.needed) == (INCONCLUSIVE, 29)
    once = [outputs(seed, shape=(1, 1, 4, 3)) for seed in range(3)]
    unmeasured = check(tmp_path / "c", {axis: "same"}, once)
    assert unmeasured.result is INCONCLUSIVE
    assert unmeasured.measured == "unmeasured (3 runs)"


def test_more_replicates_make_no_more_replays(tmp_path):
    changes = {"replay_of": [None, None, 0], "seeds": [{"value": v} for v in (1, 2, 1)]}
    runs = [outputs(0), outputs(1), outputs(0)]
    checked = check(tmp_path, {"replay": "same"}, runs, **changes)
    assert (checked.result, checked.needed) == (INCONCLUSIVE, None)
    assert checked.measured == "same (1 replay)"
    runs[2] = outputs(5)
    assert check(tmp_path / "b", {"replay": "same"}, runs, **changes).result is REFUTED


# --- verdicts


def test_a_verdict_about_sameness_needs_runs_and_its_contrary_may_not(tmp_path):
    claim = {"verdict": "deterministic"}
    assert check(tmp_path / "a", claim, equal(30)).result is HOLDS
    few = check(tmp_path / "b", claim, equal(5))
    assert (few.result, few.needed) == (INCONCLUSIVE, 30)
    assert check(tmp_path / "c", claim, different(2)).result is REFUTED
    assert check(tmp_path / "d", claim, equal(1)).result is INCONCLUSIVE
    builds_differ = np.concatenate([outputs(0, (1, 2, 4, 3)), outputs(1, (1, 2, 4, 3))])
    # However many runs agree: that builds differ was seen.
    assert check(tmp_path / "e", claim, [builds_differ] * 2).result is REFUTED
    unmeasured = [outputs(0, (1, 2, 4, 3))] * 30
    assert check(tmp_path / "f", claim, unmeasured).result is INCONCLUSIVE


def test_uncontrolled_is_seen_in_two_runs(tmp_path):
    checked = check(tmp_path, {"verdict": "uncontrolled"}, different(2))
    assert (checked.result, checked.measured) == (HOLDS, "uncontrolled (2 runs)")
    assert check(tmp_path / "b", {"verdict": "failed"}, [None]).result is INCONCLUSIVE


# --- metrics: by their intervals


def accuracies(*values):
    return {"metrics": [[{"accuracy": value}] * 2 for value in values]}


def mean(center, within):
    return {"metric": "accuracy", "mean": center, "within": within}


def test_a_mean_holds_when_all_of_its_interval_does(tmp_path):
    # Mean 0.9, SD 0.01; t(0.975, 2 degrees) = 4.303, so the interval is 0.9 ± 0.0248.
    measured = accuracies(0.89, 0.9, 0.91)
    runs = different(3)
    assert check(tmp_path / "a", mean(0.9, 0.025), runs, **measured).result is HOLDS
    near = check(tmp_path / "b", mean(0.9, 0.02), runs, **measured)
    # t(0.975, 3) * 0.01 / 2 = 0.0159, the first that is at most 0.02.
    assert (near.result, near.needed) == (INCONCLUSIVE, 4)
    assert check(tmp_path / "c", mean(0.95, 0.02), runs, **measured).result is REFUTED
    assert near.measured == "0.9, interval 0.8752 to 0.9248 (3 runs)"
    assert near.check == "mean accuracy: 0.9 ± 0.02"


def test_a_mean_on_the_very_bound_needs_more_runs_than_there_can_be(tmp_path):
    checked = check(tmp_path, mean(0.8, 0.1), different(3), **accuracies(0.89, 0.9, 0.91))
    assert (checked.result, checked.needed) == (INCONCLUSIVE, None)


def test_equal_metrics_are_as_conclusive_as_equal_runs(tmp_path):
    assert check(tmp_path / "a", mean(0.5, 0), equal(5), **accuracies(*[0.5] * 5)).needed == 30
    checked = check(tmp_path / "b", mean(0.4, 0.1), equal(30), **accuracies(*[0.5] * 30))
    assert checked.result is HOLDS


def test_a_metric_that_nobody_measured_settles_nothing(tmp_path):
    claim = {"metric": "acuracy", "sd_at_most": 1.0}
    checked = check(tmp_path, claim, different(3))
    assert (checked.result, checked.measured) == (INCONCLUSIVE, "no run has a metric acuracy")
    assert check(tmp_path / "b", mean(0.5, 1), different(1)).measured == "no interval (1 run)"


def test_a_standard_deviation_holds_when_all_of_its_interval_does(tmp_path):
    # SD 1 of 3 values; chi-square with 2 degrees: 0.0506 and 7.378, so 0.5207 to 6.285.
    measured = accuracies(1.0, 2.0, 3.0)
    runs = different(3)
    assert check(tmp_path / "a", sd(6.3), runs, **measured).result is HOLDS
    assert check(tmp_path / "b", sd(0.52), runs, **measured).result is REFUTED
    between = check(tmp_path / "c", sd(2.0), runs, **measured)
    assert between.result is INCONCLUSIVE
    assert between.measured == "1, interval 0.5207 to 6.285 (3 runs)"
    # With 8 degrees of freedom the factor is sqrt(8/2.180) = 1.916; with 7 it is 2.035.
    assert between.needed == 9
    assert check(tmp_path / "d", sd(1.0), runs, **measured).needed is None


def sd(bound):
    return {"metric": "accuracy", "sd_at_most": bound}


def test_no_spread_in_few_runs_is_no_proof_of_none(tmp_path):
    few = check(tmp_path / "a", sd(0.0), equal(3), **accuracies(0.5, 0.5, 0.5))
    assert (few.result, few.needed) == (INCONCLUSIVE, 30)
    assert check(tmp_path / "b", sd(0.0), equal(30), **accuracies(*[0.5] * 30)).result is HOLDS


# --- digests


def test_one_other_digest_refutes_and_equal_ones_need_runs(tmp_path):
    claim = {"digest": "0" * 16}
    digests = ["0" * 16, "0" * 16, "1" * 16]
    checked = check(tmp_path / "a", claim, equal(3), digest=digests)
    assert (checked.result, checked.measured) == (REFUTED, f"{'1' * 16} in 1 of 3 runs")
    several = check(tmp_path / "d", claim, equal(4), digest=[*digests, "2" * 16])
    assert several.measured == "2 others in 2 of 4 runs"
    few = check(tmp_path / "b", claim, equal(3), digest=["0" * 16] * 3)
    assert (few.result, few.needed) == (INCONCLUSIVE, 29)
    assert check(tmp_path / "c", claim, equal(29), digest=["0" * 16] * 29).result is HOLDS


# --- the table


def test_results_are_counted_worst_first():
    made = [Checked("t", None, "c", "m", result) for result in (HOLDS, REFUTED, HOLDS)]
    assert count_results(made) == "1 refuted, 2 holds"
    assert count_results([]) is None


def test_the_table_counts_claims_and_the_frame_lists_them(tmp_path):
    said = [
        {"text": "it never changes", "source": "a paper", "across_runs": "same"},
        {"text": "it varies", "across_runs": "differs"},
    ]
    for job, values in enumerate(different(2)):
        write(tmp_path, job, values, claims=said)
    results = collate(tmp_path)
    assert results.table["claims"].tolist() == ["1 refuted, 1 holds"]
    assert results.claims["result"].tolist() == ["refuted", "holds"]
    assert results.claims["source"][0] == "a paper"
    assert results.claims["needed_replicates"].isna().all()
    assert results.refuted == 1
    assert results.explain_failure() == "1 of 2 claims were refuted"


def test_without_claims_nothing_is_missing(tmp_path):
    write(tmp_path, 0, outputs())
    results = collate(tmp_path)
    assert results.table["claims"].isna().all()
    assert len(results.claims) == 0
    assert results.explain_failure() is None
