"""Records of format 2, in which each run repeated what it shares with others.

Reasons were sentences there, whose numbers are found again by the phrases around them.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from runner.record.reasons import Clause, Join, Number, Reason

FORMAT = 2

SHARED = ("overrides", "strategy", "compare", "claims", "vary", "absent", "predicted")
"""Fields that are of the configuration."""

RECORDED = "recorded"
"""The code of a clause that was recorded as a sentence."""

_NUMBER = r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)"

_MEASURED = re.compile(
    rf"(?P<most>(?<=at most ){_NUMBER}|(?<=up to ){_NUMBER})"
    rf"|(?P<before>\(before \S+ |through its bias \(|they reach |instead of )"
    rf"(?P<low>{_NUMBER})(?: to (?P<high>{_NUMBER}))?"
    rf"|(?P<count>{_NUMBER}(?= of \d+ (?:values|outputs)\b)|{_NUMBER}(?= values of the training ))"
    r"|(?P<unit>\bunit \d+(?= of \d+ is 1 ))"
    r"|(?P<limits>(?<=saturated at )-?\d+(?: or \d+)?)"
)
"""What was measured in a build. All else is of the layer or the data, such as a name, a number of
units or the label of all rows."""


def split_record(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a record of format 2 into what is of its configuration and what is of the run.

    Returns:
        Two mappings as format 3 has them; the run's without its configuration.

    Raises:
        KeyError: it has no configuration.
        AttributeError, TypeError, ValueError: a field is of another type.
    """
    configuration = {name: body[name] for name in SHARED if name in body}
    configuration["id"] = body["configuration"]
    configuration["predicted"] = {
        axis: {"state": state, "reason": reason}
        for axis, (state, reason) in body.get("predicted", {}).items()
    }
    run = {k: v for k, v in body.items() if k not in (*SHARED, "configuration")}
    run["collapse"] = [text and asdict(read_reason(text)) for text in body.get("collapse", [])]
    run["signal"] = read_signal(body.get("error"))
    return configuration, run


def read_reason(text: str) -> Reason:
    """Read a sentence as a clause of the pieces around its numbers, and of the numbers."""
    pieces, numbers, start = [], [], 0
    for found in _MEASURED.finditer(text):
        pieces.append(text[start : found.start()] + (found["before"] or ""))
        numbers.append(_read_number(found))
        start = found.end()
    pieces.append(text[start:])
    words = {str(place): piece for place, piece in enumerate(pieces)}
    measured = {str(place): number for place, number in enumerate(numbers)}
    return Reason([Clause(RECORDED, words=words, numbers=measured)])


def read_signal(error: str | None) -> str | None:
    """Return the name of the signal that an error says ended a process; None: it says none."""
    found = re.match(r"killed by (SIG\w+)$", error or "", re.MULTILINE)
    return found and found[1]


def _read_number(found: re.Match[str]) -> Number:
    if found["unit"]:
        return _number(found["unit"].removeprefix("unit "), None, Join.UNIT)
    if found["limits"]:
        low, _, high = found["limits"].partition(" or ")
        return _number(low, high or None, Join.LIMITS)
    if found["most"]:
        return _number(found["most"], None, Join.MOST)
    return _number(found["count"] or found["low"], found["high"], Join.RANGE)


def _number(low: str, high: str | None, join: Join) -> Number:
    first = _value(low)
    return Number(first, first if high is None else _value(high), join)


def _value(text: str) -> int | float:
    whole = text.lstrip("-").isdigit() and text != "-0"
    return int(text) if whole else float(text)
