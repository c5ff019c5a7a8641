"""Dataclasses from what JSON holds, so that formats can grow.

What a file lacks gets its default, and what a dataclass does not know is passed over.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
"""A dataclass."""


def build(kind: type[T], body: dict[str, Any]) -> T:
    """Make a dataclass of a mapping of JSON's values.

    Nested are dataclasses, lists of them and mappings to them. Of what any other list or mapping
    holds nothing is checked.

    Raises:
        ValueError: naming the fields that are missing and have no default, or are of another type.
    """
    wrong = []
    values = {}
    for item, hint in _known_fields(cast(Hashable, kind)):
        if item.name not in body:
            if item.default is MISSING and item.default_factory is MISSING:
                wrong.append(item.name)
            continue
        try:
            values[item.name] = _convert(hint, body[item.name])
        except ValueError:
            wrong.append(item.name)
    if wrong:
        raise ValueError(", ".join(sorted(wrong)))
    return kind(**values)


@functools.cache
def _known_fields(kind: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(kind)
    assert is_dataclass(kind)
    return tuple((item, hints[item.name]) for item in fields(kind))


def _convert(hint: Any, value: Any) -> Any:
    """The value as the type hint has it.

    Raises:
        ValueError: it is of another type.
    """
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for option in options:
        origin, arguments = get_origin(option) or option, get_args(option)
        if origin is Any:
            return value
        if origin is Literal and value in arguments:
            return value
        if is_dataclass(origin) and isinstance(value, dict):
            return build(cast(type, origin), value)
        if isinstance(origin, type) and issubclass(origin, Enum):
            return origin(value)
        if not isinstance(origin, type) or not _is_of(value, origin):
            continue
        inner = arguments[-1] if arguments else Any
        if origin is list and _holds_dataclasses(inner):
            return [_convert(inner, each) for each in value]
        if origin is dict and _holds_dataclasses(inner):
            return {key: _convert(inner, each) for key, each in value.items()}
        return value
    raise ValueError(f"must be {hint}. Received: {value!r}")


def _is_of(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _holds_dataclasses(hint: Any) -> bool:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return any(is_dataclass(each) for each in options)
