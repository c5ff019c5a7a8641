"""What the page of a sweep holds, against the tables that it shows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from paged_sweeps import add_run, contents_of, make_mixed, outputs_of, page_of
from synthetic import write

from runner.analysis.results import collate
from runner.page.block_notes import COMPARISON_NOTES, SWEEP_NOTES
from runner.page.plain_values import make_plain, shorten_number
from runner.page.sweep_contents import SweepState, gather_sweep


@pytest.fixture
def mixed(tmp_path):
    return make_mixed(tmp_path)


def gather(directory, **state):
    return gather_sweep(collate(directory), SweepState(**state))


def test_the_table_is_that_of_the_results(mixed):
    results = collate(mixed)
    table = contents_of(page_of(mixed))["table"]
    assert table["columns"] == list(results.table.columns)
    shown = pd.DataFrame(table["rows"], columns=table["columns"])
    for name in results.table:
        for a, b in zip(shown[name], results.table[name], strict=True):
            assert (pd.isna(a) and pd.isna(b)) or a == b, name


def test_what_is_missing_is_null_and_never_0(mixed):
    contents = contents_of(page_of(mixed))
    row = dict(zip(contents["table"]["columns"], contents["table"]["rows"][3], strict=True))
    assert row["verdict"] == "failed"
    numbers = ("churn", "labels", "accuracy_mean", "accuracy_sd", "max_abs_diff", "wall_s")
    assert [row[name] for name in numbers] == [None] * len(numbers)
    failed = contents["configurations"][3]
    assert (failed["series"], failed["strip"], failed["pairs"]) == ([], None, None)
    assert failed["runs"]["failed"] == [
        ["ValueError: no rows", ["run 0", "run 1", "run 2", "run 3"]]
    ]


def test_each_verdict_stands_with_the_rows_that_have_it(mixed):
    found = {each["word"]: each["rows"] for each in gather(mixed)["verdicts"]}
    assert found == {"failed": [3], "repeatable": [0], "seed-driven": [1], "uncontrolled": [2]}


@pytest.mark.parametrize(
    ("drivers", "headline"),
    [
        ([[1, 1], [2, 2]], "In all 2 configurations every run gave the same output"),
        ([[1, 2], [2, 2]], "In 1 of 2 configurations every run gave the same output"),
        ([[1, 2], [1, 2]], "In none of 2 configurations did every run give the same output"),
        ([[1], [2]], "No two runs could be compared"),
        ([[1, 1]], "Every run gave the same output"),
        ([[1, 2]], "Runs gave different outputs"),
    ],
)
def test_the_headline_counts_the_configurations_whose_runs_agree(tmp_path, drivers, headline):
    for place, group in enumerate(drivers):
        for replicate, driver in enumerate(group):
            shared = {"configuration": f"{place:012x}", "overrides": {"seed": str(place)}}
            add_run(tmp_path, 10 * place + replicate, driver, replicate=replicate, **shared)
    assert gather(tmp_path)["headline"] == headline


def test_a_rounding_configuration_is_not_said_to_be_the_same(tmp_path):
    add_run(tmp_path, 0, 1)
    add_run(tmp_path, 1, 1, values=outputs_of(1) * np.float32(1 + 1e-6), digest="e" * 16)
    assert gather(tmp_path)["headline"] == "Runs gave the same output up to rounding"


def test_every_run_has_its_dot_and_replays_are_told_apart(mixed):
    found = gather(mixed)["configurations"][1]
    assert found["runs"]["labels"] == ["run 0", "run 1", "run 2", "run 3", "run 2, replayed"]
    assert found["runs"]["again"] == [4]
    (accuracy, loss) = found["series"]
    assert (accuracy["title"], loss["title"]) == ("accuracy", "loss")
    assert accuracy["values"] == [0.9, 0.91, 0.92, 0.93, 0.92]
    row = collate(mixed).table.iloc[1]
    assert accuracy["mean"] == pytest.approx(row["accuracy_mean"])
    assert accuracy["low"] == pytest.approx(row["accuracy_ci_low"])


def test_runs_of_several_sweeps_are_told_apart_by_their_directories(tmp_path):
    for took, name in enumerate(("one", "two")):
        add_run(tmp_path / name, 0, 1, wall_s=1.0 + took)
        (tmp_path / name / "multirun.yaml").touch()
    labels = gather(tmp_path)["configurations"][0]["runs"]["labels"]
    assert labels == ["run 0 (one/0)", "run 0 (two/0)"]


def test_configurations_of_one_id_keep_their_own_evidence(tmp_path):
    """Overrides that change no content, such as claims, leave the id as it is."""
    for place, drivers in enumerate(([1, 1], [2, 3])):
        for replicate, driver in enumerate(drivers):
            overrides = {"seed": "fixed", "note": str(place)}
            add_run(tmp_path, 10 * place + replicate, driver, overrides=overrides)
    found = gather(tmp_path)["configurations"]
    assert [each["pairs"]["alike"] for each in found] == [[0, 0], [0, 1]]


def test_a_published_number_stands_beside_the_dots_in_their_unit(tmp_path):
    claims = [
        {
            "text": "as in the paper", "source": "A paper", "metric": "accuracy",
            "compatible": {"mean": 91.0, "sd": 1.0, "n": 3, "unit": "percent"},
        },
        {"text": "about this", "metric": "accuracy", "mean": 0.9, "within": 0.02},
    ]  # fmt: skip
    for job in range(4):
        add_run(tmp_path, job, job, claims=claims)
    published, claimed = gather(tmp_path)["configurations"][0]["series"][0]["claimed"]
    assert published["text"] == "91 ± 1% (n=3)"
    assert [published[name] for name in ("low", "mean", "high")] == [0.9, 0.91, 0.92]
    assert (published["source"], claimed["source"]) == ("A paper", None)
    assert [claimed[name] for name in ("low", "mean", "high")] == [0.88, 0.9, 0.92]


def test_claims_and_findings_name_their_configuration(tmp_path):
    for place in range(2):
        for replicate in range(3):
            add_run(
                tmp_path, 10 * place + replicate, 1, configuration=f"{place:012x}",
                overrides={"seed": str(place)}, replicate=replicate,
                claims=[{"text": f"claim {place}", "across_runs": "differs"}],
            )  # fmt: skip
    rows = gather(tmp_path)["claims"]["rows"]
    assert [(row["of"], row["claim"], row["result"]) for row in rows] == [
        (0, "claim 0", "inconclusive"),
        (1, "claim 1", "inconclusive"),
    ]


def test_a_page_of_a_running_sweep_says_so(mixed):
    assert gather(mixed)["partial"] is None
    assert "was still running" in gather(mixed, running=True)["partial"]
    assert "<strong>Partial.</strong>" in page_of(mixed, running=True)


def test_shares_of_sources_are_those_of_the_results(tmp_path):
    for place, vary in enumerate(([], ["init"], ["data", "split", "init", "order"])):
        for replicate in range(4):
            seeds = {source: replicate if source in vary else 0 for source in ("init", "order")}
            add_run(
                tmp_path, 10 * place + replicate, 3 * replicate if vary else 1,
                configuration=f"{place:012x}", overrides={"seed.vary": str(vary)},
                strategy="derived", vary=vary, seeds=seeds, replicate=replicate,
            )  # fmt: skip
    results = collate(tmp_path)
    found = gather_sweep(results, SweepState())
    assert found["factors"] == []
    assert [each["source"] for each in found["sources"]] == list(results.attribution["source"])
    for each, (_, row) in zip(found["sources"], results.attribution.iterrows(), strict=True):
        (name, sd, _), _ = each["metrics"]
        assert name == "accuracy"
        assert sd[0] == (None if pd.isna(row["accuracy_sd"]) else row["accuracy_sd"])


def test_environments_that_differ_are_listed_and_missing_values_with_them(tmp_path):
    add_run(tmp_path, 0, 1, environment={"python": "3.11", "threads": 1})
    add_run(tmp_path, 1, 1, environment={"python": "3.11", "threads": 2, "gpus": 0})
    found = gather(tmp_path)["environment"]
    assert found["shared"] == {"python": "3.11"}
    assert found["differing"] == {"threads": [1, 2], "gpus": [None, 0]}


def test_numbers_that_json_lacks_become_texts_or_nothing(tmp_path):
    metrics = [{"loss": float("nan"), "accuracy": float("inf")}]
    for job in range(2):
        add_run(tmp_path, job, 1, metrics=metrics)
    found = gather(tmp_path)
    json.dumps(found, allow_nan=False)
    assert found["configurations"][0]["series"] == []
    assert make_plain([float("nan"), float("-inf"), pd.NA, np.int64(3), np.bool_(True)]) == [
        None, "-inf", None, 3, True,
    ]  # fmt: skip
    assert [shorten_number(each) for each in (None, float("inf"), 0.0, 1 / 3)] == [
        None, None, 0.0, 0.333333333,
    ]  # fmt: skip


def test_a_metric_called_like_a_column_has_a_column_of_its_own(tmp_path):
    for job in range(2):
        add_run(tmp_path, job, job, metrics=[{"churn": 3.0, "runs": 4.0}])
    shown = gather(tmp_path)["shown"]
    titles = [each["title"] for each in shown]
    assert len(titles) == len(set(titles))
    columns = collate(tmp_path).table.columns
    assert {each["source"] for each in shown} <= set(columns)


def test_a_sweep_with_nothing_but_failures_has_a_page(tmp_path):
    write(tmp_path, 0, error="ValueError: no")
    contents = contents_of(page_of(tmp_path))
    assert contents["headline"] == "No two runs could be compared"
    assert contents["failures"] == [{"reason": "ValueError: no", "count": 1, "dir": "0"}]


@pytest.mark.parametrize("notes", [SWEEP_NOTES, COMPARISON_NOTES])
def test_each_block_says_something_and_what_it_does_not_say(notes):
    for name, note in notes.items():
        assert all(text.endswith(".") and len(text) > 30 for text in note), name
        assert note.says != note.says_not
