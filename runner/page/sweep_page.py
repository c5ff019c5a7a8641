"""Makes the page of a sweep, within a budget of bytes."""

from __future__ import annotations

from typing import Any

from runner.analysis.results import Results
from runner.page.sweep_contents import SweepState, gather_sweep
from runner.page.written_page import embed, write_page

SCRIPTS = ("dots.js", "strip.js", "pairs.js", "blocks.js", "change.js", "sweep.js")

MOST_BYTES = 5_000_000
"""How large a page may become before parts of it are left out."""

DROPPED = (
    ("pairs", "the maps of pairs of runs"),
    ("strip", "the fingerprint strips"),
    ("series", "the pictures of runs"),
)
"""What is left out of all configurations, in this order, until a page is within its budget."""


def make_page(results: Results, state: SweepState, budget: int = MOST_BYTES) -> str:
    """Return the page of a sweep as HTML.

    Args:
        results: the results of the sweep.
        state: what else is known of it.
        budget: how many bytes its contents may have before parts are left out, which it then says.
    """
    contents = gather_sweep(results, state)
    _fit(contents, budget)
    return write_page("sweep.html", SCRIPTS, contents)


def _fit(contents: dict[str, Any], budget: int) -> None:
    """Leave parts out of contents that are too large, and name them."""
    for part, words in DROPPED:
        if len(embed(contents)) <= budget:
            return
        for each in contents["configurations"]:
            each[part] = [] if part == "series" else None
        contents["left_out"].append(words)
