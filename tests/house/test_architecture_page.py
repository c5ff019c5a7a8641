"""docs/architecture.md: its picture is that of the code, and what the pages name is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from room_picture import draw_rooms, replace_picture
from test_architecture import SOURCES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PAGES = (PAGE, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "sources.md")
ALL = (*PAGES, ROOT / "README.md", *sorted({*(ROOT / "docs").glob("*.md")} - {*PAGES}))

NAME = re.compile(r"`((?:runner|hydra_plugins)(?:\.(?!NAME`)\w+)+)`")


def find_name(name: str) -> bool:
    """Whether a dotted name is a module, or something that a module defines, at any depth."""
    parts = name.split(".")
    modules = (count for count in range(len(parts), 0, -1) if ".".join(parts[:count]) in SOURCES)
    count = next(modules, 0)
    if not count:
        return False
    body = ast.parse(SOURCES[".".join(parts[:count])]).body
    for part in parts[count:]:
        found = [node for node in body if part in names_of(node)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def names_of(node: ast.stmt) -> set[str]:
    """What a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = {ast.Assign: "targets", ast.AnnAssign: "target"}.get(type(node))
    nodes = getattr(node, targets) if targets else []
    nodes = nodes if isinstance(nodes, list) else [nodes]
    return {each.id for each in nodes if isinstance(each, ast.Name)}


def test_the_picture_is_that_of_the_code(golden):
    golden(PAGE, replace_picture(PAGE.read_text("utf-8"), draw_rooms(SOURCES)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_is_there(page):
    names = NAME.findall(page.read_text("utf-8"))
    assert len(names) > 5
    assert [name for name in names if not find_name(name)] == []


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_every_file_is_there(page):
    """Those whose names have no part in capitals, which stand for a name of yours."""
    text = page.read_text("utf-8")
    shown = r"`((?:runner|tests|docs|conf|hydra_plugins|\.github|\.ci)/[a-z0-9_./]*)`"
    links = re.findall(r"\]\(((?!http)[\w./-]+)(?:#[\w-]+)?\)", text)
    for path in [*re.findall(shown, text), *(str(page.parent.joinpath(each)) for each in links)]:
        assert (ROOT / path).exists(), path


def test_every_room_is_described_once():
    rooms = {path.name for path in (ROOT / "runner").iterdir() if (path / "__init__.py").is_file()}
    section = PAGE.read_text("utf-8").partition("## Rooms")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted([*rooms, "hydra_plugins"])


def test_the_page_is_one():
    assert len(PAGE.read_text("utf-8").splitlines()) <= 180


# --- the checks can fail


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("runner.config.schema.configuration.Config", True),
        ("runner.config.schema", True),
        ("runner.config", True),
        ("runner.processes.pool.Pool.run", True),
        ("runner.config.loader.ALLOWED_CHOICES", True),
        ("runner.config.schema.Confik", False),
        ("runner.processes.pool.Pool.runs", False),
        ("runner.nowhere", False),
    ],
)
def test_names_are_looked_up(name, there):
    assert find_name(name) is there


def test_a_planted_import_changes_the_picture():
    planted = {**SOURCES, "runner.attic": "from runner.commands import main"}
    assert "attic --> commands" in draw_rooms(planted)


def test_an_arrow_that_follows_from_others_is_left_out():
    sources = {
        "runner.a": "import runner.b, runner.c",
        "runner.b": "import runner.c",
        "runner.c": "",
    }
    assert draw_rooms(sources).splitlines()[-3:] == ["    a --> b", "    b --> c", "```"]
