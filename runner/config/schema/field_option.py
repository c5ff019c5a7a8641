"""Makes a field of the schema, with its help and its range."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def option(
    default: Any,
    text: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    later: bool = False,
) -> Any:
    """Return a dataclass field with its help and its range.

    Args:
        default: the default value; a list, a mapping or a class is made anew for each instance.
        text: the line of help.
        ge: smallest value allowed.
        gt: value that must be exceeded.
        le: largest value allowed.
        lt: value that must not be reached.
        later: whether the field was added when configurations had ids already. At its default it
            is left out of an id, so that no id changes; the default must never change.
    """
    metadata = {"help": text, "ge": ge, "gt": gt, "le": le, "lt": lt, "later": later}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    if isinstance(default, type):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)
