"""Writes what GitHub shows: annotations beside the lines of a file, and tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def annotate(
    level: str, title: str, message: str, file: str | Path | None = None, line: int = 1
) -> str:
    """Return the workflow command of an annotation.

    Args:
        level: `error`, `warning` or `notice`.
        title: a few words.
        message: one or more lines.
        file: a path relative to the repository's root; None for an annotation without a place.
        line: the line of the file, from 1.
    """
    where = {} if file is None else {"file": str(file), "line": str(line)}
    properties = ",".join(
        f"{name}={_escape(value, ':,')}" for name, value in {**where, "title": title}.items()
    )
    return f"::{level} {properties}::{_escape(message)}"


def format_table(headings: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a table; bars in cells are escaped, so that they do not end the cell."""
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    for row in rows:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return lines


def _escape(text: str, more: str = "") -> str:
    """Escape `%`, line ends and the characters in `more` as GitHub's own toolkit does."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
