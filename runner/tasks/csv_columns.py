"""Reads a CSV file as columns without loss: numbers, booleans, and codes that stand for texts."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runner.numeric.bitwise import Array

INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
BOOLEANS = {"true": True, "false": False}
MISSING = frozenset(("", "#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "None", "n/a", "null"))
"""Texts that stand for a missing number in a column of numbers; elsewhere they are plain texts."""

CODE_BITS = 54
"""Bits of the code of a text, sign included: float64 holds whole numbers of this size exactly."""


class UnreadableError(ValueError):
    """A file is not a table of this kind; the message says why."""


@dataclass(frozen=True)
class Columns:
    """The columns of a CSV file."""

    names: tuple[str, ...] | None
    """Names of the columns; None where the file has no header."""
    columns: tuple[Array, ...]
    """Arrays of shape (row,): int64, uint64, float64 or bool."""
    texts: tuple[bool, ...]
    """Whether each column holds codes of texts, see `text_code`."""

    @property
    def rows(self) -> int:
        """Return the number of lines below the header."""
        return len(self.columns[0])


def read_columns(path: Path) -> Columns:
    """Read a CSV file with commas, in UTF-8.

    The first line is a header unless all of its fields are numbers. The numbers 0, 1, 2, ... above
    columns of fractions are a header too, because pandas names unnamed columns like this. A header
    may lack the name of the first column.

    Raises:
        UnreadableError: The file is empty, its lines differ in length, or an integer is beyond
            64 bits or would be rounded.
        ValueError: The file is not UTF-8.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            lines = [line for line in csv.reader(file) if line]
        except csv.Error as error:
            raise UnreadableError(str(error)) from None
    if not lines:
        raise UnreadableError("it is empty")
    names = tuple(lines.pop(0)) if _is_header(lines) else None
    width = len(lines[0]) if lines else len(names or ())
    if names and len(names) == width - 1:
        names = ("", *names)
    lengths = {width, *map(len, lines)} | ({len(names)} if names else set())
    if len(lengths) > 1:
        raise UnreadableError(f"its lines have {' and '.join(map(str, sorted(lengths)))} fields")
    read = [_read_column([line[place] for line in lines]) for place in range(width)]
    return Columns(names, tuple(each for each, _ in read), tuple(text for _, text in read))


def text_code(text: str) -> int:
    """Return a whole number in -2**53..2**53-1 that is the same for equal texts on any machine.

    Among a million different texts, the chance that any two share a code is 3e-5.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True) >> (64 - CODE_BITS)


def _is_header(lines: Sequence[Sequence[str]]) -> bool:
    first, rest = lines[0], lines[1:]
    if not all(NUMBER.fullmatch(field.strip()) for field in first):
        return True
    if first != [str(place) for place in range(len(first))] or not rest:
        return False
    # A column of fractions writes zero as 0.0, so a bare 0 above one is the name of a column.
    return all(
        any(not INTEGER.fullmatch(field.strip()) for field in column)
        for column in zip(*rest, strict=False)
    )


def _read_column(fields: Sequence[str]) -> tuple[Array, bool]:
    """Return an array (row,), and whether it holds codes of texts."""
    stripped = [field.strip() for field in fields]
    if stripped and all(INTEGER.fullmatch(field) for field in stripped):
        return _integers(stripped), False
    missing = [field in MISSING for field in stripped]
    numbers = [NUMBER.fullmatch(field) is not None for field in stripped]
    numeric = all(gap or number for gap, number in zip(missing, numbers, strict=True))
    if numeric and (any(numbers) or not any(stripped)):
        return _floats(stripped, missing), False
    if all(field.lower() in BOOLEANS for field in stripped):
        return np.array([BOOLEANS[field.lower()] for field in stripped]), False
    codes = {field: text_code(field) for field in set(fields)}
    return np.array([codes[field] for field in fields], np.int64), True


def _integers(fields: Sequence[str]) -> Array:
    values = [int(field) for field in fields]
    for kind in (np.int64, np.uint64):
        limits = np.iinfo(kind)
        if min(values) >= limits.min and max(values) <= limits.max:
            return np.array(values, kind)
    raise UnreadableError(f"{max(values, key=abs)} has more than 64 bits")


def _floats(fields: Sequence[str], missing: Sequence[bool]) -> Array:
    values = [math.nan if gap else float(f) for f, gap in zip(fields, missing, strict=True)]
    for field, value in zip(fields, values, strict=True):
        if abs(value) >= 2**53 and INTEGER.fullmatch(field) and value != int(field):
            raise UnreadableError(f"{field} stands in a column of floats, which would round it")
    return np.array(values, np.float64)
