"""Text for people: errors on one line, control characters made visible, words counted."""

from __future__ import annotations

import os
import re
import shlex
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
    """'ValueError: text', on one line of at most some 500 characters, followed by its causes."""
    return _join_chain([_name_type(*each) for each in _find_chain(error)])


def explain_error(error: BaseException) -> str:
    """Return what `format_error` does, but without the name of the error's own type."""
    (name, said), *causes = _find_chain(error)
    return _join_chain([said or name, *(_name_type(*each) for each in causes)])


def _name_type(name: str, said: str) -> str:
    return f"{name}: {said}" if said else name


def _find_chain(error: BaseException) -> list[tuple[str, str]]:
    """Return the type and text of an error and of what caused it, each on one line.

    An error whose text another one repeats, as Keras repeats that of a layer, is not there again.
    """
    chain: list[tuple[str, str]] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        reason, about = _read(at)
        repeated = len(reason) >= MIN_REPEATED and any(reason in text for _, text in chain)
        if not repeated:
            chain.append((type(at).__name__, one_line(_name_places(reason, about))))
        # What was only being handled need not be the cause, unless its text is repeated.
        behind = at.__context__
        behind_reason = _read(behind)[0] if behind is not None else ""
        anew = len(behind_reason) >= MIN_REPEATED and behind_reason in reason
        at = at.__cause__ or (behind if anew else None)
    return chain if len(chain) <= MAX_CHAIN else [*chain[: MAX_CHAIN - 1], chain[-1]]


def _join_chain(texts: list[str]) -> str:
    """Join an error with its causes so that each of them is seen, however long the others are."""
    return CAUSED.join(shorten(each, LONGEST_LINE // len(texts), "...") for each in texts)


def _read(error: BaseException) -> tuple[str, list[str]]:
    """Return what `_read_reason` does of an error's text."""
    try:
        return _read_reason(str(error))
    except Exception:
        return "(its text is not available: __str__ raised)", []


CAUSED = "; caused by "
"""What stands between an error and its cause."""

HANDLED = "; raised while handling "
"""What stands between an error and another one that was being handled."""

MAX_CHAIN = 3
"""Most errors of a chain that are said: the first ones, and the last one, where it began."""

MIN_REPEATED = 8
"""Characters of a text from which another one that holds it does not do so by chance."""

LONGEST_LINE = 500
"""About how many characters an error may take."""

_COLOUR = re.compile(r"\x1b\[[\d;]*m")

_FRAME = re.compile(r' *File "[^"]*", line \d+, in .*')
"""A line of a stack. What is indented further below it is the source."""

TRACEBACK = "Traceback (most recent call last):"

_HEADINGS = (
    TRACEBACK,
    "Graph execution error:",
    "in user code:",
    "Call arguments received by",
    "Stack trace for op definition:",
    "<stack traces unavailable>",
    "Hint: If you want to see a list of allocated tensors when OOM happens",
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
"""Lines that TensorFlow, Keras and Python write around the one that says what is wrong."""

_AROUND = re.compile(
    r"\d+ (root error\(s\) found\.|successful operations\.|derived errors ignored\.)"
    r"|Node: '[^']*'|\[\[[A-Za-z_][\w/]*\]\]"
)
"""Whole lines that do the same: what counts several errors of one step, and names of nodes."""

_NODE = re.compile(r"Detected at node '?(?P<node>[^' ]+)'? defined at.*")
_MARKS = re.compile(
    r"\{\{function_node [^}]*\}\} ?"
    r"|Error in user-defined function passed to \S+ transformation with iterator: \S+: "
    r"|^\s*\(\d+\) [A-Z_]+: +"
    r"| ?\[\[(\{\{function_node [^}]*\}\})?\{\{node [^}]*\}\}\]\]| ?\[Op:\w+\]( name: ?)?"
)
_ARGUMENTS = re.compile(r"\n\nArguments received by .*", re.DOTALL)
_CALLED = re.compile(r"Exception encountered when calling (?P<layer>\S+?)\(?\)?\.\n\n")
_INFERRED = re.compile(
    r"Could not automatically infer the output shape / dtype of '(?P<layer>[^']+)'.*?"
    r"Error encountered:\s*",
    re.DOTALL,
)

_SAYS_NOTHING = frozenset({"PyFunc", "IteratorGetNext"})
"""Nodes that stand for any function of Python's, and any dataset."""


def drop_stack(text: str) -> str:
    """Return an error's text without the stack that TensorFlow and Keras put around its reason.

    The layer or node that it is about stays, behind the reason and in brackets.
    """
    return _name_places(*_read_reason(text))


def _name_places(reason: str, about: list[str]) -> str:
    return f"{reason} ({', '.join(about)})" if about else reason


def _read_reason(text: str) -> tuple[str, list[str]]:
    """Return the reason in an error's text, and the layers and nodes that it is about."""
    text = _ARGUMENTS.sub("", _COLOUR.sub("", text))
    about = []
    for pattern in (_CALLED, _INFERRED):
        about += [match["layer"] for match in pattern.finditer(text)]
        text = pattern.sub("", text)
    kept: list[str] = []
    # Of errors with a cause, Python prints the cause first, and TensorFlow the last one above both.
    link = CAUSED if "the direct cause of the following" in text else HANDLED
    reason, separator = "", " "
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
            if said.startswith(TRACEBACK):
                separator = link
            dropped = said.startswith(_HEADINGS) or _AROUND.fullmatch(said)
            # In a stack the type has its module before it, and in TensorFlow's line has not.
            again = any(said == each or said.endswith(f".{each}") for each in kept)
            if said and not dropped and not again:
                kept.append(said)
                reason += f"{separator}{said}" if reason else said
                separator = " "
    if not reason:
        return text.strip(), []
    return reason, [each for each in dict.fromkeys(about) if each not in _SAYS_NOTHING]


def one_line(text: str) -> str:
    """The text with its white space, line ends included, made single; long text is cut.

    Without the colours and bold that some libraries put into their errors.
    """
    text = " ".join(_COLOUR.sub("", text).split())
    return shorten(text, LONGEST_LINE, "...")


LONGEST_CELL = 28
"""How many characters of a value a table shows; the files have all of it."""


def shorten(text: str, longest: int, mark: str = "…") -> str:
    """Return a text in at most that many characters, with a mark at its end where it was cut."""
    return text if len(text) <= longest else text[: longest - len(mark)] + mark


def resuming_command(directory: str, scripts: Iterable[str] = ()) -> str:
    """Return the command line that goes on with a sweep.

    Args:
        directory: of the sweep.
        scripts: files that it runs, which a person trusts by typing them.
    """
    places = (each if os.sep in each else os.path.join(".", each) for each in scripts)
    trust = [word for each in dict.fromkeys(places) for word in ("--trust", each)]
    return shlex.join(["python", "-m", "runner", *trust, "resume", directory])


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
