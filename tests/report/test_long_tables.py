"""A long table shows its beginning and its end, and says how many rows it leaves out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from synthetic import outputs, write

from runner.analysis.results import collate
from runner.report import sweep_summary
from runner.report.columns import HEAD, MOST_ROWS, TAIL, Column, fit_columns
from runner.report.sweep_tables import build_claims


def printed(table, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return console.file.getvalue().splitlines()


def numbered(count):
    cells = [f"row {n}" for n in range(count)]
    return [Column("number", cells, 0, lambda text: "bold"), Column("x", ["x" * 40] * count, 1)]


@pytest.mark.parametrize("count", [1, MOST_ROWS - 1, MOST_ROWS])
def test_a_table_that_is_not_long_is_whole(count):
    lines = printed(fit_columns(numbered(count), 80))
    assert [line.split("  ")[0] for line in lines] == [
        "number",
        *(f"row {n}" for n in range(count)),
    ]


@pytest.mark.parametrize("count", [MOST_ROWS + 1, 10_000])
def test_of_a_long_table_both_ends_are_shown(count):
    lines = [line.strip() for line in printed(fit_columns(numbered(count), 80))]
    ends = [*range(HEAD), *range(count - TAIL, count)]
    assert [line.split("  ")[0] for line in lines if line.startswith("row ")] == [
        f"row {n}" for n in ends
    ]
    assert lines[HEAD + 1].split() == ["...", "..."]
    assert lines[-1] == f"{count - HEAD - TAIL} of {count} rows are not shown"
    assert len(lines) == HEAD + TAIL + 3


def test_a_column_is_as_wide_as_what_is_shown_of_it():
    cells = ["a" * (500 if n == 50 else 5) for n in range(100)]
    columns = [Column("first", cells, 0), Column("second", ["b"] * 100, 1)]
    assert "second" in printed(fit_columns(columns, 20))[0]


def test_the_table_and_sentences_of_a_large_sweep_are_cut_and_the_files_named(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "100")
    count = MOST_ROWS + 40
    for number in range(count):
        claims = [{"text": f"claim {number}", "across_runs": "same"}]
        write(
            tmp_path,
            number,
            outputs(0, shape=(1, 1, 2, 2), dtype=np.float32),
            configuration=f"{number:012d}",
            overrides={"train.epochs": str(number)},
            claims=claims,
        )
    results = collate(tmp_path)
    sweep_summary.print_results(results)
    lines = capsys.readouterr().out.splitlines()
    left = f"{count - HEAD - TAIL} of {count}"
    assert f"{left} rows are not shown" in "\n".join(lines)
    assert f"... {left} configurations are not shown: table.csv and table.parquet" in "\n".join(
        lines
    )
    assert f"train.epochs={HEAD - 1} " in "\n".join(lines)
    assert f"train.epochs={count - 1} " in "\n".join(lines)
    assert f"train.epochs={HEAD} " not in "\n".join(lines)
    claims = "\n".join(printed(build_claims(results)))
    assert f"{left} claims are not shown" in claims
    assert "claim 0" in claims
    assert f"claim {HEAD}\n" not in claims
