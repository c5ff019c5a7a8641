"""Finds what the pages of a site would load from elsewhere: `python site_requests.py DIRECTORY`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LOADING = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|link)\b[^>]*"
    r"\b(?:src|href|srcset|data)\s*=\s*[\"']?\s*(?P<html>(?:https?:)?//[^\"'\s>]+)[^>]*>"
    r"|url\(\s*[\"']?(?P<style>(?:https?:)?//[^\"')\s]+)"
    r"|@import\s+[\"'](?P<rule>(?:https?:)?//[^\"']+)",
    re.IGNORECASE,
)
"""An address in markup or style that a browser asks for as it opens a page; links are not."""


def find_requests(text: str) -> list[str]:
    """Return the addresses elsewhere that a page or a style sheet loads."""
    return [
        next(filter(None, found.groups()))
        for found in LOADING.finditer(text)
        if 'rel="canonical"' not in found[0]
    ]


def search_site(directory: Path) -> Iterator[str]:
    """Yield a line for each such address in the pages and style sheets of a site."""
    for path in sorted([*directory.rglob("*.html"), *directory.rglob("*.css")]):
        for address in find_requests(path.read_text("utf-8")):
            yield f"{path.relative_to(directory)}: loads {address}"


if __name__ == "__main__":
    pages = Path(sys.argv[1])
    lines = [*search_site(pages)] if any(pages.rglob("*.html")) else [f"{pages}: has no page"]
    sys.exit("\n".join(lines) or 0)
