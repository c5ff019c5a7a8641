"""Findings about randomness: planted faults are found, and what is advised mends them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import APPS, run_cli

pytestmark = [pytest.mark.process, pytest.mark.slow]

FAULTS = {
    "augmented": {"OBS101"},
    "kept": {"OBS102"},
    "initializer": {"OBS104"},
    "own_seed": {"OBS105", "OBS109"},
    "restarted": {"OBS107"},
    "one_order": {"OBS108"},
    "late_seed": {"OBS109"},
}
"""The codes of all findings about randomness of files in tests/apps/conf/chance."""

FURTHER = {"constant": {"OBS101"}, "cached": {"OBS101"}, "mixed": {"OBS103"}}
"""The same of those that are slow."""

SEEN = {
    "augmented": "The augmented rows are the same in each of 2 epochs (in 4 of 4 builds).",
    "kept": "Build 1 began with the weights that build 0 ended with"
    " (in 2 of 2 builds after a first one).",
    "initializer": "The initial weights dense/kernel are the same in all builds of a run, and"
    " differ between runs (in 2 of 2 runs).",
    "own_seed": "2 runs with 2 different seeds agree bit for bit, though the initial weights are"
    " no constants.",
    "restarted": "Given one row 32 times in each of two passes, the augmentation made 32 different"
    " rows of it in the first, and the same ones in the same order in the second (in 2 of 2"
    " runs).",
    "one_order": "The rows come in the same order in each of 2 epochs, although they are shuffled"
    " (in 4 of 4 builds).",
    "late_seed": "The order of the rows is the same in 2 runs and in all builds of a run, though by"
    " the config it is drawn anew in each.",
}

ADVICE = {
    "augmented": "train=augmented_layer",
    "constant": "let it draw",
    "cached": "Put the stage cache before augment in train.pipeline",
    "kept": "Make a new model in each call",
    "mixed": "isolation=spawn",
    "initializer": "Make initializers inside the function that makes the model",
    "own_seed": "look for a seed that the model's or the data's code sets by itself",
    "restarted": "train=augmented_layer",
    "one_order": "Put the stage cache before shuffle in train.pipeline.",
    "late_seed": "Look for a seed that code of the model or of the data sets",
}
"""What each finding advises; the file FAULT_mended.yaml does it."""

VERDICTS = {
    "augmented_mended": "repeatable",
    "constant_mended": "repeatable",
    "cached_mended": "repeatable",
    "kept_mended": "repeatable",
    "mixed_mended": "repeatable",
    "initializer_mended": "seed-driven",
    "own_seed_mended": "seed-driven",
    "restarted_mended": "repeatable",
    "one_order_mended": "repeatable",
    "late_seed_mended": "seed-driven",
}
"""What is promised of each fault once it is mended."""

ALIKE = (
    *("alike_untrained", "alike_no_reshuffle", "alike_order_seed", "alike_vary_order"),
    *("alike_unseeded_noise", "alike_per_build", "alike_no_effect"),
)
"""Configurations in which something stays the same, or varies, as it is meant to."""


def run_chance(directory, files, *arguments):
    return run_cli(
        directory,
        *(f"+chance={','.join(files)}", "calls=1", "train.epochs=2", *arguments),
        *(f"--config-dir={APPS / 'conf'}", "-m"),
        RUNNER_TRUST="planted_chance,reseeding",
    )


def find(ended):
    """The findings about randomness."""
    findings = ended.results.findings
    return findings[findings["code"].str.startswith("OBS1")]


def list_codes(ended):
    return {fault: set(each["code"]) for fault, each in find(ended).groupby("chance")}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Two runs of each fault."""
    directory = tmp_path_factory.mktemp("chance")
    return run_chance(directory, FAULTS, "replicates=2", "replays=0")


def test_every_fault_is_found_and_no_other(planted):
    assert planted.status == 0, planted.err
    assert list_codes(planted) == FAULTS


def test_what_is_seen_has_the_numbers(planted):
    first = find(planted).sort_values("code").drop_duplicates("chance").set_index("chance")
    assert first["seen"].to_dict() == SEEN
    for fault, advice in first["change"].items():
        assert ADVICE[fault] in advice


@pytest.mark.exhaustive
def test_what_more_runs_show_is_found(tmp_path):
    ended = run_chance(tmp_path, FURTHER, "replicates=4", "replays=0")
    assert ended.status == 0, ended.err
    assert list_codes(ended) == FURTHER
    findings = find(ended).set_index("chance")
    assert findings.loc["mixed", "seen"].startswith("4 runs of 2 warm parents agree bit for bit in")
    for fault in FURTHER:
        assert ADVICE[fault] in findings.loc[fault, "change"]
    assert ended.rows("chance")["mixed"]["verdict"] == "uncontrolled"


@pytest.mark.exhaustive
def test_what_is_advised_mends_the_fault(tmp_path):
    assert set(VERDICTS) == {f"{fault}_mended" for fault in ADVICE}
    mended = run_chance(tmp_path, VERDICTS, "replicates=4", "replays=1")
    assert mended.status == 0, mended.err
    assert find(mended)[["chance", "seen"]].to_numpy().tolist() == []
    verdicts = {name: row["verdict"] for name, row in mended.rows("chance").items()}
    assert verdicts == VERDICTS


@pytest.mark.exhaustive
def test_interpreters_of_their_own_show_what_a_parent_shared(tmp_path):
    ended = run_chance(tmp_path, ["mixed"], "replicates=3", "replays=1", "isolation=spawn")
    assert ended.status == 0, ended.err
    assert find(ended)["code"].tolist() == []
    assert ended.rows("chance")["mixed"]["verdict"] == "uncontrolled"
    runs = ended.results.runs
    assert len(set(runs["digest"])) == len(runs)


@pytest.mark.exhaustive
def test_what_is_meant_to_be_so_is_no_fault(tmp_path):
    ended = run_chance(tmp_path, ALIKE, "replicates=3", "replays=0")
    assert ended.status == 0, ended.err
    assert find(ended)[["chance", "seen"]].to_numpy().tolist() == []


def run_function(directory, name):
    directory.mkdir()
    np.save(directory / "given.npy", np.eye(3))
    return run_cli(
        directory,
        *("task=function", f"task.function=planted_chance.{name}", "replicates=2", "builds=1"),
        *("replays=0", "-m"),
        RUNNER_TRUST="planted_chance",
    )


@pytest.mark.exhaustive
def test_a_file_that_is_left_is_named(tmp_path):
    ended = run_function(tmp_path / "work", "leaving")
    (found,) = find(ended).to_dict("records")
    assert found["code"] == "OBS106"
    assert found["seen"] == (
        "Files were written into the directory that the sweep was started in: points.npy (in 2 of 2"
        " runs)."
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["leaving_elsewhere", "reading"])
def test_files_elsewhere_and_files_that_are_read_are_no_fault(tmp_path, name):
    ended = run_function(tmp_path / "work", name)
    assert find(ended).empty
    (row,) = ended.results.table.to_dict("records")
    assert (row["verdict"], pd.isna(row["first_divergence"])) == ("repeatable", True)
