"""Findings of a sweep, as a person, a program and a workflow see them."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from conftest import run_cli

pytestmark = pytest.mark.process

QUICK = ("train.epochs=2", "replicates=2", "replays=0", "seed=fixed")


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A sweep in which one configuration expects nothing and another repeats its augmentation."""
    return run_cli(
        tmp_path_factory.mktemp("findings"),
        *("train=augmented,augmented_layer", "shuffle=off", "builds=1", *QUICK, "-m"),
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A sweep whose model's function returns one object; the finding about it is expected."""
    return run_cli(
        tmp_path_factory.mktemp("kept"),
        *("~model", "+model._target_=field_models.kept", "+model.units=${data.units}"),
        *("+ignore.OBS102=the second build is fine-tuning", *QUICK, "-m"),
        RUNNER_TRUST="field_models",
    )


def test_a_finding_stands_below_the_table_with_its_advice(ended):
    assert ended.status == 0, ended.err
    (line,) = [line for line in ended.out.splitlines() if line.startswith("warning OBS101")]
    assert line.startswith("warning OBS101 repeated-augmentation (train=augmented): ")
    said = " ".join(ended.out.split())
    assert "The augmented rows are the same in each of 2 epochs (in 2 of 2 builds)." in said
    assert "train=augmented_layer" in said


@pytest.mark.slow
def test_its_advice_helps(ended):
    """The configuration that does what the advice says repeats, and has no such finding."""
    rows = ended.rows("train")
    assert rows["augmented_layer"]["verdict"] == "repeatable"
    findings = ended.results.findings
    assert list(findings["train"]) == ["augmented"]
    (advice,) = findings["change"]
    assert "train=augmented_layer" in advice


def test_files_hold_what_is_said(ended):
    findings = pd.read_csv(ended.sweep / "findings.csv")
    assert list(findings["code"]) == ["OBS101"]
    assert findings.loc[0, ["severity", "certainty", "where"]].tolist() == [
        *("warning", "certain", "augment"),
    ]
    assert findings.loc[0, ["affected", "total", "unit"]].tolist() == [2, 2, "build"]
    stored = pd.read_parquet(ended.sweep / "findings.parquet")
    assert list(stored.columns) == list(findings.columns)
    assert list(stored["seen"]) == list(findings["seen"])


def test_report_prints_them_for_programs(ended):
    said = json.loads(report(ended, "--format=json").out)
    assert [each["code"] for each in said["findings"]] == ["OBS101"]
    assert [each["verdict"] for each in said["table"]] == ["repeatable", "repeatable"]
    (line,) = report(ended, "--format=github").out.splitlines()
    assert line.startswith("::warning title=OBS101 repeated-augmentation::The augmented rows")
    assert "OBS101" not in report(ended, "--findings=none").out
    assert "OBS101" in report(ended, "--findings=all").out


@pytest.mark.slow
def test_an_expected_finding_is_counted_and_kept_with_its_reason(kept):
    assert kept.status == 0, kept.err
    assert "OBS102" not in kept.out
    assert "1 finding ignored, as the config says" in kept.out
    findings = kept.results.findings.set_index("code")
    assert findings.loc["OBS102", "ignored"] == "the second build is fine-tuning"
    assert findings.loc["OBS102", "seen"] == (
        "Build 1 began with the weights that build 0 ended with"
        " (in 2 of 2 builds after a first one)."
    )


def test_only_a_finding_that_exists_is_ignored(cli):
    ended = cli("+ignore.OBS199=why", "-m")
    assert ended.status == 2
    (line,) = ended.err.splitlines()
    assert line.startswith("ignore.OBS199: is the code of no finding")


def report(ended, *options: str):
    return run_cli(ended.cwd, "report", str(ended.sweep), *options)
