"""Numbers with nouns, lists of the first few, and texts that are cut."""

from __future__ import annotations

import pytest

from runner.text import list_some, plural, shorten


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 further runs"), (1, "1 further run"), (2, "2 further runs")]
)
def test_one_is_singular(number, said):
    assert plural(number, "further run") == said


@pytest.mark.parametrize(
    ("items", "separator", "said"),
    [
        ([], ", ", ""),
        (["a"], ", ", "a"),
        (["a", "b"], ", ", "a, b"),
        (["a", "b", "c"], ", ", "a, b and 1 more"),
        (["a", "b", "c", "d"], "; ", "a; b; and 2 more"),
    ],
)
def test_the_first_of_many_are_listed_and_the_others_counted(items, separator, said):
    assert list_some(items, 2, separator) == said


@pytest.mark.parametrize(
    ("text", "cut"), [("", ""), ("abcd", "abcd"), ("abcde", "abc…"), ("a" * 99, "aaa…")]
)
def test_a_text_is_cut_to_so_many_characters_mark_included(text, cut):
    assert shorten(text, 4) == cut


def test_another_mark_counts_too():
    assert shorten("abcdefgh", 6, "...") == "abc..."
