"""The files in conf: each says what it is and how to ask for it, and a page lists it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.config.schema import CONF

ROOT = Path(__file__).resolve().parents[2]

GROUPS = (
    *("model", "data", "shuffle", "seed", "train", "optimizer", "schedule", "loss", "runtime"),
    *("task", "experiment"),
)

FILES = [path for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]

PACKAGE = "# @package _global_"

JOINING = {"and", "yours"}
"""Words between the choices of the page's table."""


def find_gaps(text: str, group: str) -> list[str]:
    """What the first line of a choice's file leaves out: itself, or keys that must be given."""
    first, *rest = re.sub(r"^# @package \S+\n", "", text).splitlines()
    if not re.match(r"# .*\S\.$", first):
        return ["a comment"]
    lines = rest if PACKAGE not in text else [line.removeprefix("  ") for line in rest[1:]]
    path: list[str] = [group]
    missing = []
    for line in lines:
        if found := re.match(r"( *)([\w]+):(.*)", line):
            path[1 + len(found[1]) // 2 :] = [found[2]]
            if found[3].strip() == "???" and f"{'.'.join(path)}=" not in first:
                missing.append(".".join(path))
    return missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_first_line_says_what_it_is_and_how_to_ask_for_it(path):
    assert find_gaps(path.read_text("utf-8"), path.parent.name) == []


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("# Rows: data.source.path=FILE data.units=N.\nsource:\n  path: ???\nunits: ???\n", []),
        ("# Rows: data.units=N.\nsource:\n  path: ???\nunits: ???\n", ["data.source.path"]),
        ("# Rows.\nsource:\n  path: x\nunits: ???\n", ["data.units"]),
        ("units: 2\n", ["a comment"]),
        (f"{PACKAGE}\ndata:\n  units: 2\n", ["a comment"]),
        (f"{PACKAGE}\n# Rows.\ndata:\n  source:\n    path: ???\n", ["data.source.path"]),
    ],
)
def test_a_planted_gap_is_found(text, gaps):
    assert find_gaps(text, "data") == gaps


@pytest.mark.parametrize("group", GROUPS)
def test_the_page_lists_every_choice_of_a_group(group):
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    (cell,) = re.findall(rf"^\| {group} \| (.*) \|$", page, re.MULTILINE)
    listed = {*re.findall(r"[\w/*]+", re.sub(r"\([^)]*\)", "", cell))} - JOINING
    below = {f"{path.name}/*" for path in (CONF / group).iterdir() if path.is_dir()}
    assert listed == {path.stem for path in FILES if path.parent.name == group} | below
