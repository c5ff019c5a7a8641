"""Reads records of format 2, in which each run repeated what it shares with others.

Reasons were sentences in that format; their numbers are found by the phrases around them.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from runner.record.reasons import Clause, Join, Number, Reason

FORMAT = 2

SHARED = ("overrides", "strategy", "compare", "claims", "vary", "absent", "predicted")
"""Names of the fields that belong to the configuration."""

RECORDED = "recorded"
"""Code of a clause that was recorded as a sentence."""

_NUMBER = r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)"

_MEASURED = re.compile(
    rf"(?P<most>(?<=at most ){_NUMBER}|(?<=up to ){_NUMBER})"
    rf"|(?P<before>\(before \S+ |through its bias \(|they reach |instead of )"
    rf"(?P<low>{_NUMBER})(?: to (?P<high>{_NUMBER}))?"
    rf"|(?P<count>{_NUMBER}(?= of \d+ (?:values|outputs)\b)|{_NUMBER}(?= values of the training ))"
    r"|(?P<unit>\bunit \d+(?= of \d+ is 1 ))"
    r"|(?P<limits>(?<=saturated at )-?\d+(?: or \d+)?)"
)
"""The parts of a sentence that were measured in a build.

The rest is about the layer or the data, such as a name, a number of units or the label of all rows.
"""


def split_record(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a record of format 2 into the part of its configuration and the part of the run.

    Args:
        body: the content of a record.json, without its format and checksum.

    Returns:
        The fields of a ConfigurationRecord, and those of a RunRecord but for `configuration`.

    Raises:
        KeyError: the record has no configuration.
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
    """Read a sentence as one clause.

    The clause's numbers are those of the sentence, and its words are the pieces between them, both
    named "0", "1", ... in order.
    """
    pieces, numbers, start = [], [], 0
    for match in _MEASURED.finditer(text):
        pieces.append(text[start : match.start()] + (match["before"] or ""))
        numbers.append(_read_number(match))
        start = match.end()
    pieces.append(text[start:])
    words = {str(index): piece for index, piece in enumerate(pieces)}
    measured = {str(index): number for index, number in enumerate(numbers)}
    return Reason([Clause(RECORDED, words=words, numbers=measured)])


def read_signal(error: str | None) -> str | None:
    """Return the name of the signal that ended a process, by its error; None if it names none."""
    match = re.match(r"killed by (SIG\w+)$", error or "", re.MULTILINE)
    return match and match[1]


def _read_number(match: re.Match[str]) -> Number:
    if match["unit"]:
        return _number(match["unit"].removeprefix("unit "), None, Join.UNIT)
    if match["limits"]:
        low, _, high = match["limits"].partition(" or ")
        return _number(low, high or None, Join.LIMITS)
    if match["most"]:
        return _number(match["most"], None, Join.MOST)
    return _number(match["count"] or match["low"], match["high"], Join.RANGE)


def _number(low: str, high: str | None, join: Join) -> Number:
    first = _value(low)
    return Number(first, first if high is None else _value(high), join)


def _value(text: str) -> int | float:
    whole = text.lstrip("-").isdigit() and text != "-0"
    return int(text) if whole else float(text)
