"""Words the comparison of two sweeps for a page, and writes that page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.compare.sweeps import ConfigurationDifference, SweepDifference
from runner.record.store import write_atomically
from runner.report.sweep_comparison import describe, show_values, summarize
from runner.text import shorten

LONGEST = 200
"""How many characters of a value of the config are shown."""


def describe_change(found: SweepDifference, allow_rounding: bool = False) -> dict[str, Any]:
    """Return what a page shows of a comparison, with all texts as people read them."""
    return {
        "a": found.a,
        "b": found.b,
        "same": found.is_same(allow_rounding),
        "summary": summarize(found, allow_rounding),
        "configurations": [_describe_pair(each, allow_rounding) for each in found.configurations],
        "only_a": [name or "the defaults" for name in found.only_a],
        "only_b": [name or "the defaults" for name in found.only_b],
        "environment": None
        if found.environment is None
        else [[pair.name, show_values(pair.a), show_values(pair.b)] for pair in found.environment],
        "confidence": found.confidence,
        "problems": list(found.problems),
    }


def _describe_pair(found: ConfigurationDifference, allow_rounding: bool) -> dict[str, Any]:
    changes = found.changes(allow_rounding)
    pairing = found.pairing
    return {
        "name": found.name or "the defaults",
        "changed": bool(changes),
        "state": str(found.state),
        "seeds": pairing.seeds,
        "build": pairing.build,
        "first": pairing.first,
        "max_abs_diff": pairing.max_abs_diff,
        "max_ulps": pairing.max_ulps,
        "stages": [[each.name, str(each.state)] for each in pairing.stages],
        "verdict_a": str(found.verdict.a),
        "verdict_b": str(found.verdict.b),
        "runs_a": found.succeeded.a,
        "runs_b": found.succeeded.b,
        "failed_a": found.failed.a,
        "failed_b": found.failed.b,
        "sentences": [text for text, _ in describe(found, changes)],
        "axes": [[pair.name, str(pair.a), str(pair.b)] for pair in found.axes],
        "config": [[pair.name, _show(pair.a), _show(pair.b)] for pair in found.config],
        "paired": found.paired,
        "metrics": [
            [each.name, str(each.state), each.difference, each.low, each.high]
            for each in found.metrics
        ],
    }


def _show(value: Any) -> str:
    return "–" if value is None else shorten(str(value), LONGEST)


def may_replace(path: Path) -> bool:
    """Return whether nothing is lost if a page is written to a file: it is none, or a page.

    Raises:
        OSError: it cannot be read.
    """
    from runner.page.written_page import is_page

    return not path.exists() or is_page(path)


def save_comparison(found: SweepDifference, path: Path, allow_rounding: bool = False) -> None:
    """Write the page of a comparison.

    Args:
        found: the comparison.
        path: the file to write; its directory must exist.
        allow_rounding: whether differences within the tolerance are not called changes.

    Raises:
        OSError: it cannot be written.
    """
    from runner.page.comparison_page import make_comparison_page

    page = make_comparison_page(describe_change(found, allow_rounding))
    write_atomically(path, page.encode("utf-8", "backslashreplace"))
