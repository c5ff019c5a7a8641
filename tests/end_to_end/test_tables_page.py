"""The commands of docs/tables.md find what the page says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text("utf-8")
COMMANDS = re.findall(r"^    python -m runner (audit-table .*)$", PAGE, re.MULTILINE)
NAMES = ("results.csv", "classes.csv", "later.csv")

FOUND = {
    "audit-table results.csv --n 5": [],
    "audit-table results.csv --n 5 --classes classes.csv": ["TAB101", "TAB103"],
    "audit-table results.csv --n 5 --against later.csv": ["TAB501"],
}
"""Codes that the page names for a command."""

pytestmark = pytest.mark.process


@pytest.fixture
def place(tmp_path):
    tables = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    for name, text in zip(NAMES, tables, strict=True):
        assert f"`{name}`" in PAGE
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(forked_commands, place, command):
    ended = forked_commands.run(place, shlex.split(command))
    assert ended.returncode in (0, 1), ended.stderr
    assert ended.stderr == ""
    assert ended.stdout


@pytest.mark.parametrize("command", FOUND)
def test_it_finds_what_the_page_says(forked_commands, place, command):
    assert command in COMMANDS
    ended = forked_commands.run(place, [*shlex.split(command), "--format=json"])
    found = [each["code"] for each in json.loads(ended.stdout)["findings"]]
    assert sorted(set(found)) == FOUND[command]
    assert ended.returncode == (1 if found else 0)
