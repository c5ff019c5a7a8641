"""Lists the fields of a config for --help, one line per field, from the schema."""

from __future__ import annotations

from dataclasses import MISSING as NO_DEFAULT
from enum import Enum
from typing import Any

from omegaconf import MISSING, OmegaConf

from runner.config.schema import walk

KEY_WIDTH = 28
"""Width of the column of keys, in characters."""

DEFAULT_WIDTH = 12
"""Width of the column of defaults, in characters; a longer default is shown as `-`."""


def register() -> None:
    """Register the resolver `${runner.fields:}` that conf/hydra/help/runner.yaml uses."""
    OmegaConf.register_new_resolver("runner.fields", describe_fields, replace=True)


def describe_fields() -> str:
    """Return a heading and one line per field: its key, its default in the schema, its help."""
    lines = ["Fields (set with KEY=VALUE; the defaults of the chosen groups come first)"]
    for key, item in walk():
        text = item.metadata["help"]
        lines.append(f"  {key:{KEY_WIDTH}} {_default(item):{DEFAULT_WIDTH}} {text}")
    return "\n".join(lines)


def _default(item: Any) -> str:
    value = item.default if item.default is not NO_DEFAULT else item.default_factory()
    if isinstance(value, Enum):
        return value.name
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if value == MISSING or isinstance(value, list):
        return "-"
    return str(value) if len(str(value)) <= DEFAULT_WIDTH else "-"
