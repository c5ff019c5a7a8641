"""Restores the code of functions that were copied by value, with marks where its source is known.

A copied function brings its code with it, which was compiled without marks. Its source is in a
file, or is copied too, as that of a cell of a notebook. The code is compiled from it again, if that
gives the very same code.
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Iterator
from functools import cache
from types import CodeType
from typing import Any

from runner.observe.instrumented import TAKE, compile_marked


def restore_code(*parts: Any) -> CodeType:
    """Make a code object, with marks if they are wanted now and its source is known.

    Args:
        parts: the arguments of CodeType.
    """
    code = CodeType(*parts)
    if not hasattr(builtins, TAKE):
        return code
    source = "".join(linecache.getlines(code.co_filename))
    plain, marked = _compile_both(source, code.co_filename)
    number = next((n for n, each in enumerate(plain) if _is_same(code, each)), None)
    return code if number is None else marked[number]


@cache
def _compile_both(source: str, filename: str) -> tuple[list[CodeType], list[CodeType]]:
    """Return all code objects of a file, as they are and with marks; none if it is no Python."""
    try:
        plain = compile(source, filename, "exec", dont_inherit=True)
        both = [*_walk(plain)], [*_walk(compile_marked(source, filename))]
    except (SyntaxError, ValueError):
        return [], []
    # A mark adds no function of its own, so that the two lists go in step.
    return both if len(both[0]) == len(both[1]) else ([], [])


def _walk(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _walk(each)


def _is_same(code: CodeType, other: CodeType) -> bool:
    """Return whether two code objects are one function at one place, and do the same."""
    return (
        code.co_qualname == other.co_qualname
        and code.co_firstlineno == other.co_firstlineno
        and code.co_code == other.co_code
        and code.co_names == other.co_names
        and code.co_freevars == other.co_freevars
        and list(map(_plain, code.co_consts)) == list(map(_plain, other.co_consts))
    )


def _plain(constant: Any) -> str:
    """Return a text of a constant; code inside is compared by itself, and may have its marks."""
    if isinstance(constant, CodeType):
        return constant.co_qualname
    if isinstance(constant, frozenset):
        return f"frozenset({sorted(map(repr, constant))})"  # its order is another in each process
    return repr(constant)
