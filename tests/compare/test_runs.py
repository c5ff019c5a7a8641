"""Two records: stages side by side, what counts as the same, and what is concluded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from synthetic import change as changed
from synthetic import fingerprints, outputs

from runner.compare.runs import SidePair, StageState, align_stages, diff_runs
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State
from runner.record.record import ConfigurationRecord, RunArrays, RunRecord
from runner.record.timeline import Event, EventKind, Place, Timeline
from runner.report.run_diff import LONG, SHOWN, Stretch, collapse

SAME, DIFFERS, ONLY_A, ONLY_B, UNMEASURED, UNREACHED = StageState

RECORD = RunRecord(
    configuration=ConfigurationRecord("a" * 12, {"seed": "fixed"}, strategy="fixed"),
    job=0,
    replicate=0,
    replay_of=None,
    status="ok",
    seeds={"value": 42},
    metrics=[{"loss": 0.5}],
    fingerprints=fingerprints(),
    digest="0" * 16,
    environment={"python": "3.11", "onednn": None},
    wall_s=1.0,
    hash_seed=7,
)
OTHER = changed(RECORD, job=1, replicate=1, wall_s=2.0)
FAILED = changed(
    OTHER, status="failed", error="ValueError: no\nmore", fingerprints=[], metrics=[], digest=None
)


def arrays(values):
    """Kept outputs of (build, call, input, unit)."""
    return RunArrays(values, np.arange(values.shape[2], dtype=np.uint64))


# --- stages


def test_stages_stand_side_by_side_in_causal_order():
    a = {"data": "1", "init/a": "2", "order/0": "3", "order/1": "4", "outputs": "5"}
    b = {"data": "1", "split": "9", "init/a": "2", "order/0": "8", "outputs": "6"}
    expected = [
        ("data", "1", "1", SAME),
        ("split", None, "9", ONLY_B),
        ("init/a", "2", "2", SAME),
        ("order/0", "3", "8", DIFFERS),
        ("order/1", "4", None, ONLY_A),
        ("outputs", "5", "6", DIFFERS),
    ]
    assert [(s.name, s.a, s.b, s.state) for s in align_stages(a, b)] == expected
    swap = {ONLY_A: ONLY_B, ONLY_B: ONLY_A}
    swapped = [(name, y, x, swap.get(state, state)) for name, x, y, state in expected]
    assert [(s.name, s.a, s.b, s.state) for s in align_stages(b, a)] == swapped


@pytest.mark.parametrize("swap", [False, True])
def test_steps_of_one_run_are_not_compared(swap):
    traced = {"data": "1", "step/0": "2", "step/1": "3", "outputs": "4"}
    plain = {"data": "1", "outputs": "4"}
    pair = (plain, traced) if swap else (traced, plain)
    assert [s.state for s in align_stages(*pair)] == [SAME, UNMEASURED, UNMEASURED, SAME]
    both = align_stages(traced, {**traced, "step/1": "9", "step/2": "9"})
    assert [s.state for s in both] == [SAME, SAME, DIFFERS, ONLY_B, SAME]


def test_only_an_ended_run_reaches_no_further():
    whole = {"data": "1", "init/a": "2", "order/0": "3", "step/0": "4", "outputs": "5"}
    ended = {"data": "1", "init/a": "9"}
    states = [each.state for each in align_stages(whole, ended, (False, True))]
    assert states == [SAME, DIFFERS, UNREACHED, UNREACHED, UNREACHED]
    swapped = [each.state for each in align_stages(ended, whole, (True, False))]
    assert swapped == states
    # What the whole run lacks is a difference as ever.
    extra = align_stages(whole, {**ended, "augment/0": "7"}, (False, True))
    assert {each.name: each.state for each in extra}["augment/0"] is ONLY_B


def test_builds_are_compared_each_with_its_like():
    a = changed(RECORD, fingerprints=fingerprints() * 2, metrics=[{"loss": 0.5}] * 2)
    second = fingerprints(**{"order/0": "other", "outputs": "other"})
    b = changed(a, wall_s=9.0, fingerprints=fingerprints() + second)
    found = diff_runs(a, b)
    assert [build.first for build in found.builds] == [None, "order/0"]
    assert found.same is False
    assert "first part in build 1 at order/0: the source order drives it" in found.conclusion


@pytest.mark.parametrize("swap", [False, True])
def test_a_build_that_one_run_has_is_a_difference_and_no_divergence(swap):
    more = changed(OTHER, fingerprints=fingerprints() * 2, metrics=[{"loss": 0.5}] * 2)
    found = diff_runs(*((more, RECORD) if swap else (RECORD, more)))
    assert [build.only for build in found.builds] == [None, ONLY_A if swap else ONLY_B]
    assert found.same is False
    counts = "2 and 1" if swap else "1 and 2"
    assert found.conclusion.startswith(f"A and B have {counts} builds; those that both have are")


# --- what is the same


def test_the_stricter_tolerance_counts():
    loose = changed(OTHER, compare={"rtol": 0.5, "atol": 1.0})
    x = outputs()
    for pair in ((RECORD, loose), (loose, RECORD)):
        found = diff_runs(*pair, arrays(x), arrays(x * np.float32(1.1)))
        assert found.outputs.tolerance == Tolerance(1e-5, 1e-8)
        assert found.outputs.state is State.DIFFERS
    without = diff_runs(RECORD, loose, arrays(x), arrays(x))
    assert without.outputs.tolerance == Tolerance()


def test_runs_with_all_the_same_are_the_same():
    x = outputs()
    found = diff_runs(RECORD, OTHER, arrays(x), arrays(x.copy()))
    assert found.same is True
    assert found.conclusion == (
        "The runs are the same, bit for bit, in every stage, metric and output recorded."
    )
    assert found.overrides == found.environment == ()


def test_a_record_is_no_evidence_about_itself():
    found = diff_runs(RECORD, changed(RECORD))
    assert found.same is True
    assert found.conclusion.startswith("A and B are one record")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metrics": [{"loss": 0.6}]}, "Every stage is the same, and metrics are not: loss."),
        ({"digest": "1" * 16}, "The outputs are not the same, and no stage says where"),
        ({"fingerprints": fingerprints(outputs="other")}, "first part in build 0 at outputs"),
        ({"fingerprints": fingerprints(split="new")}, "at split, which is only in B: the source"),
    ],
)
def test_anything_that_differs_is_a_difference(change, said):
    found = diff_runs(RECORD, changed(OTHER, **change))
    assert found.same is False
    assert said in found.conclusion


def test_outputs_that_differ_by_rounding_are_not_the_same():
    x = outputs()
    found = diff_runs(RECORD, OTHER, arrays(x), arrays(x * np.float32(1 + 1e-6)))
    assert (found.outputs.state, found.same) == (State.ROUNDING, False)


def test_metrics_that_are_nan_in_both_or_missing_in_one_are_no_difference():
    nan = [{"loss": math.nan}]
    assert diff_runs(changed(RECORD, metrics=nan), changed(OTHER, metrics=nan)).same is True
    more = changed(OTHER, metrics=[{"loss": 0.5, "accuracy": 0.0}])
    found = diff_runs(RECORD, more)
    assert found.builds[0].metrics[1] == SidePair("accuracy", None, 0.0)
    assert found.same is True
    assert diff_runs(RECORD, changed(OTHER, metrics=nan)).same is False


def test_a_failed_run_is_never_the_same():
    found = diff_runs(RECORD, FAILED)
    assert found.same is False
    assert found.conclusion == "Run B failed, so nothing shows that they give the same."
    assert [build.stages for build in found.builds] == [()]
    assert SidePair("error", None, "ValueError: no") in found.facts
    both = diff_runs(changed(FAILED, wall_s=3.0), FAILED)
    assert both.same is None
    assert both.conclusion.startswith("Both runs failed")


def test_runs_that_recorded_nothing_are_not_called_the_same():
    empty = {"fingerprints": [], "metrics": [], "digest": None}
    found = diff_runs(changed(RECORD, **empty), changed(OTHER, **empty))
    assert found.same is None
    assert found.conclusion == "Neither run recorded anything that could be compared."


# --- why


def conclude(stage, a=None, b=None, **environment):
    ours = changed(RECORD, **(a or {}))
    settings = {"environment": {**RECORD.environment, **environment}}
    theirs = changed(OTHER, **settings, fingerprints=fingerprints(**{stage: "other"}), **(b or {}))
    return diff_runs(ours, theirs).conclusion.partition(": ")[2]


def test_a_source_drives_its_stages():
    derived = {"strategy": "derived", "seeds": {"init": 1, "order": 2}}
    varied = {"strategy": "derived", "seeds": {"init": 1, "order": 3}}
    said = "the source order drives it, and its seeds (2 and 3) differ."
    assert conclude("order/0", derived, varied) == said
    said = "the source init drives it, though its recorded seed is the same (1)."
    assert conclude("init/a", derived, varied) == said
    assert conclude("data", {"seeds": {"value": 1}}, {"seeds": {"value": 2}}) == (
        "the source data drives it, and its seeds (1 and 2) differ."
    )
    unset = {"strategy": "unset", "seeds": {}}
    assert conclude("init/a", unset, unset) == (
        "the source init drives it, and nothing was seeded."
    )
    assert conclude("init/a", unset, derived) == "the source init drives it."


@pytest.mark.parametrize("stage", ["step/0", "weights/a", "outputs"])
def test_what_no_source_drives_is_left_to_the_implementation(stage):
    traced = {"fingerprints": fingerprints(**{"step/0": "s", "weights/a": "w"})}
    theirs = {"fingerprints": fingerprints(**{"step/0": "s", "weights/a": "w", stage: "other"})}
    ours = changed(RECORD, **traced)
    said = ": no recorded source differs before it, which leaves the implementation"
    assert f" at {stage}{said}." in diff_runs(ours, changed(OTHER, **theirs)).conclusion
    elsewhere = {**theirs, "environment": {"python": "3.12", "onednn": None}, "hash_seed": 8}
    found = diff_runs(ours, changed(OTHER, **elsewhere))
    assert found.conclusion.endswith(f"{said}; the environments differ in python.")
    assert found.environment == (SidePair("python", "3.11", "3.12"), SidePair("hash_seed", 7, 8))


def test_code_that_names_few_stages_leaves_the_reason_open():
    few = [{"data": "d", "outputs": "o"}]
    ours, theirs = changed(RECORD, fingerprints=few), changed(OTHER, fingerprints=[{"data": "d"}])
    assert diff_runs(ours, theirs).conclusion == (
        "The runs first part in build 0 at outputs, which is only in A: no recorded source differs"
        " before it."
    )


def test_seeds_that_differ_are_named_where_no_source_is_known():
    few = {"fingerprints": [{"outputs": "o"}], "seeds": {"value": 1}}
    ours = changed(RECORD, **few)
    theirs = changed(OTHER, fingerprints=[{"outputs": "p"}], seeds={"value": 2}, hash_seed=8)
    said = "no recorded source differs before it, and the seeds (1 and 2) differ, which may be why."
    assert diff_runs(ours, theirs).conclusion.endswith(f" at outputs: {said}")


def test_other_configurations_are_a_reason_before_any_source():
    other = {"configuration": "b" * 12, "overrides": {"seed": "random", "train.epochs": "3"}}
    for stage in ("order/0", "outputs"):
        said = "the configurations differ in seed, train.epochs, which may be why."
        assert conclude(stage, None, other) == said
    seeded = {**other, "seeds": {"value": 43}}
    said = "the configurations differ in seed, train.epochs, and so do the seeds (42 and 43)."
    assert conclude("init/a", {"seeds": {"value": 42}}, seeded) == said
    unsaid = {"configuration": "b" * 12}
    assert conclude("data", None, unsaid) == "the configurations differ, which may be why."


def test_an_environment_that_one_run_did_not_record_is_not_compared():
    assert diff_runs(RECORD, changed(OTHER, environment={})).environment is None


# --- lines


def stretches(*states):
    """What is shown of stages of these states, all epochs of one kind."""
    lines = collapse([*align_states(states)])
    return [str(each) if isinstance(each, Stretch) else each.name for each in lines]


def align_states(states):
    digests = {SAME: ("1", "1"), DIFFERS: ("1", "2"), ONLY_A: ("1", None), ONLY_B: (None, "1")}
    a, b = {}, {}
    for number, state in enumerate(states):
        for side, digest in zip((a, b), digests[state], strict=True):
            if digest is not None:
                side[f"order/{number}"] = digest
    return sorted(align_stages(a, b), key=lambda each: int(each.name.partition("/")[2]))


def test_equal_stages_in_a_row_are_one_line():
    assert stretches(SAME, SAME, SAME) == ["3 stages the same: order/0 ... order/2"]
    assert stretches(SAME, DIFFERS, SAME) == ["order/0", "order/1", "order/2"]


@pytest.mark.parametrize(
    ("state", "said"), [(DIFFERS, "that differ"), (ONLY_A, "only in A"), (ONLY_B, "only in B")]
)
def test_a_long_stretch_that_differs_is_counted_after_its_start(state, said):
    short = stretches(SAME, *[state] * LONG)
    assert short == [f"order/{k}" for k in range(LONG + 1)]
    start = [f"order/{k}" for k in range(SHOWN)]
    last = f"{LONG + 1 - SHOWN} further stages {said}: order/{SHOWN} ... order/{LONG}"
    assert stretches(*[state] * (LONG + 1)) == [*start, last]


# --- lines that were seen


def drawn(line, **changes):
    """What was seen of one build: a line that drew without a seed, from another state each time."""
    place = Place("train.py", line, "main")
    fields = {"generator": "numpy", "value": str(line), **changes}
    return Timeline([Event(EventKind.DRAW, place, "numpy.random.rand", **fields)])


def test_a_line_that_was_seen_takes_the_place_of_the_environment():
    ours = changed(RECORD, timelines=[drawn(3, value="a")], seeds={})
    theirs = changed(
        OTHER, timelines=[drawn(3, value="b")], seeds={}, fingerprints=fingerprints(outputs="x"),
        hash_seed=8, environment={"python": "3.12", "onednn": None},
    )  # fmt: skip
    said = " at outputs: train.py:3 draws from NumPy's generator (numpy.random.rand), which has no"
    assert said in diff_runs(ours, theirs).conclusion
    assert "environments" not in diff_runs(ours, theirs).conclusion
    seeded = [drawn(3, value=each, seeded=True) for each in "ab"]
    ours, theirs = changed(ours, timelines=seeded[:1]), changed(theirs, timelines=seeded[1:])
    assert diff_runs(ours, theirs).conclusion.endswith("the environments differ in python.")


def test_another_hash_seed_alone_explains_nothing():
    theirs = changed(OTHER, fingerprints=fingerprints(outputs="x"), hash_seed=8)
    found = diff_runs(RECORD, theirs)
    assert [pair.name for pair in found.environment or ()] == ["hash_seed"]
    assert "hash_seed" not in found.conclusion
