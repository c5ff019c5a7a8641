"""Placeholders such as {seed} in a program's arguments: finding them, and filling in values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.errors import ConfigError

BRACED = re.compile(r"(\{+)([a-z][a-z_.]*)(\}+)")
"""A lower-case word in braces. Other braces, such as those of awk or JSON, are left as they are."""


def find_placeholders(argument: str) -> list[str]:
    """Return the names that `fill_placeholders` would replace with a value."""
    return [match.group(2) for match in BRACED.finditer(argument) if _depth(match) % 2]


def fill_placeholders(argument: str, values: Mapping[str, object], key: str) -> str:
    """Replace placeholders such as `{seed}` with values; `{{print}}` gives `{print}`.

    Two braces stand for one, as in Python's `str.format`.

    Args:
        argument: text with placeholders.
        values: name of a placeholder to its value.
        key: key of the config that holds the argument, for the error.

    Raises:
        ConfigError: `values` lacks a placeholder's name.
    """

    def replace(match: re.Match[str]) -> str:
        left, name, right = match.groups()
        depth = _depth(match)
        if depth % 2:
            if name not in values:
                raise unknown_placeholder(name, values, key)
            name = str(values[name])
        kept = depth // 2
        return f"{left[: len(left) - depth + kept]}{name}{right[: len(right) - depth + kept]}"

    return BRACED.sub(replace, argument)


def unknown_placeholder(name: str, known: Mapping[str, object], key: str) -> ConfigError:
    """Return the error for a placeholder whose name is not in `known`."""
    listed = ", ".join(f"{{{other}}}" for other in known)
    rule = f"there is no such value here, only {listed}"
    hint = f"Write {{{{{name}}}}} for the program to get {{{name}}}"
    return ConfigError(key, rule, f"{{{name}}}", hint)


def _depth(match: re.Match[str]) -> int:
    """Return how many braces enclose the word, counting those that have a partner."""
    return min(len(match.group(1)), len(match.group(3)))
