"""Reasons of several builds as one, where they differ in measured numbers only."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)"

_MEASURED = re.compile(
    rf"(?P<most>(?<=at most ){_NUMBER}|(?<=up to ){_NUMBER})"
    rf"|(?P<before>\(before \S+ |through its bias \(|they reach |instead of )"
    rf"(?P<low>{_NUMBER})(?: to (?P<high>{_NUMBER}))?"
    rf"|(?P<count>{_NUMBER}(?= of \d+ (?:values|outputs)\b)|{_NUMBER}(?= values of the training ))"
    r"|(?P<unit>\bunit \d+(?= of \d+ is 1 ))"
    r"|(?P<limits>(?<=saturated at )-?\d+(?: or \d+)?)"
)
"""What was measured in a build, as runner.tasks.reasons and runner.tasks.collapse say it. All else
is of the layer or the data, such as a name, a number of units or the label of all rows."""


def merge_reasons(reasons: Sequence[str]) -> list[tuple[str, int]]:
    """Count reasons, each with the numbers of all builds that have it.

    Args:
        reasons: one a build that has one.

    Returns:
        A reason and in how many builds, the commonest first. Of numbers that are a most, it has the
        largest; of others from the smallest to the largest.
    """
    alike: dict[tuple[str, ...], list[list[re.Match[str]]]] = {}
    for reason in reasons:
        found = [*_MEASURED.finditer(reason)]
        alike.setdefault(_split(reason, found), []).append(found)
    merged = [
        (_fill(parts, [_merge(slot) for slot in zip(*each, strict=True)]), len(each))
        for parts, each in alike.items()
    ]
    return sorted(merged, key=lambda each: -each[1])


def _split(reason: str, found: Sequence[re.Match[str]]) -> tuple[str, ...]:
    """What stands around numbers, which alike reasons share, with the kind of each number."""
    edges = [0, *(edge for match in found for edge in match.span()), len(reason)]
    around = [reason[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    kinds = [match["before"] or str(match.lastgroup) for match in found]
    return (*around, *kinds)


def _fill(parts: Sequence[str], numbers: Sequence[str]) -> str:
    """Put numbers where they belong."""
    return "".join(part + number for part, number in zip(parts, (*numbers, ""), strict=False))


def _merge(found: Sequence[re.Match[str]]) -> str:
    """One text for what was measured at one place in each of several builds."""
    texts = list(dict.fromkeys(match[0] for match in found))
    if len(texts) == 1:
        return texts[0]
    first = found[0]
    if first["most"]:
        return max(texts, key=float)
    if first["unit"]:
        return "one unit"
    if first["limits"]:
        return " or ".join(sorted({each for text in texts for each in text.split(" or ")}, key=int))
    if first["count"]:
        return _range(texts)
    return first["before"] + _range(
        [match[name] for match in found for name in ("low", "high") if match[name]]
    )


def _range(numbers: Sequence[str]) -> str:
    low, high = min(numbers, key=float), max(numbers, key=float)
    return low if low == high else f"{low} to {high}"
