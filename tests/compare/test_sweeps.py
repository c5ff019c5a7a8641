"""Two sweeps compared: what counts as the same, what as chance, and what is said of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import OVERRIDES, fingerprints
from synthetic_sweeps import (
    BASE,
    MOVED,
    OTHER,
    RANDOM,
    ROUNDED,
    compared,
    only,
    seeded,
    sweep,
)

from runner.compare.snapshot import Configuration, read_snapshot, shorten
from runner.compare.sweeps import compare_sweeps, match
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State, Verdict

# --- bit for bit


def test_equal_sweeps_are_the_same(tmp_path):
    found = compared(sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", BASE, BASE, BASE))
    assert found.is_same()
    assert only(found).changes() == ()
    assert only(found).state is State.SAME
    assert only(found).pairing.seeds == 1
    assert only(found).pairing.repeats == (True, True)
    assert only(found).verdict_changed is False
    assert {m.name: m.state for m in only(found).metrics} == {
        "loss": State.SAME,
        "accuracy": State.SAME,
    }


def test_a_difference_has_a_size_a_stage_and_a_reason(tmp_path):
    stages = fingerprints(**{"init/a": "x", "order/0": "y", "outputs": "z"})
    a = sweep(tmp_path / "a", BASE, BASE, fingerprints=fingerprints())
    found = only(compared(a, sweep(tmp_path / "b", MOVED, MOVED, fingerprints=stages)))
    assert found.state is State.DIFFERS
    assert found.pairing.max_abs_diff == pytest.approx(0.25)
    assert (found.pairing.build, found.pairing.first) == (0, "init/a")
    assert "its recorded seed is the same (42)" in found.pairing.explanation
    assert found.changes() == ("outputs differ, first at init/a in build 0, by at most 0.25",)
    assert found.verdict_changed is False


def test_the_first_build_that_parts_comes_before_an_earlier_stage_of_a_later_one(tmp_path):
    first, second = fingerprints(outputs="x")[0], fingerprints(data="y")[0]
    a = sweep(tmp_path / "a", BASE, fingerprints=fingerprints() * 2)
    found = only(compared(a, sweep(tmp_path / "b", MOVED, fingerprints=[first, second])))
    assert (found.pairing.build, found.pairing.first) == (0, "outputs")


def test_rounding_counts_unless_it_is_allowed(tmp_path):
    close = [{"loss": 0.5 + 1e-9, "accuracy": 0.75}, {"loss": 9.0, "accuracy": 0.0}]
    a = sweep(tmp_path / "a", BASE, BASE)
    found = compared(a, sweep(tmp_path / "b", ROUNDED, ROUNDED, metrics=close))
    assert only(found).state is State.ROUNDING
    assert [m.state for m in only(found).metrics] == [State.ROUNDING, State.SAME]
    first, second = only(found).changes()
    assert first.startswith("outputs differ by rounding, by at most ")
    assert second == "metrics differ: loss by 1e-09"
    assert not found.is_same()
    assert found.is_same(allow_rounding=True)


def test_allowed_rounding_does_not_excuse_a_metric(tmp_path):
    far = [{"loss": 0.5, "accuracy": 0.5}]
    found = compared(sweep(tmp_path / "a", BASE), sweep(tmp_path / "b", ROUNDED, metrics=far))
    assert only(found).changes(allow_rounding=True) == ("metrics differ: accuracy by 0.25",)


def test_what_the_probe_does_not_show_counts(tmp_path):
    a = sweep(tmp_path / "a", BASE, BASE, fingerprints=fingerprints())
    b = sweep(tmp_path / "b", BASE, BASE, fingerprints=fingerprints(**{"order/0": "x"}))
    found = only(compared(a, b))
    assert found.state is State.SAME
    assert found.changes() == (
        "outputs on the probe are the same, and runs are not, first at order/0 in build 0",
    )


def test_runs_are_compared_seed_by_seed(tmp_path):
    a = sweep(tmp_path / "a", seeded(BASE, 1), seeded(OTHER, 2), **RANDOM)
    b = sweep(tmp_path / "b", seeded(OTHER, 2), seeded(BASE, 1), seeded(MOVED, 3), **RANDOM)
    found = only(compared(a, b))
    assert (found.state, found.pairing.seeds) == (State.SAME, 2)
    assert found.changes() == ()


def test_one_run_a_side_differs_and_says_that_it_may_be_chance(tmp_path):
    found = only(compared(sweep(tmp_path / "a", BASE), sweep(tmp_path / "b", MOVED)))
    assert found.state is State.DIFFERS
    assert "so chance may be why" in found.pairing.reason


# --- chance


def test_runs_that_do_not_repeat_themselves_say_nothing_of_the_sweeps(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, MOVED), sweep(tmp_path / "b", OTHER, MOVED)
    found = compared(a, b)
    assert only(found).state is State.UNMEASURED
    reason = "runs with equal seeds are not the same among themselves in A and B"
    assert only(found).pairing.reason == reason
    assert only(found).pairing.first is None
    assert not only(found).paired
    assert (only(found).verdict.a, found.is_same()) == (Verdict.UNCONTROLLED, True)


def test_a_difference_beyond_that_of_the_runs_themselves_counts(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, ROUNDED), sweep(tmp_path / "b", MOVED, MOVED * 1.000001)
    found = only(compared(a, b))
    assert found.state is State.DIFFERS
    a, b = sweep(tmp_path / "c", BASE, ROUNDED), sweep(tmp_path / "d", ROUNDED, BASE)
    assert only(compared(a, b)).state is State.UNMEASURED


def test_a_replay_that_does_not_repeat_its_run_is_chance_for_all_seeds(tmp_path):
    a = sweep(
        tmp_path / "a",
        seeded(BASE, 1),
        seeded(OTHER, 2),
        seeded(MOVED, 1, replay_of=0, replicate=0),
        **RANDOM,
    )
    b = sweep(tmp_path / "b", seeded(BASE, 1), seeded(MOVED, 2), **RANDOM)
    found = only(compared(a, b))
    assert found.state is State.UNMEASURED
    assert found.pairing.repeats == (False, None)


def test_repeating_no_longer_is_a_change_of_the_verdict(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", BASE, MOVED)
    assert only(compared(a, b)).changes() == ("verdict deterministic -> uncontrolled",)
    assert only(compared(b, a)).changes() == ("verdict uncontrolled -> deterministic",)


def test_repeating_no_longer_counts_where_the_verdict_is_about_something_else(tmp_path):
    nan = BASE.copy()
    nan[0, 0, 0, 0] = math.nan
    a, b = sweep(tmp_path / "a", nan, nan), sweep(tmp_path / "b", nan, nan + 1)
    found = only(compared(a, b))
    assert (found.verdict.a, found.verdict.b) == (Verdict.NON_FINITE, Verdict.NON_FINITE)
    assert found.changes() == ("equal seeds repeat a run in A only",)


def test_fewer_runs_that_agree_are_no_change(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE, MOVED), sweep(tmp_path / "b", BASE, BASE)
    assert only(compared(a, b)).verdict_changed is None
    assert compared(a, b).is_same()
    assert only(compared(b, a)).verdict_changed is None


def test_a_single_run_has_no_verdict_to_compare(tmp_path):
    found = only(compared(sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", BASE)))
    assert (found.verdict.b, found.verdict_changed) == (Verdict.INSUFFICIENT, None)
    assert found.changes() == ()


# --- which is compared with which


def configuration(id, **overrides):
    return Configuration(
        id, overrides, Verdict.REPEATABLE, {}, (), 2, 0, {}, None, Tolerance(), 0.95
    )


def test_ids_come_before_overrides():
    a = [configuration("1", seed="x"), configuration("2", seed="y")]
    b = [configuration("2", seed="x"), configuration("3", seed="y"), configuration("1", k="z")]
    assert match(a, b) == {0: 2, 1: 0}
    assert match(a, b[1:2]) == {1: 1 - 1}
    assert match(a, []) == {}


def test_equal_ids_of_one_sweep_are_told_apart_by_overrides():
    a = [configuration("1", seed="x"), configuration("1")]
    assert match(a, list(reversed(a))) == {0: 1, 1: 0}


def test_another_id_is_matched_by_overrides_and_says_so(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", BASE, BASE, configuration="b")
    found = only(compared(a, b))
    assert (found.ids.a, found.ids.b) == ("a" * 12, "b")
    assert found.changes() == ()


def test_what_only_one_has_is_a_difference(tmp_path):
    a = sweep(tmp_path / "a", BASE, BASE)
    extra = {"overrides": {**OVERRIDES, "seed": "unset"}, "configuration": "c"}
    b = sweep(tmp_path / "b", BASE, BASE, {"values": BASE, **extra})
    found = compared(a, b)
    assert (found.only_a, found.only_b) == ((), ("seed=unset",))
    assert only(found).name == "seed=fixed"
    assert not found.is_same()
    assert compared(b, a).only_a == ("seed=unset",)


def test_failures_of_one_side_are_a_difference(tmp_path):
    a = sweep(tmp_path / "a", BASE, BASE)
    found = only(compared(a, sweep(tmp_path / "b", BASE, BASE, {"values": None})))
    assert found.changes() == ("1 run failed in B only",)
    dead = sweep(tmp_path / "c", {"values": None}, {"values": None})
    found = compared(a, dead)
    assert only(found).changes() == ("verdict deterministic -> failed",)
    assert only(found).pairing.reason == "no run succeeded in B"
    assert compared(dead, dead).is_same()
    assert only(compared(dead, dead)).state is State.UNMEASURED


def test_a_record_that_cannot_be_used_is_no_sameness(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", BASE, BASE, BASE)
    (b / "2" / "record.json").write_text("{")
    found = compared(a, b)
    assert len(found.problems) == 1
    assert not found.is_same()


# --- environments


def test_environments_side_by_side(tmp_path):
    a = sweep(tmp_path / "a", BASE, environment={"python": "3.11", "numpy": "2.0", "cpus": 2})
    b = sweep(
        tmp_path / "b",
        {"values": BASE, "environment": {"python": "3.11", "numpy": "2.1"}},
        {"values": BASE, "environment": {"python": "3.11", "numpy": "2.2"}},
    )
    (a / "environment.json").write_text('{"source_revision": "abc"}')
    (b / "environment.json").write_text('{"source_revision": "def"}')
    found = {pair.name: (pair.a, pair.b) for pair in compared(a, b).environment}
    assert found == {
        "numpy": (("2.0",), ("2.1", "2.2")),
        "cpus": ((2,), None),
        "source_revision": (("abc",), ("def",)),
    }
    assert compared(a, b).is_same()


def test_a_key_without_a_value_is_the_same_as_no_key(tmp_path):
    a = sweep(tmp_path / "a", BASE, environment={"python": "3.11", "container": None, "gpu": None})
    b = sweep(tmp_path / "b", BASE, environment={"python": "3.11", "gpu": "H200"})
    found = {pair.name: (pair.a, pair.b) for pair in compared(a, b).environment}
    assert found == {"gpu": (None, ("H200",))}


def test_an_environment_that_was_not_recorded_is_not_the_same(tmp_path):
    a = sweep(tmp_path / "a", BASE, environment={})
    assert compared(a, sweep(tmp_path / "b", BASE)).environment is None


# --- a lock knows less


def test_against_a_lock_only_digests_are_compared(tmp_path):
    a, b = sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", ROUNDED, ROUNDED)
    locked = shorten(read_snapshot(a))
    assert compare_sweeps(locked, read_snapshot(a)).is_same()
    found = compare_sweeps(locked, read_snapshot(b))
    assert only(found).pairing.by_digest
    assert only(found).changes(allow_rounding=True) == ("outputs differ (by their digests)",)
    assert only(found).pairing.max_abs_diff is None


def test_steps_are_no_part_of_a_lock(tmp_path):
    traced = fingerprints(**{"step/0": "s", "outputs": "0123456789abcdef"})
    a = sweep(tmp_path / "a", BASE, BASE, fingerprints=traced)
    (record, _), *_ = shorten(read_snapshot(a)).configurations[0].runs
    assert "step/0" not in record.fingerprints[0]
    assert record.fingerprints[0]["outputs"] == "01234567"


# --- properties

runs = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from([1, 2])), min_size=1)


@settings(max_examples=15, deadline=None)
@given(runs.filter(lambda x: len(x) < 5), runs.filter(lambda x: len(x) < 5))
def test_sides_and_the_order_of_runs_do_not_matter(tmp_path_factory, one, other):
    arrays = (BASE, MOVED, ROUNDED)
    path = tmp_path_factory.mktemp("sweeps")

    def make(name, said):
        made = [seeded(arrays[i], seed) for i, seed in said]
        return sweep(path / name, *made, strategy="random")

    a, b = make("a", one), make("b", other)
    there, back = only(compared(a, b)), only(compared(b, a))
    assert there.state is back.state
    assert there.pairing.max_abs_diff == back.pairing.max_abs_diff
    assert there.pairing.repeats == back.pairing.repeats[::-1]
    assert bool(there.changes()) == bool(back.changes())
    turned = only(compared(make("c", one[::-1]), b))
    assert turned.pairing.repeats == there.pairing.repeats
    assert only(compared(a, a)).changes() == ()
