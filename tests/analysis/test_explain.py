"""Where runs part, what drives it, and the exact sentences that say so."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from runner.analysis.divergence import Divergence, find_divergence
from runner.analysis.findings.summary import describe
from runner.analysis.variance import Comparison
from runner.numeric.verdicts import State, Verdict
from runner.record.stages import IMPLEMENTATION, RESULTS, order_stages

SAME, ROUNDING, DIFFERS, UNMEASURED = State

STAGES = (
    "data",
    "split",
    "init/dense/kernel",
    "init/dense/bias",
    "dropout",
    "order/0",
    "order/1",
    "augment/0",
    "augment/1",
    "step/0",
    "step/1",
    "weights/dense/kernel",
    "weights/dense/bias",
    "outputs",
)
"""Of a run that was traced by steps, in causal order."""

SOURCES = tuple(stage for stage in STAGES if stage.partition("/")[0] not in RESULTS)
"""Stages that chance enters at."""

NOTHING = Divergence(None, ())
SOMEWHERE = Divergence("init/dense/kernel", ("init", "order"))

ALIKE = Comparison(
    runs=3,
    failed=0,
    builds=2,
    calls=2,
    inputs=4,
    across_inputs=DIFFERS,
    across_calls=SAME,
    across_builds=SAME,
    across_runs=SAME,
    replay=UNMEASURED,
    equal_seeds=UNMEASURED,
    replays=0,
    collapsed_runs=0,
    nonfinite_runs=0,
    max_abs_diff=0.0,
    churn=0.0,
    labels=3,
    p_differ_upper=0.7763932,
)
DIFFERENT = replace(ALIKE, across_runs=DIFFERS, max_abs_diff=1.0, p_differ_upper=None)


def build(*differing, stages=STAGES):
    """Stage to digest, of its own where the stage is named, or all stages that follow it."""
    return {stage: "other" if stage in differing else "usual" for stage in stages}


def after(stage):
    """All stages from one on, as chance that enters there would change them."""
    return STAGES[STAGES.index(stage) :]


# --- find_divergence


def test_equal_runs_part_nowhere():
    assert find_divergence([[build(), build()]] * 3) == NOTHING
    assert find_divergence([[build()]]) == NOTHING
    assert find_divergence([[]]) == NOTHING
    assert find_divergence([]) == NOTHING


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("run", [1, 2])
@pytest.mark.parametrize("where", [0, 1])
def test_a_planted_stage_is_found_in_any_run_and_build(stage, run, where):
    runs = [[build(), build()] for _ in range(3)]
    runs[run][where] = build(stage)
    source = stage.partition("/")[0]
    expected = source if stage in SOURCES else IMPLEMENTATION
    found = find_divergence(runs)
    assert found == Divergence(stage, (expected,), builds=stage)
    assert find_divergence(runs[::-1]) == found


@pytest.mark.parametrize("stage", STAGES)
def test_the_first_run_may_be_the_odd_one(stage):
    assert find_divergence([[build(stage)], [build()], [build()]]).first == stage


@pytest.mark.parametrize("stage", SOURCES)
def test_the_first_of_many_stages_is_the_first_in_causal_order(stage):
    found = find_divergence([[build()], [build(*after(stage))]])
    assert found.first == stage
    sources = dict.fromkeys(s.partition("/")[0] for s in after(stage))
    assert found.sources == tuple(s for s in sources if s not in RESULTS)


def test_different_runs_may_differ_in_different_stages():
    runs = [[build()], [build("order/1")], [build("init/dense/bias")], [build("data")]]
    assert find_divergence(runs) == Divergence("data", ("data", "init", "order"))


def test_builds_of_one_run_may_differ_from_each_other():
    runs = [[build(), build(*after("init/dense/kernel"))]] * 3
    assert find_divergence(runs) == replace(NOTHING, builds="init/dense/kernel")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("run", [0, 1])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_builds_that_part_are_found_in_any_run(stage, run, where):
    runs = [[build()] * 3, [build("data", "outputs")] * 3]
    odd = {**runs[run][where], stage: "odd"}
    runs[run] = [*runs[run][:where], odd, *runs[run][where + 1 :]]
    assert find_divergence(runs).builds == stage
    assert find_divergence(runs[run : run + 1]) == replace(NOTHING, builds=stage)


def test_a_run_of_one_build_says_nothing_of_builds():
    assert find_divergence([[build()], [build("data")]]).builds is None


def test_builds_that_trained_for_other_times_part_where_one_goes_on():
    short = build(stages=[s for s in STAGES if not s.endswith("/1")])
    for run in ([short, build()], [build(), short], [build(), build(), short]):
        assert find_divergence([run]) == Divergence(None, (), builds="order/1")


@pytest.mark.parametrize(
    ("state", "calls"),
    [(SAME, None), (UNMEASURED, None), (ROUNDING, "outputs"), (DIFFERS, "outputs")],
)
def test_calls_part_at_the_outputs(state, calls):
    assert find_divergence([[build()]] * 2, state) == replace(NOTHING, calls=calls)


def test_results_alone_are_the_implementation():
    for stage in ("step/0", "step/1", "weights/dense/kernel"):
        found = find_divergence([[build()], [build(*after(stage))]])
        assert found == Divergence(stage, (IMPLEMENTATION,))


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_run_that_was_not_traced_by_steps_says_nothing_of_them(epochs):
    untraced = build(stages=[s for s in STAGES if not s.startswith("step")])
    assert find_divergence([[untraced], [build()]]) == NOTHING
    assert find_divergence([[build()], [untraced]]) == NOTHING
    assert find_divergence([[build(), untraced]]) == NOTHING
    # What it leaves unsaid, the others can still say.
    runs = [[untraced], [build()], [build("step/1")]]
    for each in permutations(runs):
        assert find_divergence(each).first == "step/1"


def test_a_source_rules_the_implementation_out():
    found = find_divergence([[build()], [build("order/0", "weights/dense/kernel", "outputs")]])
    assert found.sources == ("order",)


@pytest.mark.parametrize("longest", [0, 1])
def test_a_further_epoch_is_a_difference(longest):
    short = [s for s in STAGES if s not in ("order/1", "augment/1", "step/1")]
    runs = [[build(stages=short)], [build(stages=short)]]
    runs[longest] = [build()]
    assert find_divergence(runs) == Divergence("order/1", ("order", "augment"))


@pytest.mark.parametrize("reverse", [False, True])
def test_a_stage_that_only_the_shorter_run_has_keeps_its_place(reverse):
    without_split = [s for s in STAGES if s != "split"]
    without_epochs = [s for s in STAGES if not s.startswith(("order", "augment"))]
    runs = [[build(stages=without_split)], [build(stages=without_epochs)]]
    found = find_divergence(runs[::-1] if reverse else runs)
    assert found == Divergence("split", ("split", "order", "augment"))


@pytest.mark.parametrize(
    ("ours", "theirs", "first", "sources"),
    [
        (["data", "outputs"], ["split"], "data", ("data", "split")),
        # As long as each other, so that neither length nor a common stage says which is first.
        (["data", "init/a", "outputs"], ["data", "split", "outputs"], "split", ("split", "init")),
        (["init/a", "order/0"], ["dropout", "order/0"], "init/a", ("init", "dropout")),
        (["order/0", "step/0"], ["order/0", "order/1"], "order/1", ("order",)),
        (["seen", "asked"], ["seen", "answered"], "asked", ("asked", "answered")),
    ],
)
def test_the_order_of_the_runs_does_not_matter(ours, theirs, first, sources):
    runs = [[dict.fromkeys(ours, "usual")], [dict.fromkeys(theirs, "usual")]]
    expected = Divergence(first, sources)
    assert find_divergence(runs) == find_divergence(runs[::-1]) == expected


def test_the_order_of_many_runs_does_not_matter():
    short = [s for s in STAGES if not s.endswith("/1")]
    without_split = [s for s in STAGES if s != "split"]
    runs = [
        [build("order/0"), build()],
        [],
        [build(stages=short), build(stages=short)],
        [build("outputs", stages=without_split)],
    ]
    expected = Divergence("split", ("split", "order", "augment"), builds="order/0")
    for each in permutations(runs):
        assert find_divergence(each) == expected


def test_a_run_without_fingerprints_says_nothing_of_the_others():
    runs = [[build()], [], [build("order/0")]]
    for each in permutations(runs):
        assert find_divergence(each).first == "order/0"


def test_stages_are_ordered_by_what_comes_before_them():
    epochs = ["data", "order/0", "order/1", "order/2", "outputs"]
    steps = ["data", "split", "order/0", *(f"step/{k}" for k in range(12)), "outputs"]
    expected = [
        "data", "split", "order/0", "order/1", "order/2",
        *(f"step/{k}" for k in range(12)), "outputs",
    ]  # fmt: skip
    for traces in permutations([epochs, steps, epochs[:2]]):
        assert order_stages(dict.fromkeys(each, "") for each in traces) == expected


# --- describe


def sentences():
    """Each case by name: verdict and comparison, where runs part, strategy."""

    def say(verdict, base=ALIKE, divergence=NOTHING, strategy="fixed", confidence=0.95, **changes):
        return describe(
            verdict, replace(base, **changes), divergence, strategy, confidence=confidence
        )

    nothing = {"runs": 0, "across_runs": UNMEASURED, "p_differ_upper": None}
    replayed = {"replay": SAME, "replays": 2}
    return {
        "failed": say(Verdict.FAILED, failed=3, **nothing),
        "failed, one": say(Verdict.FAILED, failed=1, **nothing),
        "failed, no record": say(Verdict.FAILED, **nothing),
        "non-finite": say(Verdict.NON_FINITE, nonfinite_runs=1),
        "non-finite, all": say(Verdict.NON_FINITE, nonfinite_runs=3),
        "collapsed": say(Verdict.COLLAPSED, collapsed_runs=2),
        "collapsed, one run": say(Verdict.COLLAPSED, runs=1, collapsed_runs=1),
        "collapsed, rounding": say(Verdict.COLLAPSED, collapsed_runs=1, across_inputs=ROUNDING),
        "insufficient": say(Verdict.INSUFFICIENT, runs=1),
        "insufficient, some failed": say(Verdict.INSUFFICIENT, runs=1, failed=2),
        "insufficient, empty": say(Verdict.INSUFFICIENT, across_runs=UNMEASURED),
        "deterministic": say(Verdict.DETERMINISTIC),
        "deterministic, one failed": say(Verdict.DETERMINISTIC, failed=1),
        "deterministic, many": say(Verdict.DETERMINISTIC, runs=1000, p_differ_upper=0.002994),
        "deterministic, 99.5%": say(
            Verdict.DETERMINISTIC, runs=2, p_differ_upper=0.995, confidence=0.995
        ),
        "repeatable, builds": say(Verdict.REPEATABLE, across_builds=DIFFERS),
        "repeatable, calls": say(Verdict.REPEATABLE, across_calls=ROUNDING),
        "repeatable, both": say(Verdict.REPEATABLE, across_builds=ROUNDING, across_calls=DIFFERS),
        "repeatable, builds, somewhere": say(
            Verdict.REPEATABLE,
            ALIKE,
            replace(NOTHING, builds="init/dense/kernel"),
            across_builds=DIFFERS,
        ),
        "repeatable, both, somewhere": say(
            Verdict.REPEATABLE,
            ALIKE,
            Divergence(None, (), "order/0", "outputs"),
            across_builds=ROUNDING,
            across_calls=DIFFERS,
        ),
        "repeatable, one build": say(Verdict.REPEATABLE, across_builds=UNMEASURED),
        "repeatable, one of each": say(
            Verdict.REPEATABLE, across_builds=UNMEASURED, across_calls=UNMEASURED
        ),
        "rounding": say(Verdict.ROUNDING, DIFFERENT, across_runs=ROUNDING),
        "rounding, somewhere": say(
            Verdict.ROUNDING,
            DIFFERENT,
            Divergence("weights/dense/kernel", (IMPLEMENTATION,)),
            across_runs=ROUNDING,
        ),
        "seed-driven": say(Verdict.SEED_DRIVEN, DIFFERENT, SOMEWHERE, "random", **replayed),
        "seed-driven, one replay": say(
            Verdict.SEED_DRIVEN, DIFFERENT, SOMEWHERE, "derived", replay=SAME, replays=1
        ),
        "uncontrolled, unset": say(Verdict.UNCONTROLLED, DIFFERENT, SOMEWHERE, "unset"),
        "uncontrolled, fixed": say(Verdict.UNCONTROLLED, DIFFERENT, SOMEWHERE, equal_seeds=DIFFERS),
        "uncontrolled, rounding": say(
            Verdict.UNCONTROLLED, DIFFERENT, SOMEWHERE, equal_seeds=ROUNDING
        ),
        "uncontrolled, replay": say(
            Verdict.UNCONTROLLED, DIFFERENT, SOMEWHERE, "random", replay=DIFFERS, replays=1
        ),
        "uncontrolled, not replayed": say(
            Verdict.UNCONTROLLED, DIFFERENT, SOMEWHERE, "random", failed=2
        ),
        "uncontrolled, nowhere": say(Verdict.UNCONTROLLED, DIFFERENT, strategy="unset"),
    }


def test_the_sentences_are_those_of_the_golden_file(golden):
    text = "\n".join(f"[{name}]\n{sentence}\n" for name, sentence in sentences().items())
    golden("sentences.txt", text)


def test_every_verdict_has_a_sentence():
    named = {name.partition(",")[0] for name in sentences()}
    assert named == {str(verdict) for verdict in Verdict}


@pytest.mark.parametrize("name", list(sentences()))
def test_a_sentence_is_one_line_that_ends(name):
    sentence = sentences()[name]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "  " not in sentence
    assert sentence[0].isupper() or sentence[0].isdigit()


@pytest.mark.parametrize(
    ("bound", "shown"), [(0.95, "95%"), (0.7763932, "78%"), (0.0495, "5%"), (1e-4, "1%")]
)
def test_a_bound_is_never_rounded_down(bound, shown):
    sentence = describe(
        Verdict.DETERMINISTIC, replace(ALIKE, p_differ_upper=bound), NOTHING, "fixed"
    )
    assert f"at most {shown} of runs differ" in sentence


@pytest.mark.parametrize(
    ("hash_seeds", "said"),
    [
        (None, "3 runs gave"),
        (3, "3 runs under 3 hash seeds gave"),
        (2, "3 runs under 2 hash seeds gave"),
        (1, "3 runs under 1 hash seed gave"),
    ],
)
@pytest.mark.parametrize("verdict", [Verdict.DETERMINISTIC, Verdict.REPEATABLE])
def test_equal_runs_say_under_how_many_hash_seeds(verdict, hash_seeds, said):
    assert describe(verdict, ALIKE, NOTHING, "fixed", hash_seeds=hash_seeds).startswith(said)
