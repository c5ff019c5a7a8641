"""Findings about data: planted faults are found with their numbers, what looks alike is not."""

from __future__ import annotations

import pytest
from conftest import run_cli

pytestmark = [pytest.mark.process, pytest.mark.slow]

FAULTS = {
    "unseen": {"OBS201"},
    "copied": {"OBS202"},
    "divided_once": {"OBS203"},
    "every_fifth": {"OBS204"},
    "not_finite": {"OBS205"},
    "idle": {"OBS206"},
    "in_class_order": {"OBS207"},
}
"""The codes of all findings about data of each source in tests/apps/planted_rows.py."""

ALIKE = (
    *("healthy", "unasked", "in_two_runs", "categories", "pixels", "shares_and_incomes"),
    *("cut_by_time", "yes_and_no", "nearly_idle"),
)
"""Sources that have no fault."""

SEEN = {
    "OBS201": ["10 of 40 test rows are of classes that training never saw (3)."],
    "OBS202": [
        "7 of 40 test rows have the inputs of a training row, 2 of them with another target."
    ],
    "OBS203": [
        "Test inputs are typically 129 (float32 from 0 to 255), training inputs 0.498"
        " (float32 from 0 to 1)."
    ],
    "OBS204": ["38 of 38 test rows are a training row moved by one step."],
    "OBS205": [
        "3 of 960 inputs and 0 of 160 targets of the training part are NaN or infinite.",
        "1 of 240 inputs and 0 of 40 targets of the test part are NaN or infinite.",
    ],
    "OBS206": [
        "Of 6 input columns: 1 column constant (counted from 0: 2) and 1 column the same as one"
        " before (counted from 0: 4)."
    ],
    "OBS207": ["160 training rows of 3 classes are sorted by class and are never shuffled."],
}

MENDED = ("drawn", "apart", "pixels", "cut_by_time", "filled", "without_idle")
"""Sources that do what is advised."""

TARGET = "data.source._target_"

USUAL = ("data.units=4", "shuffle=off", "train.epochs=1")

QUANTITIES = (
    "shuffle=off",
    "train.epochs=1",
    "train.loss=mse",
    "train.metrics=[mae]",
    "data.units=1",
)


def sweep(directory, sources, *arguments):
    named = ",".join(f"planted_rows.{each}" for each in sources)
    return run_cli(
        directory,
        *(f"{TARGET}={named}", "model=linear", "replicates=1", "builds=1", "calls=1", "replays=0"),
        *(arguments or USUAL),
        "-m",
        RUNNER_TRUST="planted_rows",
    )


def find_all(ended):
    """The findings about data, without those about models and metrics."""
    findings = ended.results.findings
    return findings[findings["code"].str.startswith("OBS2")]


def find(ended, column="code", by=TARGET):
    """What findings about data say, by source; a source without any is left out."""
    grouped = find_all(ended).groupby(by, sort=False)[column]
    return {source.removeprefix("planted_rows."): each.tolist() for source, each in grouped}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """One run of each source."""
    return sweep(tmp_path_factory.mktemp("rows"), [*FAULTS, *ALIKE])


def test_every_fault_is_found_and_no_other(planted):
    assert planted.status == 0, planted.err
    assert {source: set(codes) for source, codes in find(planted).items()} == FAULTS


def test_what_is_seen_has_the_numbers(planted):
    assert find(planted, "seen", "code") == SEEN


def test_it_is_printed_with_what_to_change(planted):
    said = " ".join(planted.out.split())
    assert "OBS201 unseen-classes (data.source._target_=planted_rows.unseen): 10 of 40" in said
    assert "Cut the series by time first, and make the windows of each part afterwards." in said


@pytest.mark.exhaustive
def test_whole_numbers_that_are_quantities_are_no_classes(tmp_path):
    ended = sweep(tmp_path, ["sold", "no_target"], *QUANTITIES)
    assert ended.status == 0, ended.err
    assert find(ended, "seen") == {
        "no_target": [
            "0 of 960 inputs and 2 of 160 targets of the training part are NaN or infinite."
        ]
    }


@pytest.mark.exhaustive
def test_what_is_advised_mends_the_fault(tmp_path):
    mended = sweep(tmp_path / "mended", MENDED)
    assert mended.status == 0, mended.err
    assert find(mended, "seen") == {}
    assert (mended.results.findings["severity"] == "info").all()


@pytest.mark.exhaustive
def test_sorted_rows_matter_only_where_training_meets_them_in_order(tmp_path):
    ways = ("shuffle=off,on", "train.batch_size=32,160", "train.epochs=0,1")
    ended = sweep(tmp_path / "ways", ["in_class_order"], "data.units=4", *ways)
    assert ended.status == 0, ended.err
    (found,) = find_all(ended).to_dict("records")
    assert [found[each.partition("=")[0]] for each in ways] == ["off", "32", "1"]
    no_shuffle = sweep(tmp_path / "one", ["in_class_order"], "data.units=4", "shuffle.buffer=1")
    assert find(no_shuffle) == {"in_class_order": ["OBS207"]}


@pytest.mark.exhaustive
def test_classes_in_columns_are_classes_too(tmp_path):
    ended = sweep(tmp_path, ["unseen_one_hot"], *USUAL, "train.loss=categorical_crossentropy")
    assert ended.status == 0, ended.err
    assert find(ended, "seen") == {"unseen_one_hot": SEEN["OBS201"]}
