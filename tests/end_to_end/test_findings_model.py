"""Findings about models and metrics: planted faults are found, and what is advised mends them."""

from __future__ import annotations

import pytest
from conftest import APPS, run_cli

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]

FAULTS = {
    "fractions": {"OBS301"},
    "negative": {"OBS302"},
    "unadapted": {"OBS303"},
    "beyond": {"OBS304", "OBS306", "OBS401"},
    "lagging": {"OBS305"},
    "broadcast": {"OBS306", "OBS307"},
    "own_loss": {"OBS306", "OBS307"},
    "several": {"OBS401"},
    "logits": {"OBS402"},
    "bare": {"OBS308", "OBS402"},
    "two_losses": {"OBS306", "OBS403"},
}
"""The codes of all findings of each file of tests/apps/conf/fault that holds a fault."""

SEEN = {
    "OBS301": "inner/codes takes whole numbers: its inputs, 0 to 0.875, all become 0",
    "OBS302": "inner/codes has rows 0 to 7",
    "OBS303": "inner/scale was never adapted: it has mean 0 and variance 1",
    "OBS304": "The last activation, last (relu), gives nothing below 0: 36 of 160 targets",
    "OBS305": "norm: after 15 steps with momentum 0.99, 86% of its moving statistics is what",
    "OBS308": "binary_crossentropy takes outputs for probabilities, and ",
    "OBS402": "accuracy (BinaryAccuracy) counts outputs above 0.5 as 1",
    "OBS403": "On 64 training rows train_step has a loss of ",
}
"""How what is seen begins."""


def sweep(directory, faults, *arguments):
    return run_cli(
        directory,
        f"+fault={','.join(faults)}",
        *("replicates=1", "builds=1", "calls=1", "replays=0", *arguments),
        *(f"--config-dir={APPS / 'conf'}", "-m"),
        RUNNER_TRUST="planted_faults",
    )


def find(ended):
    """The findings about models and metrics, without those about data."""
    findings = ended.results.findings
    return findings[findings["code"].str.startswith(("OBS3", "OBS4"))]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """One run of each fault."""
    return sweep(tmp_path_factory.mktemp("faults"), FAULTS)


def test_every_fault_is_found_and_no_other(planted):
    assert planted.status == 0, planted.err
    found = {fault: set(each["code"]) for fault, each in find(planted).groupby("fault")}
    assert found == FAULTS


def test_what_is_seen_names_the_layer_and_the_numbers(planted):
    findings = find(planted).set_index("code")["seen"]
    for code, start in SEEN.items():
        assert findings[[code]].iloc[0].startswith(start), code
    compiled, own = sorted(findings[["OBS307"]])
    assert compiled.startswith("the loss compares targets of shape (64,) with predictions of")
    assert own.startswith("train_step compares targets of shape (64,) with predictions of shape")


def test_a_collapse_that_no_layer_explains_gets_its_cause(planted):
    """The reason of the collapse names the embedding; the finding says what is wrong with it."""
    assert "inner/codes: gives the same for every input" in " ".join(planted.out.split())


@pytest.mark.exhaustive
def test_what_is_advised_mends_the_fault(tmp_path, planted):
    twins = {
        fault: f"{fault}_mended"
        for fault in FAULTS
        if (APPS / "conf" / "fault" / f"{fault}_mended.yaml").is_file()
    }
    assert len(twins) >= 8
    mended = sweep(tmp_path, twins.values())
    assert mended.status == 0, mended.err
    assert find(mended)["seen"].tolist() == []
    before, after = planted.rows("fault"), mended.rows("fault")
    assert after["lagging_mended"]["accuracy_mean"] > 0.9 > 0.2 > before["lagging"]["accuracy_mean"]
    for fault in ("unadapted", "beyond", "broadcast"):
        assert after[twins[fault]]["loss_mean"] < 0.2 * before[fault]["loss_mean"]


@pytest.mark.exhaustive
def test_runs_that_are_stuck_are_a_group_of_their_own(tmp_path):
    ended = run_cli(
        tmp_path,
        *("+fault=stuck", "seed=derived", "replicates=10", "builds=1", "replays=0"),
        *(f"--config-dir={APPS / 'conf'}", "-m"),
        RUNNER_TRUST="planted_faults",
    )
    assert ended.status == 0, ended.err
    findings = find(ended).set_index("code")
    assert set(findings.index) == {"OBS304", "OBS404"}
    seen = findings.loc["OBS404", "seen"]
    assert seen.startswith("loss falls into two groups: ")
    assert seen.endswith("the outputs of those with more do not depend on the input.")
    losses = ended.results.runs["loss"]
    pair = [str(ended.sweep / str(each)) for each in (losses.idxmin(), losses.idxmax())]
    compared = run_cli(tmp_path, "diff", *pair)
    assert "init/dense/kernel" in compared.out


@pytest.mark.exhaustive
def test_shipped_models_have_no_finding_above_info(tmp_path):
    ended = run_cli(
        tmp_path,
        "model=linear,mlp,mlp_dropout,cnn,gru,pinned",
        *("train.epochs=2", "replicates=2", "replays=0", "seed=random", "-m"),
    )
    assert ended.status == 0, ended.err
    assert set(find(ended)["severity"]) <= {"info"}
