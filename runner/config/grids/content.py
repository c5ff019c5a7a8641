"""The content of a composed config as plain values, which are read a hundred times as fast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.nodes import identify_values, to_dataclass, to_values, without_hydra
from runner.config.schema import Config

Path = tuple[str | int, ...]
"""The keys and indices that lead from a config to one of its values."""


@dataclass(frozen=True)
class Content:
    """The content of a config with our schema, without Hydra's node.

    Configurations may share parts of it, so that it must not be changed.
    """

    written: dict[str, Any]
    """The config as dictionaries and lists, with interpolations as they were written."""
    values: dict[str, Any]
    """The same with interpolations resolved. In both, an enum is its name."""
    typed: Config
    """The config as dataclasses, with interpolations resolved."""

    @classmethod
    def of(cls, cfg: DictConfig) -> Content:
        """Take the content of a composed config that lacks no mandatory value.

        Errors of OmegaConf are not caught.
        """
        bare = without_hydra(cfg)
        return cls(write_plainly(bare), to_values(bare), to_dataclass(bare))

    @property
    def id(self) -> str:
        """The configuration's id, 12 hexadecimal digits."""
        return identify_values(self.values)


def write_plainly(bare: DictConfig) -> dict[str, Any]:
    """Return a config without Hydra's node as plain values, with nothing resolved."""
    written = OmegaConf.to_container(bare, resolve=False, enum_to_str=True)
    assert isinstance(written, dict)
    return {str(key): value for key, value in written.items()}


def find_interpolated(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where a plain config holds texts with interpolations."""
    if isinstance(node, str) and "${" in node:
        yield path
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from find_interpolated(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from find_interpolated(value, (*path, index))


def put(node: Any, path: Path, value: Any) -> Any:
    """Return a node with another value at a path; all that is not on the path is shared.

    Args:
        node: nested dictionaries, lists and dataclasses, which are not changed.
        path: leads to a value that exists; empty for the node itself.
        value: the value to put there.
    """
    if not path:
        return value
    head, *below = path
    rest = tuple(below)
    if isinstance(node, Mapping):
        return {**node, head: put(node[head], rest, value)}
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{str(head): put(getattr(node, str(head)), rest, value)})
    copied = list(node)
    index = int(head)
    copied[index] = put(copied[index], rest, value)
    return copied


def show_plainly(value: Any) -> Any:
    """Return a single value as `written` and `values` have it."""
    return value.name if isinstance(value, Enum) else value
