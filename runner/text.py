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
        text = one_line(drop_stack(str(error)))
    except Exception:
        text = "(its text is not available: __str__ raised)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


_COLOUR = re.compile(r"\x1b\[[\d;]*m")

_FRAME = re.compile(r' *File "[^"]*", line \d+, in .*')
"""A line of a stack. What is indented further below it is the source."""

_HEADINGS = (
    "Graph execution error:",
    "in user code:",
    "Traceback (most recent call last):",
    "Call arguments received by",
    "Stack trace for op definition:",
)
"""Lines that TensorFlow and Keras write around the one that says what is wrong."""

_NODE = re.compile(r"Detected at node '?(?P<node>[^' ]+)'? defined at.*")
_MARKS = re.compile(
    r"\{\{function_node [^}]*\}\} ?"
    r"|Error in user-defined function passed to \S+ transformation with iterator: \S+: "
    r"| ?\[\[\{\{node [^}]*\}\}\]\]| ?\[Op:\w+\]( name: ?)?"
)
_ARGUMENTS = re.compile(r"\n\nArguments received by .*", re.DOTALL)
_CALLED = re.compile(r"Exception encountered when calling (?P<layer>\S+?)\(?\)?\.\n\n")


def drop_stack(text: str) -> str:
    """Return an error's text without the stack that TensorFlow and Keras put around its reason.

    The layer or node that it is about stays, behind the reason and in brackets.
    """
    text = _COLOUR.sub("", text)
    about = [match["layer"] for match in _CALLED.finditer(text)]
    text = _ARGUMENTS.sub("", _CALLED.sub("", text))
    kept: list[str] = []
    depth: int | None = None  # how far the stack's last line is indented
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if _FRAME.fullmatch(line):
            depth = indent
        elif match := _NODE.fullmatch(line.strip()):
            about.append(match["node"])
        elif line.strip() and (depth is None or indent <= depth):
            depth = None
            said = _MARKS.sub("", line).strip()
            if said and not said.startswith(_HEADINGS) and said not in kept:
                kept.append(said)
    reason = " ".join(kept) or text.strip()
    return f"{reason} ({', '.join(dict.fromkeys(about))})" if about and kept else reason


def one_line(text: str) -> str:
    """The text with its white space, line ends included, made single; long text is cut.

    Without the colours and bold that some libraries put into their errors.
    """
    text = " ".join(_COLOUR.sub("", text).split())
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
