"""Text for a terminal, which takes some characters as commands."""

from __future__ import annotations

HIDDEN = [*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""Unicode's C0 and C1 controls, and those that turn the direction of reading."""

_SHOWN = {code: "\ufffd" for code in HIDDEN if chr(code) not in "\n\t"}


def visible(text: str) -> str:
    """Replace what a terminal obeys rather than shows, one character each.

    Names, errors and values come from configs and records, which strangers may have written.
    """
    return text.translate(_SHOWN)
