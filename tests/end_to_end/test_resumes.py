"""State is lost on purpose when a training is resumed; each loss is named, and nothing else is.

Each file of tests/apps/conf/lost is a training that is interrupted after two epochs, and goes on
in another process. What the advice says to change is among those that lose nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from conftest import APPS, run_cli

LOSSES = {
    "augment": {"augment"},
    "averages": {"averages", "optimizer"},
    "callback": {"callback"},
    "dropout": {"generators"},
    "dropout_in_model": {"generators"},
    "keras": {"keras"},
    "metrics": {"metrics"},
    "numpy": {"numpy"},
    "optimizer": {"optimizer"},
    "order": {"order"},
    "patience": {"callback"},
    "position_in_epoch": {"position"},
    "position_in_pass": {"position"},
    "python": {"python"},
    "rate": {"rate", "optimizer", "callback"},
    "scale": {"scale", "optimizer"},
    "schedule": {"schedule", "optimizer"},
    "weights": {"weights"},
}
"""File to the kinds of state that it loses."""

ALIKE = sorted(path.stem for path in (APPS / "conf" / "lost").glob("alike_*.yaml"))
"""Files that lose nothing that counts."""

UNRESUMED = {
    "alike_ended": "nothing was left to train: training had ended before.",
    "alike_no_checkpoint": "there was no checkpoint yet: everything was trained again.",
}
"""Files of which nothing is resumed, to what is said of them."""

OPTIONS = (
    "+lost={}", "++resumes=[2]", "train.epochs=4", "replicates=1", "builds=1", "calls=1",
    f"--config-dir={APPS / 'conf'}", "--trust=planted_losses", "-m",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """All of them in one sweep."""
    names = ",".join([*LOSSES, *ALIKE])
    options = [each.format(names) for each in OPTIONS]
    ended = run_cli(tmp_path_factory.mktemp("losses"), *options, timeout=900)
    assert ended.status == 0, ended.err
    return ended


@pytest.fixture(scope="module")
def rows(planted):
    """The table's rows by file."""
    results = planted.results
    column = results.names.overrides["lost"]
    return {row[column]: row for _, row in results.table.iterrows()}


def find_kinds(planted, name):
    findings = planted.results.findings
    column = planted.results.names.overrides["lost"]
    found = findings[(findings[column] == name) & (findings["code"] == "OBS110")]
    return list(found["where"])


def test_every_file_is_expected_to_do_something():
    files = {path.stem for path in (APPS / "conf" / "lost").glob("*.yaml")}
    assert files == {*LOSSES, *ALIKE, "elsewhere"}
    assert len(LOSSES) >= 12
    assert len(ALIKE) >= 12


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", LOSSES)
def test_what_was_lost_is_named_and_nothing_else(planted, rows, name):
    assert rows[name]["resume"] == "differs"
    kinds = find_kinds(planted, name)
    assert set(kinds) == LOSSES[name]
    assert len(kinds) == len(LOSSES[name])
    assert len(rows[name]["lost"].split(", ")) == len(kinds)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ALIKE)
