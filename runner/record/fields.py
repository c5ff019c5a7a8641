"""Dataclasses from what JSON holds, so that formats can grow.

What a file lacks gets its default, and what a dataclass does not know is passed over.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
"""A dataclass."""

Reader = Callable[[Any], Any]
"""Turns a value of JSON into that of a field; raises ValueError where it is of another type."""


def build(kind: type[T], body: dict[str, Any]) -> T:
    """Make a dataclass of a mapping of JSON's values.

    Dataclasses and enums may be nested in it, also as the items of lists and mappings. What any
    other list or mapping holds is not checked.

    Raises:
        ValueError: naming the fields that are missing and have no default, or are of another type.
    """
    wrong = []
    values = {}
    for name, required, read in _find_readers(cast(Hashable, kind)):
        if name not in body:
            if required:
                wrong.append(name)
            continue
        try:
            values[name] = read(body[name])
        except ValueError:
            wrong.append(name)
    if wrong:
        raise ValueError(", ".join(sorted(wrong)))
    return kind(**values)


@functools.cache
def _find_readers(kind: Any) -> tuple[tuple[str, bool, Reader], ...]:
    """Name, whether there is no default, and the reader of each field."""
    hints = get_type_hints(kind)
    return tuple(
        (
            item.name,
            item.default is MISSING and item.default_factory is MISSING,
            _make_reader(hints[item.name]),
        )
        for item in fields(kind)
    )


def _make_reader(hint: Any) -> Reader:
    """Return what reads a value of a type; made once, as there are thousands of records."""
    if hint is Any:
        return lambda value: value
    if isinstance(hint, UnionType):
        return _read_any([_make_reader(option) for option in get_args(hint)])
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if origin is Literal:
        return _read_checked(lambda value: value in arguments)
    if is_dataclass(origin):
        made = cast(type, origin)
        return lambda v: v if isinstance(v, made) else build(made, _read_mapping(v))
    if issubclass(origin, Enum):
        return cast(Reader, origin)
    inner = arguments[-1] if arguments else Any
    if origin is list and _holds_more_than_json(inner):
        item = _make_reader(inner)
        return lambda value: [item(each) for each in _read_list(value)]
    if origin is dict and _holds_more_than_json(inner):
        item = _make_reader(inner)
        return lambda value: {key: item(each) for key, each in _read_mapping(value).items()}
    kinds = (int, float) if origin is float else (origin,)
    # Python takes True for a whole number.
    return _read_checked(
        lambda value: isinstance(value, kinds) and (type(value) is not bool or bool in kinds)
    )


def _read_any(readers: list[Reader]) -> Reader:
    def read(value: Any) -> Any:
        for each in readers:
            try:
                return each(value)
            except ValueError:
                continue
        raise ValueError(f"is of none of the types allowed. Received: {value!r}")

    return read


def _read_checked(fits: Callable[[Any], bool]) -> Reader:
    def read(value: Any) -> Any:
        if not fits(value):
            raise ValueError(f"is of another type. Received: {value!r}")
        return value

    return read


_read_list = _read_checked(lambda value: isinstance(value, list))
_read_mapping = _read_checked(lambda value: isinstance(value, dict))


def _holds_more_than_json(hint: Any) -> bool:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return any(
        is_dataclass(each) or (isinstance(each, type) and issubclass(each, Enum))
        for each in options
    )
