"""Makes the page of a comparison of two sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.numeric.verdicts import State
from runner.page.block_notes import COMPARISON_NOTES
from runner.page.plain_values import make_plain
from runner.page.written_page import write_page

SCRIPTS = ("blocks.js", "change.js", "comparison.js")


def make_comparison_page(change: Mapping[str, Any]) -> str:
    """Return the page of a comparison as HTML.

    Args:
        change: what differs, as `report` words it.
    """
    contents = {
        **make_plain(change),
        "headline": write_headline(change),
        "notes": {name: note._asdict() for name, note in COMPARISON_NOTES.items()},
    }
    return write_page("comparison.html", SCRIPTS, contents)


def write_headline(change: Mapping[str, Any]) -> str:
    """Say in one sentence in how many configurations two sweeps are known to differ."""
    found = change["configurations"]
    differing = sum(each["changed"] for each in found)
    alone = len(change["only_a"]) + len(change["only_b"])
    if not found:
        return "The two sweeps have no configuration in common"
    total = "the configuration" if len(found) == 1 else f"all {len(found)} configurations"
    if differing:
        if len(found) == 1:
            return "The two sweeps differ"
        return f"The two sweeps differ in {differing} of {len(found)} configurations"
    unmeasured = sum(each["state"] == str(State.UNMEASURED) for each in found)
    if unmeasured == len(found):
        return "Nothing could be compared bit for bit, and nothing is known to differ"
    if unmeasured or alone:
        return "Nothing that was compared differs, but not all was compared"
    if all(each["state"] == str(State.SAME) for each in found):
        return f"The outputs are the same in {total}"
    return f"The outputs are the same up to rounding in {total}"
