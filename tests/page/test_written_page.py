"""The file of a page: it asks for nothing, texts stay texts, and it keeps to its budget."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from paged_sweeps import HOSTILE, contents_of, make_hostile, make_mixed, page_of
from synthetic_sweeps import compared

from runner.page.comparison_page import make_comparison_page, write_headline
from runner.page.written_page import embed
from runner.report.compared_page import describe_change
from runner.text import HIDDEN

LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "cite", "ping"}
"""Attributes that can make a browser ask for something."""


class Elements(HTMLParser):
    """The elements of a page with their attributes, and what stands in scripts and styles."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.found, self.inside, self.texts = [], None, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in ("script", "style"):
            self.texts.setdefault(self.inside, []).append(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    top = tmp_path_factory.mktemp("sweeps")
    mixed, hostile = make_mixed(top / "mixed"), make_hostile(top / "hostile")
    change = describe_change(compared(mixed, hostile))
    return {
        "mixed": page_of(mixed),
        "hostile": page_of(hostile, against=change),
        "comparison": make_comparison_page(change),
    }


NAMES = ("mixed", "hostile", "comparison")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_page_asks_for_anything(pages, name):
    for tag, attributes in Elements(pages[name]).found:
        assert tag not in ("iframe", "object", "embed", "img", "base", "form", "svg"), tag
        assert not LOADING & set(attributes), (tag, attributes)
        assert not any(each.startswith("on") for each in attributes), (tag, attributes)
        if "href" in attributes:
            assert attributes["href"] == "data:," or attributes["href"].startswith("#")
    assert "@import" not in pages[name]
    assert "url(" not in pages[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_allows_only_the_style_and_the_script_that_are_there(pages, name):
    elements = Elements(pages[name])
    (policy,) = (
        attributes["content"]
        for tag, attributes in elements.found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy
    (style,) = elements.texts["style"]
    _, script = elements.texts["script"]
    for text, rule in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_hostile_texts_add_no_element(pages):
    """The page has the same elements as one whose texts are harmless, and no more scripts."""
    tags = [tag for tag, _ in Elements(pages["hostile"]).found]
    assert tags.count("script") == 2
    assert not {"img", "svg"} & set(tags)
    assert "49" not in re.sub(r"<script.*", "", pages["hostile"], flags=re.S)


def test_hostile_texts_arrive_as_they_are_except_what_is_obeyed(pages):
    contents = contents_of(pages["hostile"])
    shown = {row[contents["table"]["columns"].index("seed")] for row in contents["table"]["rows"]}
    assert set(HOSTILE[:-1]) < shown
    assert "a\ufffdb\ufffd[2J\u2028" in shown
    assert not {*map(chr, HIDDEN)} - {"\n", "\t"} & set(pages["hostile"])


def test_the_end_of_an_element_cannot_be_embedded():
    text = embed({"a": "</script><!--<script>&amp;", "b": "\u2028\udcff"})
    assert not set("<>&") & set(text)
    assert text.isascii()


def test_a_page_that_is_too_large_leaves_parts_out_and_names_them(tmp_path):
    make_mixed(tmp_path)
    whole = page_of(tmp_path)
    assert "Too much for one page" not in whole
    size = len(embed(contents_of(whole)))
    less = page_of(tmp_path, budget=size - 1)
    assert "Left out: the maps of pairs of runs." in less
    found = contents_of(less)["configurations"][1]
    assert found["pairs"] is None
    assert found["strip"] is not None
    least = page_of(tmp_path, budget=1)
    assert "the fingerprint strips, the pictures of runs." in least
    assert contents_of(least)["configurations"][1]["series"] == []


def change(*states, only_a=(), only_b=()):
    found = [{"changed": state == "differs", "state": state} for state in states]
    return {"configurations": found, "only_a": only_a, "only_b": only_b}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (change("same", "same"), "The outputs are the same in all 2 configurations"),
        (change("same"), "The outputs are the same in the configuration"),
        (change("same", "differs"), "The two sweeps differ in 1 of 2 configurations"),
        (change("differs"), "The two sweeps differ"),
        (change("rounding"), "The outputs are the same up to rounding in the configuration"),
        (
            change("same", "unmeasured"),
            "Nothing that was compared differs, but not all was compared",
        ),
        (
            change("same", only_b=("x",)),
            "Nothing that was compared differs, but not all was compared",
        ),
        (
            change("unmeasured"),
            "Nothing could be compared bit for bit, and nothing is known to differ",
        ),
        (change(only_a=("x",)), "The two sweeps have no configuration in common"),
    ],
)
def test_the_headline_of_a_comparison_says_no_more_than_was_compared(given, said):
    assert write_headline(given) == said
