"""Reads numbers as they are printed, so that it stays known how far each was rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

RELATIVE_ERROR = 1e-12
"""Part of a value that arithmetic in float64 may have changed before it was printed in full."""

FULL_DIGITS = 7
"""Decimals from which a number is taken for printed in full rather than rounded for people."""

MISSING = frozenset({"", "-", "--", "–", "—", "na", "n/a", "nan", "none", "null", "?"})
"""Texts, in small letters, of a cell that holds nothing."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SIGN = r"(?:±|\+\s*/?\s*-|\\pm)"
_CELL = re.compile(
    rf"(?P<mean>{_NUMBER})\s*%?\s*"
    rf"(?:{_SIGN}\s*(?P<after>{_NUMBER})|\(\s*{_SIGN}?\s*(?P<inside>{_NUMBER})\s*%?\s*\))?\s*%?"
)
_MARKUP = re.compile(r"\\textbf|\\mathbf|\\underline|[*_${}†‡]")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True)
class Number:
    """A number as it was printed."""

    value: float
    """In the units of the table."""
    half: float
    """Half of the unit of its last digit: the most by which rounding has moved it."""
    text: str
    """As it stands in the file."""

    @property
    def digits(self) -> int:
        """Return the number of decimals."""
        return max(0, -int(Decimal(self.text).as_tuple().exponent))

    def holds(self, value: float) -> bool:
        """Return whether a value may have been printed as this number."""
        return abs(value - self.value) <= self.half * (1 + 1e-9) + RELATIVE_ERROR


@dataclass(frozen=True)
class PrintedCell:
    """What one cell of a table says: a value or a mean, and where it is there an SD."""

    mean: Number
    sd: Number | None


def parse_cell(text: str, decimal_comma: bool = False) -> PrintedCell | None:
    """Return the numbers of a cell such as `93.2`, `93.2 (1.9)` or `93.2 ± 1.9 %`.

    None if it is missing or holds anything else; `is_missing` tells which.
    """
    text = _MARKUP.sub("", text.replace("\u2212", "-")).strip()
    if decimal_comma:
        text = _DECIMAL_COMMA.sub(".", text)
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    sd = match["after"] or match["inside"]
    return PrintedCell(_make_number(match["mean"]), _make_number(sd) if sd else None)


def parse_number(text: str, decimal_comma: bool = False) -> Number | None:
    """Return the number of a cell; None if it is missing, or holds more or anything else."""
    cell = parse_cell(text, decimal_comma)
    return cell.mean if cell and cell.sd is None else None


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is no value."""
    return text.strip().lower() in MISSING


def make_exact(number: Number) -> Number:
    """Return a number that was not rounded to its last digit."""
    return replace(number, half=abs(number.value) * RELATIVE_ERROR)


def _make_number(text: str) -> Number:
    exponent = int(Decimal(text).as_tuple().exponent)
    value = float(text)
    return Number(value, max(0.5 * 10.0**exponent, abs(value) * RELATIVE_ERROR), text)