def test_what_loses_nothing_is_the_same_and_not_accused(planted, rows, name):
    assert rows[name]["resume"] == ("unmeasured" if name in UNRESUMED else "same")
    assert find_kinds(planted, name) == []
    assert pd.isna(rows[name]["first_divergence_resume"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", UNRESUMED)
def test_where_nothing_was_resumed_the_sentence_says_why(planted, name):
    said = next(each for each in planted.results.sentences if UNRESUMED[name] in each)
    assert "Resumed at epoch 2, " in said


@pytest.mark.exhaustive
def test_a_resumed_run_counts_nowhere_else(planted, rows):
    assert {row["runs"] for row in rows.values()} == {1}
    runs = planted.results.runs
    assert runs["resume_of"].notna().sum() == len(rows)


def test_one_resume_end_to_end(cli):
    """With the state of a layer lost; the sweep can then be reported and finished again."""
    ended = cli(
        "model=mlp_dropout", "shuffle=off", "seed=random", "train.epochs=3", "resumes=[1,2]",
        "replicates=2", "replays=1", "builds=1", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    (row,) = ended.rows("seed").values()
    assert (row["verdict"], row["resume"], row["lost"]) == (
        "seed-driven",
        "differs",
        "the state of stochastic layers",
    )
    said = " ".join(ended.out.split())
    assert "Resumed at epoch 1 and at 2, training from BackupAndRestore differs" in said
    assert "lost: the state of stochastic layers" in said
    records = [json.loads(path.read_text()) for path in ended.sweep.glob("*/record.json")]
    resumed = sorted(
        (each for each in records if each["resume_of"] is not None), key=lambda r: r["resume_at"]
    )
    assert [each["resume_at"] for each in resumed] == [1, 2]
    whole = next(each for each in records if each["job"] == resumed[0]["resume_of"])
    for each in resumed:
        assert each["seeds"] == whole["seeds"]
        assert each["warm_parent"] != whole["warm_parent"]
        assert [int(epoch) for epoch in each["history"][0]["epoch"]] == list(
            range(each["resume_at"], 3)
        )


@pytest.mark.exhaustive
def test_equal_runs_whose_process_decides_are_no_loss(cli):
    """Rows follow the hash seed: a resumed run differs as any other run does."""
    options = [each.format("elsewhere") for each in OPTIONS if "replicates" not in each]
    ended = cli(*options, "replicates=2")
    assert ended.status == 0, ended.err
    (row,) = (row for _, row in ended.results.table.iterrows())
    assert row["resume"] == "differs"
    assert pd.isna(row["lost"])
    assert "OBS110" not in set(ended.results.findings["code"])
    assert "runs with equal seeds differ too" in " ".join(ended.out.split())


@pytest.mark.exhaustive
def test_the_advice_on_stochastic_layers_works(tmp_path):
    """In plain Keras: with the state of the generators kept, nothing is lost; without it, it is."""

    def run(*arguments):
        program = [sys.executable, APPS / "kept_generators.py", *arguments]
        ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=100)
        return ended.stdout.split()[-1]

    whole = run("whole")
    run("first", str(tmp_path))
    assert run("second", str(tmp_path)) == whole
    assert run("second", str(tmp_path), "--forget") != whole


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resumes=[9]"], "resumes: must be epochs from 1 to 4, with which training goes on"),
        (["resumes=[0]"], "resumes: must be epochs from 1 to 4, with which training goes on"),
        (["train.epochs=1", "resumes=[1]"], "resumes: needs two epochs of training; there is 1"),
        (["train.steps=9", "resumes=[1]"], "resumes: needs two epochs of training; there is 1"),
        (
            ["train.initial_epoch=3", "resumes=[3]"],
            "resumes: must be epochs from 4 to 4, with which training goes on",
        ),
        (
            ["task=function", "task.function=json.dumps", "resumes=[1]"],
            "resumes: needs task=keras",
        ),
        (
            ["shuffle.by_epoch=true", "train.pipeline=[batch,shuffle]"],
            "shuffle.by_epoch: needs the stage shuffle before all others but cache",
        ),
        (
            ["shuffle.by_epoch=true", "shuffle.buffer=9"],
            "shuffle.by_epoch: orders all rows, and does not go together with shuffle.buffer",
        ),
        (
            ["shuffle.by_epoch=true", "train.steps_per_epoch=9"],
            "shuffle.by_epoch: needs epochs that are passes over the rows",
        ),
        (
            ["shuffle.by_epoch=true", "train.feed=keras"],
            "shuffle.by_epoch: is not used by train.feed=keras",
        ),
        (["train.checkpoint=model"], "train.checkpoint: is only used with resumes"),
        (["resumes=[1]", "train.checkpoint=nothing"], "train.checkpoint: "),
        (
            [
                "resumes=[1]",
                "train.checkpoint=weights",
                "train.callbacks=[{_target_: keras.callbacks.BackupAndRestore}]",
            ],
            "train.callbacks[0]: is BackupAndRestore, which restores its own checkpoint",
        ),
    ],
)
@pytest.mark.process
def test_what_cannot_be_resumed_gets_one_line(forked_commands, tmp_path, arguments, message):
    ended = forked_commands.run(tmp_path, [*arguments, "dry_run=true", "-m"])
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(message)


@pytest.mark.process
def test_a_dry_run_counts_resumed_runs(forked_commands, tmp_path):
    given = ["seed=fixed,unset,random", "resumes=[1,2]", "dry_run=true", "-m"]
    ended = forked_commands.run(tmp_path, given)
    assert ended.returncode == 0, ended.stderr
    lines = [line.split() for line in ended.stdout.splitlines() if line.split()]
    # Without seeds there is nothing to repeat, and one run of seed=random is replayed.
    counts = {each[0]: each[1] for each in lines if each[0] in ("fixed", "unset", "random")}
    assert counts == {"fixed": "7", "unset": "5", "random": "8"}
