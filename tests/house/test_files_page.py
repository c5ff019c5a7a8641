"""docs/files.md has every column of the tables that a sweep leaves, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.analysis import attribution, factors
from runner.analysis.tables import frames

PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text("utf-8")


def with_metric(statistics):
    return {f"METRIC_{name}" for name in statistics}


COLUMNS = {
    "The table": {
        *frames.TABLE_COLUMNS,
        *with_metric(frames.STATISTICS),
        *frames.TABLE_END_COLUMNS,
        *frames.RESUME_COLUMNS,
        *frames.ROUND_COLUMNS,
        frames.ENDED,
        frames.MACHINES,
    },
    "The runs": {
        *frames.RUN_COLUMNS,
        *frames.RUN_END_COLUMNS,
        *frames.RESUMED_COLUMNS,
        frames.ENDED_AT,
        frames.HOST,
    },
    "The findings": {*frames.FINDING_COLUMNS},
    "The factors": {*factors.COLUMNS, *with_metric(factors.STATISTICS)},
    # Each statistic also has columns for its interval, which the text says of all of them.
    "The attribution": {
        "source",
        "runs",
        "note",
        *attribution.BETWEEN_RUNS,
        *with_metric(attribution.SPREADS),
    },
    "The claims": {*frames.CLAIM_COLUMNS, *frames.CELL_COLUMNS},
}


def list_columns(section: str) -> set[str]:
    """What the first cells of a section's table name."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("section", COLUMNS)
def test_a_table_lists_the_columns_of_its_frame(section):
    assert list_columns(section) == COLUMNS[section]


def test_every_table_is_compared():
    sections = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert sections == list(COLUMNS)
