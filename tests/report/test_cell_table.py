"""Published tables beside what was measured, laid out from stored runs."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from synthetic import outputs, write

from runner.analysis.results import collate
from runner.report.cell_table import build_cell_tables, count_unsettled
from runner.report.sweep_tables import build_claims

SD = {"sd": 2, "n": 3, "digits": 0, "unit": "percent"}


def claim(row, column, mean, **more):
    cell = {"row": row, "column": column}
    return {"text": "so they say", "metric": "accuracy", "source": "Table 1", "cell": cell,
            "compatible": {"mean": mean, **SD}, **more}  # fmt: skip


def sweep(tmp_path, cells):
    """A stored sweep: for each configuration its claims, accuracies and highest evaluations."""
    for number, (claims, accuracies, highest) in enumerate(cells):
        for run, (last, best) in enumerate(zip(accuracies, highest, strict=True)):
            write(
                tmp_path,
                10 * number + run,
                outputs(run),
                configuration=str(number) * 12,
                overrides={"model": str(number)},
                claims=claims,
                metrics=[{"accuracy": last}, {"accuracy": 0.0}],
                history=[{"evaluated/epoch": [0.0, 1.0], "evaluated/accuracy": [best, last]}] * 2,
            )
    return collate(tmp_path)


def show(results):
    console = Console(width=100, file=io.StringIO())
    for title, table in build_cell_tables(results):
        console.print(title)
        console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.fixture
def results(tmp_path):
    low = [claim("A", "MLP", 68), claim("A", "MLP", 68, evaluate="highest")]
    return sweep(
        tmp_path,
        [
            (low, [0.64, 0.65, 0.66], [0.70, 0.71, 0.72]),
            ([claim("B", "CNN", 20)], [0.93, 0.94, 0.95], [0.95] * 3),
        ],
    )


def test_rows_and_columns_are_those_of_the_publication(results):
    lines = show(results)
    assert lines[0] == "Table 1, final evaluation: published, then measured"
    assert lines[1].split() == ["MLP", "CNN"]
    assert lines[2].split() == ["A", "68", "±", "2%", "(n=3)"]
    assert lines[3].split() == ["65", "±", "1", "(n=3)"]
    assert lines[4].split() == ["compatible"]
    assert lines[5].split() == ["B", "20", "±", "2%", "(n=3)"]
    assert lines[6].split() == ["94", "±", "1", "(n=3)"]
    assert lines[7].split() == ["different"]


def test_another_evaluation_is_another_table(results):
    lines = show(results)
    start = lines.index("Table 1, highest evaluation: published, then measured")
    assert lines[start + 3].split() == ["71", "±", "1", "(n=3)"]


def test_cells_are_not_listed_again_as_claims(results):
    assert build_claims(results) is None


def test_numbers_of_the_frame_are_in_the_unit_of_the_publication(results):
    row = results.claims.iloc[0]
    assert (row["row"], row["column"], row["evaluate"]) == ("A", "MLP", "final")
    assert row[["mean", "sd"]].tolist() == [pytest.approx(65), pytest.approx(1)]
    assert row["interval_low"] < 65 < row["interval_high"]
    assert row["interval"] == "mean of 3 further published runs"


def test_how_many_replicates_settle_a_cell_is_said(tmp_path):
    given = {"mean": 70, "sd": 1, "n": 50, "unit": "percent"}
    open_ = {**claim("A", "MLP", 0), "different": given}
    del open_["compatible"]
    results = sweep(tmp_path, [([open_], [0.64, 0.70, 0.69], [0.7] * 3)])
    (needed,) = results.claims["needed_replicates"]
    assert count_unsettled(results) == f"1 cell inconclusive: replicates={needed} would settle it"


def test_without_cells_there_is_no_table(tmp_path):
    bare = {"text": "so they say", "across_runs": "differs"}
    results = sweep(tmp_path, [([bare], [0.5, 0.6], [0.5, 0.6])])
    assert show(results) == []
    assert count_unsettled(results) is None
    assert "row" not in results.claims
    assert build_claims(results) is not None


def test_a_cell_without_runs_says_so(tmp_path):
    missing = claim("A", "MLP", 68, metric="auc")
    results = sweep(tmp_path, [([missing], [0.5, 0.6], [0.5, 0.6])])
    assert show(results)[3].split() == ["-", "(n=0)"]
    assert np.isnan(results.claims["mean"][0])
    assert results.claims["measured"][0] == "no run has auc"
