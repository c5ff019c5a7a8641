"""Lists the fields of a config for --help, one line per field, from the schema."""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import MISSING as NO_DEFAULT
from enum import Enum
from typing import Any

from omegaconf import MISSING, OmegaConf

from runner.config.schema import walk

KEY_WIDTH = 28
"""Width of the column of keys, in characters."""

PIPE_WIDTH = 100
"""Width of lines in characters where there is no terminal to measure."""

LAST_COLUMN = re.compile(r"^ .*\S {2,}(?=\S)")
"""What stands before the last column of an indented line."""

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


def wrap_lines(text: str) -> str:
    """Wrap each line of a help text that is wider than the terminal, below its last column."""
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
    return "\n".join(line for each in text.splitlines() for line in _wrap(each, width))


def _wrap(line: str, width: int) -> list[str]:
    column = LAST_COLUMN.match(line)
    indents = [column.end()] if column and column.end() <= 0.6 * width else []
    wrapped = [line]
    for indent in (*indents, 4):  # a long name may not fit below the column
        wrapped = textwrap.wrap(
            line,
            width,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        if all(len(each) <= width for each in wrapped):
            break
    return wrapped or [line]


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
