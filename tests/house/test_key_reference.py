"""docs/keys.md has every key of the schema, as it is now."""

from __future__ import annotations

import re
from pathlib import Path

import key_reference
import pytest

from runner.config.schema import walk

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"


def test_the_page_is_current(golden):
    golden(PAGE, key_reference.write_reference())


def test_every_key_is_on_the_page_once():
    keys = re.findall(r"^\| `([\w.]+)` \|.*\|.*\|.*\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = [key for key in keys if key in dict(walk())]
    assert sorted(listed) == sorted(dict(walk()))


@pytest.mark.parametrize(
    ("kind", "bounds", "words"),
    [
        (int, {"ge": 1}, "whole number, at least 1"),
        (int | None, {"ge": 0, "le": 9}, "whole number, at least 0, at most 9, or null"),
        (float, {"gt": 0, "lt": 1}, "number, above 0, below 1"),
        (list[str], {}, "list of text"),
        (dict[str, str], {}, "mapping to text"),
    ],
)
def test_values_are_described(kind, bounds, words):
    assert key_reference.describe(kind, bounds) == words
