"""The pages of docs/: all are in the navigation, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from site_requests import find_requests, search_site

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = (DOCS / "index.md").read_text("utf-8")


def list_navigation(index: str) -> list[str]:
    """The names of the pages in the lists of an index."""
    lists = re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
    lines = "\n".join(lists).splitlines()
    return [line for line in lines if line and not line.startswith(":")]


def test_every_page_is_in_the_navigation_once():
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert sorted(list_navigation(INDEX)) == sorted(pages)


def test_the_navigation_has_the_four_kinds_of_pages():
    captions = re.findall(r"^:caption: (.*)$", INDEX, re.MULTILINE)
    assert captions == ["Tutorial", "How to", "Reference", "Explanation"]


def test_readme_fits_a_screen_or_three():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<script src="https://cdn.example/x.js"></script>', ["https://cdn.example/x.js"]),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', ["//fonts.example/a.css"]),
        ("<img alt='' src='http://example/p.png'>", ["http://example/p.png"]),
        ("@font-face { src: url(https://example/f.woff2) }", ["https://example/f.woff2"]),
        ('@import "https://example/a.css";', ["https://example/a.css"]),
        ('<a href="https://example/">a link is followed by a person</a>', []),
        ('<link rel="canonical" href="https://example/page.html">', []),
        ('<script src="_static/x.js"></script><img src="data:image/png;base64,AA">', []),
    ],
)
def test_a_planted_request_is_found(text, found):
    assert find_requests(text) == found


def test_a_site_is_searched(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.html").write_text('<img src="https://example/p.png">', "utf-8")
    (tmp_path / "b.css").write_text("body { color: red }", "utf-8")
    assert [*search_site(tmp_path)] == ["deep/a.html: loads https://example/p.png"]
