"""Annotations of GitHub's workflows: lines that it shows beside a file's."""

from __future__ import annotations

from pathlib import Path


def annotate(
    level: str, title: str, message: str, file: str | Path | None = None, line: int = 1
) -> str:
    """Return a workflow command.

    Args:
        level: `error`, `warning` or `notice`.
        title: a few words.
        message: of one line or several.
        file: as seen from the repository's root; None: the annotation has no place.
        line: of the file, from 1.
    """
    where = {} if file is None else {"file": str(file), "line": str(line)}
    properties = ",".join(
        f"{name}={_escape(value, ':,')}" for name, value in {**where, "title": title}.items()
    )
    return f"::{level} {properties}::{_escape(message)}"


def _escape(text: str, more: str = "") -> str:
    """Write `%`, line ends and what separates properties as GitHub's own toolkit does."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
