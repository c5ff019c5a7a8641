"""Builds dataclasses from JSON in a way that lets formats grow.

A field that a file lacks gets its default, and a field that the dataclass lacks is ignored. What
most records of a sweep have in common is held once.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Hashable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
"""A dataclass."""

Reader = Callable[[Any], Any]
"""Converts a JSON value to the type of a field; raises ValueError where it is of another type."""


def build(kind: type[T], body: dict[str, Any]) -> T:
    """Build a dataclass from a mapping of JSON values.

    Nested dataclasses and enums are built too, also inside of lists and mappings. The elements of
    any other list or mapping are not checked.

    Raises:
        ValueError: names the fields that are missing and have no default, or are of another type.
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
    """Return each field's name, whether the field is required, and its reader."""
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
    """Return the reader for a type hint; it is made once, as there are thousands of records."""
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
    # In Python, True is an int.
    return _read_checked(
        lambda value: isinstance(value, kinds) and (type(value) is not bool or bool in kinds)
    )


def _read_any(readers: list[Reader]) -> Reader:
    """Return a reader that takes the first of several that accepts a value."""

    def read(value: Any) -> Any:
        for each in readers:
            try:
                return each(value)
            except ValueError:
                continue
        raise ValueError(f"is of none of the types allowed. Received: {value!r}")

    return read


def _read_checked(fits: Callable[[Any], bool]) -> Reader:
    """Return a reader that checks a value and leaves it as it is."""

    def read(value: Any) -> Any:
        if not fits(value):
            raise ValueError(f"is of another type. Received: {value!r}")
        return value

    return read


_read_list = _read_checked(lambda value: isinstance(value, list))
_read_mapping = _read_checked(lambda value: isinstance(value, dict))


def _holds_more_than_json(hint: Any) -> bool:
    """Return whether values of a type hint hold a dataclass or an enum, at any depth."""
    if isinstance(hint, UnionType) or get_origin(hint) in (list, dict):
        return any(map(_holds_more_than_json, get_args(hint)))
    return is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, Enum))


def share_texts(body: dict[str, Any]) -> None:
    """Replace what most records of a sweep have in common by one copy, in the content of a record.

    That is its environment, and the names and the digests of its stages.
    """
    environment = body.get("environment")
    if isinstance(environment, dict):
        body["environment"] = _parse(json.dumps(environment))
    builds = body.get("fingerprints")
    if isinstance(builds, list):
        body["fingerprints"] = [_share(build) for build in builds]


@functools.lru_cache(maxsize=64)
def _parse(text: str) -> Any:
    return json.loads(text)


def _share(build: Any) -> Any:
    if not isinstance(build, dict) or not all(type(each) is str for each in build.values()):
        return build
    return {sys.intern(stage): sys.intern(digest) for stage, digest in build.items()}
