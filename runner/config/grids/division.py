"""Divides the overrides of combinations into choices of files, and values."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override


class Division:
    """Parses overrides, each once, and tells what they do."""

    def __init__(self, value_keys: frozenset[str]) -> None:
        """Divide by keys.

        Args:
            value_keys: the keys that certainly name no group of files, and no setting of Hydra.
        """
        self._value_keys = value_keys
        self._parser = OverridesParser.create()
        self._parsed: dict[str, Override] = {}

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """Parse overrides, each with one value."""
        for each in overrides:
            if each not in self._parsed:
                (self._parsed[each],) = self._parser.parse_overrides([each])
        return [self._parsed[each] for each in overrides]

    def find_choices(self, overrides: Sequence[str]) -> tuple[str, ...]:
        """Return the overrides that choose files, and those of Hydra's settings."""
        parsed = zip(overrides, self.parse(overrides), strict=True)
        return tuple(text for text, each in parsed if each.key_or_group not in self._value_keys)

    def find_values(self, overrides: Sequence[str]) -> list[Override]:
        """Return the overrides that only give values."""
        return [each for each in self.parse(overrides) if each.key_or_group in self._value_keys]
