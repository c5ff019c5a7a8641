"""The content of configurations that differ in single values, which share all the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf

from runner.config.grids.content import Content, Path, find_interpolated, put, show_plainly
from runner.trust.sizes import check_expansion

KEY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
"""A dotted key whose parts are names, and none is an index."""


class FollowedContent:
    """Gives one config the values of one combination after another, and takes its content.

    The combinations must give values to the same keys. Each key holds a single value, and no list
    or mapping, so that nothing of an earlier combination is left.
    """

    def __init__(self, bare: DictConfig, content: Content, overrides: Sequence[Override]) -> None:
        """Begin with a config.

        Args:
            bare: the config of the first combination, without Hydra's node, which is changed by
                and by; it must have our schema.
            content: its content.
            overrides: the overrides that gave it values.
        """
        self._config = bare
        self._first = content
        self._interpolated = list(find_interpolated(content.written))
        keys = [str(each.key_or_group) for each in overrides]
        self._paths: list[Path] = [tuple(key.split(".")) for key in keys]
        self._follows = (
            len(set(keys)) == len(keys)
            and all(map(KEY.fullmatch, keys))
            and all(map(self._holds_one_value, self._paths))
        )

    def _holds_one_value(self, path: Path) -> bool:
        node: Any = self._first.written
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return False
            node = node[part]
        return not isinstance(node, dict | list)

    def take(self, overrides: Sequence[Override]) -> Content | None:
        """Return the content of the config with other values; None where that is not certain.

        Args:
            overrides: the overrides of the combination that give values, in the order of the first.

        Raises:
            OmegaConfBaseException: a value is of the wrong type, or cannot be resolved.
            ConfigError: the config would become too large.
        """
        if not self._follows or not all(map(_is_plain, overrides)):
            return None
        for each in overrides:
            OmegaConf.update(self._config, str(each.key_or_group), each.value(), merge=True)
        content = self._first
        for path in self._paths:
            typed = self._read(path)
            content = _put(content, path, typed, show_plainly(typed), written=True)
        if self._interpolated:
            check_expansion(content.written)
        for path in self._interpolated:
            typed = values = self._read(path)
            if OmegaConf.is_config(typed):
                values = OmegaConf.to_container(typed, resolve=True, enum_to_str=True)
                typed = OmegaConf.to_object(typed)
            content = _put(content, path, typed, show_plainly(values), written=False)
        return content

    def _read(self, path: Path) -> Any:
        node: Any = self._config
        for part in path:
            node = node[part]
        return node


def _put(content: Content, path: Path, typed: Any, plain: Any, *, written: bool) -> Content:
    return Content(
        put(content.written, path, plain) if written else content.written,
        put(content.values, path, plain),
        put(content.typed, path, typed),
    )


def _is_plain(override: Override) -> bool:
    """Return whether an override only sets a single value, in which nothing is to be resolved."""
    value = override.value()
    if override.type is not OverrideType.CHANGE or isinstance(value, dict | list):
        return False
    return not isinstance(value, str) or ("${" not in value and value != "???")
