"""Outputs that do not depend on the input: a planted reason each, through the command line."""

from __future__ import annotations

import pytest
from conftest import APPS, run_cli
from matching import UNTRAINED, says

from runner.analysis.findings.wording import word_reason
from runner.record.store import read_run

DEAD = (
    "dense (relu): all 64 units are 0 for every input (before relu at most -9...), through its bias"
)

LINES = {
    "dead": f"{DEAD} (-100)",
    "learning_rate_0": f"{DEAD} (-100); training changed no weight",
    "no_batch": f"{DEAD} (-100); training changed no weight",
    "zero_kernel": f"dense_1 (softmax): its kernel is all zeros{UNTRAINED}",
    "large_weights": "dense (sigmoid): all 8 units are saturated at 1 for every input (before"
    f" sigmoid ...e+05 to ...e+06), through its kernel (up to 1e+06){UNTRAINED}",
    "large_inputs": "dense (tanh): all 8 units are saturated at 1 for every input (before tanh"
    f" ...); inputs that reached 1 instead of ...e+07 would give outputs that differ{UNTRAINED}",
    "small_inputs": "dense (tanh): gives the same for every input though its own inputs differ"
    " (by at most ...e-13); inputs that reached 1 instead of ...e-13 would give outputs that"
    f" differ{UNTRAINED}",
    "one_unit": f"dense_1 (softmax over one unit): it is 1 whatever comes in{UNTRAINED}",
    "one_label": "dense (softmax): saturated, unit 1 of 2 is 1 and the others 0 for every input"
    " (before softmax ...); all 24 training labels are 1",
    "hidden_nan": f"dense: its kernel is NaN or infinite (16 of 16 values){UNTRAINED}",
    "diverged": "dense (softmax): its kernel is NaN or infinite (... of 4 values)",
    "ignoring_layer": "ones: gives the same for every input though its own inputs differ (by at"
    f" most ...){UNTRAINED}",
    "two_branches": "dense (relu): all 4 units are 0 for every input (...), through its bias (-100)"
    f" and dense_1: its kernel is all zeros{UNTRAINED}",
    "skip_alive": None,
    "equal_inputs": None,
    "healthy": None,
}
"""What a run of each file of tests/apps/conf/collapse says, see `says`; None: nothing."""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """One run of each."""
    return run_cli(
        tmp_path_factory.mktemp("collapse"),
        f"+collapse={','.join(LINES)}",
        "data=positive",
        "data.split.test_fraction=0.25",
        "probe.inputs=8",
        "replicates=1",
        "replays=0",
        "calls=1",
        f"--config-dir={APPS / 'conf'}",
        "-m",
    )


@pytest.fixture(scope="module")
def records(sweep):
    """The record of each."""
    assert sweep.status == 0, sweep.err
    read = [read_run(path) for path in sweep.sweep.glob("*/record.json")]
    return {record.configuration.overrides["collapse"]: record for record in read}


@pytest.mark.parametrize("name", LINES)
def test_the_planted_reason_is_found_in_every_build(records, name):
    reasons, expected = records[name].collapse, LINES[name]
    lines = [reason and word_reason(reason) for reason in reasons]
    assert len(lines) == 2
    if expected is None:
        assert lines == [None, None]
        return
    for line in lines:
        assert says(expected, line), line


def test_there_is_a_line_where_the_verdict_asks_for_one(sweep, records):
    verdicts = {row["collapse"]: row["verdict"] for _, row in sweep.results.table.iterrows()}
    assert set(verdicts) == set(LINES)
    for name, verdict in verdicts.items():
        explained = records[name].collapse != [None, None]
        assert explained is (verdict in ("collapsed", "non-finite")), name


def test_the_named_layer_is_one_of_the_fingerprints(records):
    for name in ("dead", "zero_kernel", "one_label", "hidden_nan"):
        record = records[name]
        layer = record.collapse[1].clauses[0].where.partition(" ")[0]
        assert f"init/{layer}/kernel" in record.fingerprints[1], name
