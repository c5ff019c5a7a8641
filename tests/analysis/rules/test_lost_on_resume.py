"""OBS110, where it must speak and where it must not."""

from __future__ import annotations

import pytest
import synthetic
from epoch_facts_of import orders
from findings_of import find_in, of_code, sentence_of

from runner.record.reasons import Clause, count

STAGES = {"data": "d", "init/a": "i", "order/0": "o0", "order/1": "o1", "weights/a": "w"}


def whole(job=0, drawn="generators", values=0, stages="cache, shuffle, batch"):
    """An uninterrupted run."""
    at = Clause("state-at", "1", {"progress": "p", "drawn": drawn})
    return {
        "values": synthetic.outputs(values),
        "fingerprints": [{**STAGES, "outputs": f"v{values}"}] * 2,
        "build_facts": [[orders(stages, 1), at], []],
        "replicate": job,
    }


def resumed(*facts, values=1, progress="p", repeated=0, **stages):
    """A run that was interrupted before epoch 1 and has nothing of the epoch before."""
    numbers = {"epoch": count(1), "repeated_steps": count(repeated)}
    fact = Clause("resumed", words={"progress": progress, "kept": "backup"}, numbers=numbers)
    later = {name: each for name, each in STAGES.items() if name != "order/0"}
    return {
        "values": synthetic.outputs(values, (1, 2, 4, 3)),
        "fingerprints": [{**later, "outputs": f"v{values}", **stages}],
        "metrics": [{"loss": 0.5, "accuracy": 0.75}],
        "facts": [fact, *facts],
        "resume_of": 0,
        "resume_at": 1,
        "replicate": 0,
    }


def lost(kind, names="x", parts=1):
    return Clause("state-lost", kind, {"names": names, "kept": "backup"}, {"parts": count(parts)})


def find(tmp_path, *runs):
    return of_code(find_in(tmp_path, list(runs)), "OBS110")


def test_fires(tmp_path):
    runs = whole(), whole(), resumed(lost("generators", "dropout/state", 4))
    (found,) = find(tmp_path, *runs)
    assert found.observation.seen == (
        "From BackupAndRestore training did not get back the state of stochastic layers"
        " (dropout/state and 3 more)."
    )
    assert found.observation.extent == "in 1 of 1 resumed run"
    assert "Resumed at epoch 1, training from BackupAndRestore differs" in sentence_of(tmp_path)


@pytest.mark.parametrize(
    ("runs", "where", "seen"),
    [
        ((whole(), resumed(**{"order/1": "o0"})), "order", "that of the first epoch again"),
        ((whole(), resumed(**{"order/1": "other"})), "order", "get back the order of the rows."),
        (
            (whole(stages="batch"), resumed(**{"order/1": "o0"})),
            "position",
            "began a pass over the rows anew",
        ),
        ((whole(), resumed(repeated=7)), "position", "written 7 steps into an epoch"),
    ],
)
def test_fires_for_the_place_in_the_rows(tmp_path, runs, where, seen):
    (found,) = find(tmp_path, *runs)
    assert found.observation.where == where
    assert seen in found.observation.seen


def test_fires_in_each_resumed_run(tmp_path):
    runs = whole(), resumed(lost("optimizer")), resumed(lost("optimizer")), resumed(values=0)
    (found,) = find(tmp_path, *runs)
    assert found.observation.extent == "in 2 of 3 resumed runs"


def test_fires_for_equal_outputs_after_other_weights(tmp_path):
    """The probe is a part of the data only."""
    (found,) = find(tmp_path, whole(), resumed(lost("optimizer"), values=0, **{"weights/a": "x"}))
    assert found.observation.where == "optimizer"


def renamed(digest, *facts):
    """A resumed run with equal outputs, whose one weight has the name that a loaded model gives."""
    run = resumed(*facts, values=0, **{"weights/inner/a": digest})
    (stages,) = run["fingerprints"]
    kept = {name: each for name, each in stages.items() if name != "weights/a"}
    return {**run, "fingerprints": [kept]}


def test_fires_for_a_weight_that_has_another_name_in_a_loaded_model(tmp_path):
    (found,) = find(tmp_path, whole(), renamed("x", lost("optimizer")))
    assert found.observation.where == "optimizer"
    assert "differs, first at weights/a; lost: " in sentence_of(tmp_path)


def test_quiet_for_another_name_alone(tmp_path):
    assert find(tmp_path, whole(), renamed("w", lost("optimizer"))) == []


@pytest.mark.parametrize(
    "runs",
    [
        (whole(), resumed(lost("callback"), values=0)),  # without effect
        (whole(drawn=""), resumed(lost("generators"))),  # from which nothing is drawn later on
        (whole(drawn="python"), resumed(lost("numpy"))),
        (whole(), resumed(lost("optimizer"), progress="q")),  # it had differed before
        (whole(), whole(values=2), resumed(lost("optimizer"))),  # as runs with equal seeds do
        (whole(), {**resumed(lost("optimizer")), "values": None}),  # failed
        ({**whole(), "values": None}, resumed(lost("optimizer"))),
        (whole(), {**resumed(), "facts": [Clause("not-interrupted")]}),
        (whole(), {**resumed(), "facts": [Clause("not-kept")]}),
        (whole(), resumed()),  # unexplained
    ],
)
def test_quiet(tmp_path, runs):
    assert find(tmp_path, *runs) == []


def test_an_unexplained_difference_is_no_reason(tmp_path):
    find(tmp_path, whole(), whole(), resumed())
    assert "no state that can be read was lost." in sentence_of(tmp_path)


def test_what_had_differed_before_is_not_the_resumes_doing(tmp_path):
    find(tmp_path, whole(), whole(), resumed(lost("optimizer"), progress="q"))
    assert "it had differed already before it was interrupted" in sentence_of(tmp_path)


def test_a_resumed_run_is_no_run_of_the_configuration(tmp_path):
    find(tmp_path, whole(), whole(), resumed())
    assert sentence_of(tmp_path).startswith("2 runs under 1 hash seed gave bitwise the same output")
