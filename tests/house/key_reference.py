"""The reference of config keys in docs/keys.md, written from the schema."""

from __future__ import annotations

import re
import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.compose import open_configs
from runner.config.schema import RUN_KEYS, SWEEP_KEYS, Claim, Config, walk

HEAD = """\
# Config keys

<!-- Written by tests/house/key_reference.py; anew by `make docs`. -->

Every key can be given on the command line (`train.epochs=3`) or in a file of a directory of yours
([Groups and choices](configuration.md)). A key that does not exist, a value of the wrong type and a
value out of range are refused in one line before anything runs. The default is the one that
`python -m runner --cfg job` shows: that of the choices which are taken unless others are asked for.
`???` must be given where it applies; `null` means that nothing is set.

"""

CLAIMS = """\

## Keys of a claim

`claims` is a list. Each of its items has these keys, and exactly one of those that state something
measurable: [Check what somebody claims](claims.md).

| key | value | what it is |
| --- | --- | --- |
"""

LONGEST = 44
"""Characters of the longest default that is shown."""

NAMES = {int: "whole number", float: "number", bool: "true or false", str: "text", Any: "any"}

VALUES = {"replicates": "whole number, at least 1, or `auto`"}
"""Key to its values, where its type does not tell them."""

BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


def write_reference() -> str:
    """Return the page in Markdown: a table for each node of the schema, and one for claims."""
    with open_configs(None) as configs:
        defaults = configs.compose([]).cfg
    tables: dict[str, list[str]] = {}
    for key, item in walk():
        kind = typing.get_type_hints(find_owner(key))[item.name]
        values = VALUES.get(key) or describe(kind, item.metadata)
        row = f"| `{key}` | {values} | {show(defaults, key)} |"
        node = key.rpartition(".")[0] if key.count(".") else ""
        tables.setdefault(node, []).append(f"{row} {escape(item.metadata['help'])} |\n")
    parts = [HEAD]
    for node in ("", *(each for each in tables if each)):
        parts.append(f"\n## `{node}`\n\n" if node else "## At the top\n\n")
        parts.append("| key | value | default | what it is |\n| --- | --- | --- | --- |\n")
        parts += tables[node]
        if not node:
            parts.append(describe_identity())
    hints = typing.get_type_hints(Claim)
    rows = (
        f"| `{item.name}` | {describe(hints[item.name], item.metadata)} |"
        f" {escape(item.metadata['help'])} |\n"
        for item in fields(Claim)
    )
    return "".join([*parts, CLAIMS, *rows])


def describe_identity() -> str:
    """Say which keys are no part of a configuration's id."""
    run = ", ".join(f"`{key}`" for key in RUN_KEYS)
    sweep = ", ".join(f"`{key}`" for key in SWEEP_KEYS)
    return (
        f"\nNo part of a configuration's id are the keys that set how often and where it runs, and"
        f" how it is judged ({sweep}), and those that only a sweep sets ({run}).\n"
    )


def find_owner(key: str) -> type:
    """Return the dataclass that declares the last part of a dotted key."""
    node: type = Config
    for part in key.split(".")[:-1]:
        (item,) = (each for each in fields(node) if each.name == part)
        assert isinstance(item.default_factory, type)
        assert is_dataclass(item.default_factory)
        node = item.default_factory
    return node


def describe(kind: Any, bounds: typing.Mapping[str, Any]) -> str:
    """Say which values a key takes."""
    parts = [each for each in typing.get_args(kind) if each is not types.NoneType]
    origin = typing.get_origin(kind)
    if origin is list:
        return f"list of {describe(parts[0], {})}"
    if origin is dict:
        return f"mapping to {describe(parts[1], {})}"
    if origin is not None:  # or None
        return f"{describe(parts[0], bounds)}, or null"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{each.name}`" for each in kind)
    limits = [
        text.format(bounds[name]) for name, text in BOUNDS.items() if bounds.get(name) is not None
    ]
    return ", ".join([NAMES[kind], *limits])


def show(defaults: DictConfig, key: str) -> str:
    """Return the value that a key has without overrides, or where it comes from if that is long."""
    *path, last = key.split(".")
    node = OmegaConf.select(defaults, ".".join(path)) if path else defaults
    if OmegaConf.is_missing(node, last):
        return "`???`"
    plain = OmegaConf.to_container(node, resolve=False)
    assert isinstance(plain, dict)
    value = plain[last]
    text = OmegaConf.to_yaml(OmegaConf.create({"value": value})).removeprefix("value:").strip()
    if isinstance(value, list):
        text = f"[{', '.join(str(getattr(each, 'name', each)) for each in value)}]"
    if "\n" in text or len(text) > LONGEST or (isinstance(value, dict) and value):
        return "from its group"
    return f"`{escape(text)}`"


def escape(text: str) -> str:
    """Keep a text inside its cell, and its underscores from emphasizing it."""
    return re.sub(r"_target_s?\b", r"`\g<0>`", " ".join(text.split()).replace("|", "\\|"))
