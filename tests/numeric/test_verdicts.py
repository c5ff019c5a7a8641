"""Verdicts and states stand in one table, which a page and every other module agree with."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.style import Style

from runner.config import schema
from runner.numeric.verdicts import MEASURED, State, Verdict

ROOT = Path(__file__).resolve().parents[2]

WORDS = {str(each) for enum in (State, Verdict) for each in enum}

STATUS = "failed"
"""Is also what records say of a run, which is no verdict."""


def test_the_page_says_of_each_verdict_what_its_row_says():
    text = (ROOT / "docs" / "verdicts.md").read_text("utf-8")
    lines = text.partition("| verdict | what it says |\n| --- | --- |\n")[2].splitlines()
    said = [line for line in lines[: len(Verdict)] if line.startswith("| ")]
    assert sorted(said) == sorted(f"| {each} | {each.meaning} |" for each in Verdict)
    assert not lines[len(Verdict)].startswith("|")


def test_each_verdict_has_a_colour_that_terminals_know():
    assert all(Style.parse(each.colour).color for each in Verdict)


def test_what_a_claim_may_say_is_read_from_the_rows():
    assert tuple(str(each) for each in Verdict) == schema.VERDICTS
    assert schema.STATES == ("same", "rounding", "differs")
    assert {*MEASURED, State.UNMEASURED} == set(State)


def test_groups_of_verdicts():
    def words(verdicts: Iterator[Verdict]) -> set[str]:
        return {str(each) for each in verdicts}

    assert words(v for v in Verdict if v.runs is State.SAME) == {"deterministic", "repeatable"}
    assert words(v for v in Verdict if v.refutable) == {"deterministic", "repeatable", "rounding"}
    assert words(v for v in Verdict if v.repeats) == {"deterministic", "repeatable", "seed-driven"}
    assert words(v for v in Verdict if v.repeats is False) == {"rounding", "uncontrolled"}


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_its_word_wherever_it_goes(verdict):
    assert Verdict(str(verdict)) is verdict
    assert json.loads(json.dumps({"verdict": verdict})) == {"verdict": str(verdict)}
    assert pickle.loads(pickle.dumps(verdict)) is verdict
    assert copy.deepcopy(verdict) is verdict
    # Sides of a comparison are told apart by how they print.
    assert repr(verdict) == f"<Verdict.{verdict.name}: {str(verdict)!r}>"


# --- no other module spells them


def find_spelled(source: str) -> list[str]:
    """Lines that compare with a state's or a verdict's word, or hold a group of nothing but such.

    Words in sentences, columns, keywords and enums of other things are left alone.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            words = [word for side in sides for word in spelled_in(side)]
            if STATUS in words and "status" in ast.unparse(node):
                words.remove(STATUS)
        elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
            items = node.keys if isinstance(node, ast.Dict) else node.elts
            words = [word for item in items for word in spelled_in(item)]
            # One may be a heading or a key of something else.
            words = words if len(words) == len(items) > 1 else []
        else:
            continue
        found += [f"{node.lineno}: {word}" for word in words]
    return found


def spelled_in(node: ast.expr | None) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and node.value in WORDS else []


def test_no_other_module_spells_a_state_or_a_verdict_to_compare_with_it():
    found = {
        str(path.relative_to(ROOT)): lines
        for top in ("runner", "hydra_plugins")
        for path in (ROOT / top).rglob("*.py")
        if (lines := find_spelled(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('if verdict == "repeatable": pass', 1),
        ('if "rounding" != state: pass', 1),
        ('if state in ("same", "rounding"): pass', 2),
        ('SAME = {"deterministic", "repeatable"}', 2),
        ('STYLES = {"deterministic": "green", "seed-driven": "cyan"}', 2),
        ('if row["verdict"] == "failed": pass', 1),
        ('if record.status == "failed": pass', 0),
        ('runs[runs["status"] == "failed"]', 0),
        ('print("same", "differs")', 0),
        ('columns = ("pairs", "same", "rounding")', 0),
        ('if state == "unknown": pass', 0),
    ],
)
def test_a_planted_word_is_found(source, count):
    assert len(find_spelled(source)) == count
