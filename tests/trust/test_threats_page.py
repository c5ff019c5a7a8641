"""docs/threats.md and the tests name each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from all_attacks import ATTACKS

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "threats.md"


def defined_tests() -> set[str]:
    """The names of all test functions."""
    files = [ast.parse(path.read_text("utf-8")) for path in HERE.parent.rglob("test_*.py")]
    names = {each.name for file in files for each in file.body if isinstance(each, ast.FunctionDef)}
    return {name for name in names if name.startswith("test_")}


def test_every_line_of_the_page_has_its_test_and_every_attack_its_line():
    page = PAGE.read_text("utf-8")
    table = page.partition("## What is stopped")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    named = [re.findall(r"`([^`]+)`", line.rpartition(" | ")[2]) for line in rows]
    assert rows
    assert all(named)
    listed = {name for names in named for name in names}
    assert listed <= {*ATTACKS, *defined_tests()}
    assert set(ATTACKS) <= listed
