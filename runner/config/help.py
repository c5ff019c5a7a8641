"""The fields of a config as text, a line each, from the schema: what --help shows."""

from __future__ import annotations

from dataclasses import MISSING as NO_DEFAULT
from enum import Enum
from typing import Any

from omegaconf import MISSING, OmegaConf

from runner.config.schema import walk

KEY_WIDTH = 28
DEFAULT_WIDTH = 12


def register() -> None:
    """Make `${runner.fields:}` the fields as text, for conf/hydra/help/runner.yaml."""
    OmegaConf.register_new_resolver("runner.fields", describe_fields, replace=True)


def describe_fields() -> str:
    """Return one line a field: key, default of the schema, what it is for."""
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
