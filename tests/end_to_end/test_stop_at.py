"""`stop_at=divergence`: a run ends where it parts from another one with the same seeds."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from conftest import run_cli

from runner.record.record import RECORD

SMALL = ("train.steps=40", "train.steps_per_epoch=10", "builds=1", "calls=1")
STOP = ("stop_at=divergence", "trace=steps")
TRUST = {"RUNNER_TRUST": "planted_partings"}


def jolt(step: int) -> str:
    return f"train.callbacks=[{{_target_: planted_partings.Jolt, step: {step}}}]"


AT_END = "train.callbacks=[{_target_: planted_partings.JoltAtEnd}]"
UNSEEDED = ("~model", "+model._target_=planted_partings.unseeded", "+model.units=10")


def sweep(cwd, *overrides):
    """Return the ended program, its sweep, and the frames of configurations and of runs."""
    ended = run_cli(cwd, *overrides, "-m", **TRUST)
    assert ended.status == 0, ended.err
    return ended, *read(cwd)


def read(cwd):
    (directory,) = cwd.glob("outputs/*/*")
    return directory, pd.read_csv(directory / "table.csv"), pd.read_csv(directory / "runs.csv")


def records(directory):
    paths = sorted(directory.glob(f"*/{RECORD}"), key=lambda path: int(path.parent.name))
    return [json.loads(path.read_text("utf-8")) for path in paths]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    cwd = tmp_path_factory.mktemp("stopped")
    return cwd, *sweep(cwd, *SMALL, *STOP, jolt(5), "seed=fixed", "replicates=3")


def test_runs_end_at_the_step_where_they_part(stopped):
    _, ended, directory, table, runs = stopped
    assert list(runs["status"]) == ["ok", "ended", "ended"]
    assert list(runs["ended_at"].dropna()) == ["step/5", "step/5"]
    assert runs["digest"].notna().tolist() == [True, False, False]
    (row,) = table.to_dict("records")
    assert (row["verdict"], row["runs"], row["ended"], row["failed"]) == ("uncontrolled", 1, 2, 0)
    assert (row["across_runs"], row["first_divergence"]) == ("unmeasured", "step/5")
    assert pd.isna(row["varies_with"])
    assert pd.isna(row["p_differ_upper"])
    assert (
        "Only 1 run of 3 was whole. 2 runs parted from another one with the same seeds, first at"
        " step/5, and were ended there: whether outputs differ too was not compared."
    ) in " ".join(ended.out.split())
    whole, *others = records(directory)
    assert "step/39" in whole["fingerprints"][0]
    for each in others:
        assert [s for s in each["fingerprints"][0] if s.startswith("step/")] == [
            f"step/{number}" for number in range(6)
        ]
        assert each["outputs_sha256"] is None


@pytest.mark.slow
def test_a_sweep_without_it_has_the_same_verdict_and_no_trace_of_it(tmp_path):
    _, directory, table, runs = sweep(
        tmp_path, *SMALL, "trace=steps", jolt(5), "seed=fixed", "replicates=2"
    )
    (row,) = table.to_dict("records")
    assert (row["verdict"], row["first_divergence"]) == ("uncontrolled", "step/5")
    assert set(runs["status"]) == {"ok"}
    assert "ended" not in table
    assert "ended_at" not in runs
    assert {each["ended_at"] for each in records(directory)} == {None}


@pytest.mark.slow
def test_resuming_keeps_ended_runs_unless_they_are_to_be_whole(tmp_path):
    cwd = tmp_path
    _, directory, _, _ = sweep(cwd, *SMALL, *STOP, jolt(5), "seed=fixed", "replicates=3")
    before = records(directory)
    again = run_cli(cwd, "resume", str(directory), **TRUST)
    assert "3 of 3 runs were done already" in again.err
    assert records(directory) == before

    refused = run_cli(cwd, "lock", str(directory), **TRUST)
    assert refused.status == 2
    assert "2 of 3 runs were ended where they part, without outputs" in refused.err
    assert f"runner resume {directory} stop_at=never" in refused.err

    whole = run_cli(cwd, "resume", str(directory), "stop_at=never", **TRUST)
    assert whole.status == 0, whole.err
    assert "1 of 3 runs were done already" in whole.err
    _, table, runs = read(cwd)
    (row,) = table.to_dict("records")
    assert set(runs["status"]) == {"ok"}
    assert (row["verdict"], row["across_runs"], row["runs"]) == ("uncontrolled", "differs", 3)


def test_diff_compares_what_an_ended_run_reached(stopped):
    cwd, _, directory, _, _ = stopped
    whole, ended, other = (str(directory / str(job)) for job in range(3))
    shown = run_cli(cwd, "diff", whole, ended)
    assert (shown.status, shown.err) == (1, "")
    text = " ".join(shown.out.split())
    assert "not compared, as only A reached them: order/0 ... " in text or (
        "not compared, as only A reached them: step/6" in text
    )
    assert text.endswith(
        "The runs first part in build 0 at step/5: no recorded source differs before it, but what"
        " an epoch draws is only recorded at its end. Run B was ended at step/5: nothing later was"
        " compared."
    )
    assert "only in A" not in text
    assert "outputs: not compared" in text
    swapped = " ".join(run_cli(cwd, "diff", ended, whole).out.split())
    assert "Run A was ended at step/5: nothing later was compared." in swapped
    both = " ".join(run_cli(cwd, "diff", ended, other).out.split())
    assert "Run A was ended at step/5, and run B was ended at step/5: nothing later" in both
    itself = run_cli(cwd, "diff", ended, ended)
    assert itself.status == 1
    assert "A and B are one record. Run A was ended" in " ".join(itself.out.split())


@pytest.mark.slow
def test_check_makes_whole_runs_only(tmp_path):
    planted = ("~model", "+model._target_=planted_partings.unseeded_once", "+model.units=10")
    _, directory, _, _ = sweep(
        tmp_path, *SMALL, "stop_at=divergence", "seed=fixed", "replicates=2", *planted
    )
    assert run_cli(tmp_path, "lock", str(directory), **TRUST).status == 0
    (tmp_path / "part").touch()
    checked = run_cli(tmp_path, "check", "--directory=again", **TRUST)
    assert checked.status == 1, checked.err
    found = records(tmp_path / "again")
    assert [each["status"] for each in found] == ["ok", "ok"]
    assert len({each["fingerprints"][0]["init/dense/kernel"] for each in found}) == 2


def test_decide_makes_whole_runs_only(tmp_path):
    pair = ("--a", "train.epochs=1", "--b", "train.epochs=2")
    given = ("--difference", "0.05", "--largest", "1", "stop_at=divergence")
    refused = run_cli(tmp_path, "decide", *pair, *given, keep_order=True)
    assert refused.status == 2
    assert refused.err.strip() == (
        "stop_at: must be never, as decide compares runs that were made whole. Received: divergence"
    )


@pytest.mark.parametrize(
    ("planted", "trace", "ended_at"),
    [
        ((), "steps", None),  # never parts
        ((AT_END,), "steps", None),  # only the final weights part, and then all is measured
        (UNSEEDED, "steps", "init/dense/kernel"),
        (UNSEEDED, "epochs", "init/dense/kernel"),
        ((jolt(5),), "epochs", None),  # no stage of an epoch shows what happens to weights
    ],
)
@pytest.mark.slow
def test_each_kind_of_parting(tmp_path, planted, trace, ended_at):
    given = ("stop_at=divergence", f"trace={trace}", "seed=fixed", "replicates=2")
    _, directory, table, runs = sweep(tmp_path, *SMALL, *given, *planted)
    (row,) = table.to_dict("records")
    assert [each["ended_at"] for each in records(directory)] == [None, ended_at]
    assert row["verdict"] == ("uncontrolled" if planted else "repeatable")
    if ended_at is None:
        assert set(runs["status"]) == {"ok"}
        assert row["across_runs"] == ("differs" if planted else "same")


@pytest.mark.slow
def test_without_equal_seeds_nothing_ends_and_a_line_says_so(tmp_path):
    ended, _, table, runs = sweep(
        tmp_path, *SMALL, *STOP, jolt(5), "seed=unset,random", "replicates=2"
    )
    assert "stop_at=divergence ends no run of 1 of 2 configurations" in ended.err
    verdicts = dict(zip(table["seed"], table["verdict"], strict=True))
    assert verdicts == {"unset": "uncontrolled", "random": "uncontrolled"}
    status = runs.groupby("seed")["status"].apply(list).to_dict()
    # The replay of a run has that one's seeds.
    assert status == {"unset": ["ok", "ok"], "random": ["ok", "ok", "ended"]}
    assert "no replay says" not in ended.out


@pytest.mark.slow
def test_what_ended_decides_no_claim(tmp_path):
    claims = (
        "claims=[{text: a, verdict: repeatable}, {text: b, across_runs: same},"
        " {text: c, metric: accuracy, sd_at_most: 1}]"
    )
    ended = run_cli(
        tmp_path, *SMALL, *STOP, jolt(5), "seed=fixed", "replicates=2", claims, "-m", **TRUST
    )
    assert ended.status == 0, ended.err
    (directory,) = tmp_path.glob("outputs/*/*")
    assert set(pd.read_csv(directory / "claims.csv")["result"]) == {"inconclusive"}


def test_it_needs_stages_that_are_seen_while_a_run_is_made(tmp_path):
    arguments = ("task=command", "task.command=[true]", "task.outputs=[a.npy]")
    ended = run_cli(tmp_path, *arguments, "stop_at=divergence", "-m")
    assert ended.status == 2
    assert ended.err.strip() == "stop_at: needs task=keras. Received: divergence"


@pytest.mark.slow
def test_spawned_runs_end_too(tmp_path):
    _, _, table, runs = sweep(
        tmp_path, *SMALL, *STOP, jolt(5), "seed=fixed", "replicates=2", "isolation=spawn"
    )
    assert list(runs["status"]) == ["ok", "ended"]
    assert list(table["verdict"]) == ["uncontrolled"]
