"""What stands in braces in a program's arguments, such as {seed}."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.errors import ConfigError

BRACED = re.compile(r"(\{+)([a-z][a-z_.]*)(\}+)")
"""A word in braces. Braces around anything else, as of awk or JSON, are left as they are."""


def find_placeholders(argument: str) -> list[str]:
    """Names of what `fill_placeholders` would put a value for."""
    return [found.group(2) for found in BRACED.finditer(argument) if _depth(found) % 2]


def fill_placeholders(argument: str, values: Mapping[str, object], key: str) -> str:
    """Put values in the place of `{seed}` and the like; `{{print}}` gives `{print}`.

    As in Python's `str.format`, two braces stand for one.

    Raises:
        ConfigError: there is no such value.
    """

    def replace(found: re.Match[str]) -> str:
        left, name, right = found.groups()
        depth = _depth(found)
        if depth % 2:
            if name not in values:
                raise unknown_placeholder(name, values, key)
            name = str(values[name])
        kept = depth // 2
        return f"{left[: len(left) - depth + kept]}{name}{right[: len(right) - depth + kept]}"

    return BRACED.sub(replace, argument)


def unknown_placeholder(name: str, known: Mapping[str, object], key: str) -> ConfigError:
    """The error for a name that is none of `known`."""
    listed = ", ".join(f"{{{each}}}" for each in known)
    rule = f"there is no such value here, only {listed}"
    hint = f"Write {{{{{name}}}}} for the program to get {{{name}}}"
    return ConfigError(key, rule, f"{{{name}}}", hint)


def _depth(found: re.Match[str]) -> int:
    """How many braces a word has on both sides."""
    return min(len(found.group(1)), len(found.group(3)))
