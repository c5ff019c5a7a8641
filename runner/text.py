"""Text for people: errors on one line, control characters made visible, words counted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.errors import RunnerError

HIDDEN = [*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""Unicode's C0 and C1 controls, and those that turn the direction of reading."""

_SHOWN = {code: "\ufffd" for code in HIDDEN if chr(code) not in "\n\t"}


def strip_control_characters(text: str) -> str:
    """Replace what a terminal obeys rather than shows, one character each.

    Names, errors and values come from configs and records, which strangers may have written.
    """
    return text.translate(_SHOWN)


def format_error(error: BaseException) -> str:
    """'ValueError: text', on one line of at most some 500 characters."""
    try:
        text = one_line(str(error))
    except Exception:
        text = "(its text is not available: __str__ raised)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def one_line(text: str) -> str:
    """The text with its white space, line ends included, made single; long text is cut.

    Without the colours and bold that some libraries put into their errors.
    """
    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", text).split())
    return shorten(text, 500, "...")


def shorten(text: str, longest: int, mark: str = "…") -> str:
    """Return a text in at most that many characters, with a mark at its end where it was cut."""
    return text if len(text) <= longest else text[: longest - len(mark)] + mark


def plural(number: int, noun: str) -> str:
    """`1 run`, `2 runs`: a number with a noun that takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def list_some(items: Iterable[object], most: int, separator: str = ", ") -> str:
    """`a, b and 3 more`: the first of many, and how many more there are."""
    texts = [str(each) for each in items]
    more = len(texts) - most
    # A list of clauses needs its separator also before the last one.
    last = f"{separator.rstrip(', ')} and {more} more" if more > 0 else ""
    return separator.join(texts[:most]) + last


def describe_error(error: BaseException) -> str:
    """One line for a person."""
    if isinstance(error, SystemExit):
        return f"called sys.exit({error.code if error.code is not None else ''})"
    if isinstance(error, RunnerError):
        return str(error)
    return format_error(error)
