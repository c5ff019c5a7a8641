"""Bounds on what a config may grow to, so that a small file cannot take all memory."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep

from runner.errors import ConfigError

MAX_BYTES = 1_000_000
"""Of a YAML file."""

MAX_DEPTH = 64
"""Of lists and mappings in each other; OmegaConf gives up at some 200."""

MAX_VALUES = 20_000
"""That a YAML file has with all of its aliases written out; each takes OmegaConf 45 us."""

MAX_LOCK_BYTES = 100_000_000
MAX_LOCK_VALUES = 5_000_000
"""Of a lock, which has some 100 values a configuration and 10 a run."""

MAX_LOADS = 300
"""Times that files are asked for while one config is composed; the shipped one takes 59. Hydra's
time grows with the square."""

MAX_CHARACTERS = 10_000_000
"""That the values of a config have once each interpolation is resolved."""

MAX_INTERPOLATED = 20_000
"""Characters of all texts with interpolations in a file; OmegaConf parses them in 2 s at most."""

INTERPOLATED = "in texts with interpolations"

MAX_NESTED = 20
"""Interpolations inside of interpolations, of which nobody can tell beforehand what they are."""

MAX_CONFIGURATIONS = 10_000
"""Of a sweep; each is composed, which takes 0.4 MB and 60 ms."""

MAX_RUNS = 100_000
"""Of a sweep."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
NODES = (*OPENING, yaml.AliasEvent, yaml.ScalarEvent)
EMPTY = ("", "~", "null", "Null", "NULL")
CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)

INNERMOST = re.compile(r"\$\{([^${}]*)\}")
REFERENCE = re.compile(r"(?<!\.)\.*[A-Za-z_][\w.\[\]]*")


def check_yaml(
    path: Path,
    most_bytes: int = MAX_BYTES,
    most_values: int = MAX_VALUES,
    config: bool = True,
) -> None:
    """Check a YAML file before it is read; what is no YAML passes, for the reader to say so.

    Args:
        path: of the file.
        most_bytes: that it may have.
        most_values: that it may have with all of its aliases written out.
        config: it is one, whose interpolations are parsed as it is read.

    Raises:
        OSError: it cannot be read.
        ConfigError: it is too large, too deep, or expands to too many values.
    """
    size = path.stat().st_size
    if size > most_bytes:
        raise ConfigError(str(path), f"must have at most {most_bytes} bytes", size)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"is not text in UTF-8 ({error.reason})") from None
    try:
        for found, depth in _measure_yaml(text):
            if depth > MAX_DEPTH:
                raise ConfigError(str(path), f"nests lists and mappings over {MAX_DEPTH} deep")
            if found.values > most_values:
                rule = f"must have at most {most_values} values, with its aliases written out"
                raise ConfigError(str(path), rule)
            if found.interpolated > MAX_INTERPOLATED and config:
                rule = f"must have at most {MAX_INTERPOLATED} characters {INTERPOLATED}"
                raise ConfigError(str(path), rule)
    except yaml.YAMLError:
        return


def check_mapping(path: Path) -> None:
    """Check that a YAML file holds keys, or nothing; what is no YAML passes.

    Raises:
        OSError: it cannot be read.
        ConfigError: it holds a list or a single value.
    """
    try:
        with path.open("rb") as file:
            node = next((e for e in yaml.parse(file, Loader=LOADER) if isinstance(e, NODES)), None)
    except yaml.YAMLError:
        return
    empty = node is None or (isinstance(node, yaml.ScalarEvent) and node.value in EMPTY)
    if not empty and not isinstance(node, yaml.MappingStartEvent):
        kind = "a list" if isinstance(node, yaml.SequenceStartEvent) else "a single value"
        raise ConfigError(str(path), "must hold keys, such as seed: {value: 1}", kind)


@dataclass(frozen=True)
class _Size:
    """What a part of a document comes to, with its aliases written out."""

    values: int = 0
    interpolated: int = 0
    """Characters of texts with interpolations."""
    height: int = 0
    """Of lists and mappings in each other."""

    def __add__(self, other: _Size) -> _Size:
        return _Size(
            self.values + other.values,
            self.interpolated + other.interpolated,
            max(self.height, other.height),
        )


def _measure_yaml(text: str) -> Iterator[tuple[_Size, int]]:
    """Yield, after each part of a document, the size and the depth of what it is in so far."""
    open_nodes: list[tuple[_Size, str | None]] = [(_Size(), None)]  # with its anchor
    anchors: dict[str, _Size] = {}
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, OPENING):
            open_nodes.append((_Size(1), event.anchor))
            if event.anchor is not None:  # what holds itself has no end of depth
                anchors[event.anchor] = _Size(1, 0, MAX_DEPTH)
            yield _Size(1), len(open_nodes) - 1
            continue
        if isinstance(event, CLOSING):
            inner, anchor = open_nodes.pop()
            size = replace(inner, height=inner.height + 1)
        elif isinstance(event, yaml.AliasEvent):
            size, anchor = anchors.get(event.anchor, _Size(1)), None
        elif isinstance(event, yaml.ScalarEvent):
            size, anchor = _Size(1, len(event.value) * ("${" in event.value)), event.anchor
        else:
            continue
        if anchor is not None:
            anchors[anchor] = size
        around, above = open_nodes[-1]
        open_nodes[-1] = around + size, above
        yield open_nodes[-1][0], len(open_nodes) - 1 + open_nodes[-1][0].height


def check_expansion(content: Mapping[str, Any]) -> None:
    """Check that interpolations which repeat each other do not grow without bound.

    Of a reference that is itself put together by interpolation nobody can tell what it means; of
    these there may be MAX_NESTED.

    Args:
        content: of a config, as it was written: nothing is resolved.

    Raises:
        ConfigError: resolved, it would be too long.
    """
    leaves: dict[str, Any] = {}
    _flatten(content, "", leaves)
    texts = {key: leaf for key, leaf in leaves.items() if isinstance(leaf, str) and "${" in leaf}
    nested = sum(map(_count_nested, texts.values()))
    if nested > MAX_NESTED:
        rule = f"must have at most {MAX_NESTED} interpolations inside of interpolations"
        raise ConfigError("config", rule, nested)
    growth = _Growth(leaves)
    for key in texts:
        try:
            size = growth.measure(key)
        except RecursionError:
            raise ConfigError(key, "refers through too many other keys") from None
        if size > MAX_CHARACTERS:
            raise ConfigError(key, f"must resolve to at most {MAX_CHARACTERS} characters", size)


def check_replicates(replicates: int) -> None:
    """Check the runs of one configuration.

    Raises:
        ConfigError: they are more than a sweep may have.
    """
    if replicates > MAX_RUNS:
        raise ConfigError("replicates", f"must be at most {MAX_RUNS}", replicates)


def check_sweep(overrides: Sequence[Override], replicates: int) -> None:
    """Check the number of a sweep's runs before any of them is made.

    Args:
        overrides: of which a later one of the same key counts.
        replicates: of each configuration.

    Raises:
        ConfigError: there are too many.
    """
    counts = {override.get_key_element(): _count(override) for override in overrides}
    configurations = math.prod(counts.values())
    if configurations > MAX_CONFIGURATIONS:
        rule = f"must have at most {MAX_CONFIGURATIONS} configurations"
        hint = f"The most come from {max(overrides, key=_count).input_line}"
        raise ConfigError("sweep", rule, configurations, hint)
    if (runs := configurations * replicates) > MAX_RUNS:
        hint = f"It has {configurations} configurations and replicates={replicates}"
        raise ConfigError("sweep", f"must have at most {MAX_RUNS} runs", runs, hint)


def _count(override: Override) -> int:
    """Values that an override gives its key."""
    if not override.is_discrete_sweep():
        return 1
    value = override.value()
    if isinstance(value, RangeSweep):
        start, stop, step = (Decimal(str(x)) for x in (value.start, value.stop, value.step))
        return max(0, math.ceil((stop - start) / step)) if step else 1
    if isinstance(value, ChoiceSweep):
        return len(value.list)
    if isinstance(value, Glob):  # files that there are
        return len(list(override.sweep_string_iterator())) if override.config_loader else 1
    return 1


class _Growth:
    """How long the values of a config are once they are resolved."""

    def __init__(self, leaves: Mapping[str, Any]) -> None:
        self._leaves = leaves
        self._below: dict[str, list[str]] | None = None
        self._sizes: dict[str, int] = {}

    def measure(self, key: str) -> int:
        """Characters of a value, or of all below it; what refers to itself is left to OmegaConf."""
        if key not in self._sizes:
            self._sizes[key] = 0
            self._sizes[key] = self._measure(key)
        return self._sizes[key]

    def _measure(self, key: str) -> int:
        if key not in self._leaves:
            return sum(map(self.measure, self._find_below(key)))
        text = str(self._leaves[key])
        parts = [part for found in INNERMOST.findall(text) for part in REFERENCE.findall(found)]
        return len(text) + sum(self.measure(_refer(part, key)) for part in parts)

    def _find_below(self, key: str) -> list[str]:
        if self._below is None:
            self._below = {}
            for leaf in self._leaves:
                parts = leaf.split(".")
                for count in range(1, len(parts)):
                    self._below.setdefault(".".join(parts[:count]), []).append(leaf)
        return self._below.get(key, [])


def _flatten(node: Any, key: str, found: dict[str, Any]) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            _flatten(value, f"{key}.{name}" if key else str(name), found)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _flatten(value, f"{key}.{index}" if key else str(index), found)
    else:
        found[key] = node


def _count_nested(text: str) -> int:
    """Interpolations in an interpolation."""
    depth = nested = 0
    for part in re.findall(r"\$\{|\}", text):
        depth = depth + 1 if part == "${" else max(0, depth - 1)
        nested += part == "${" and depth > 1
    return nested


def _refer(reference: str, key: str) -> str:
    """The whole key that a reference in the value of `key` means, such as `..units`."""
    name = reference.lstrip(".")
    dots = len(reference) - len(name)
    above = key.split(".")[:-dots] if dots else []
    return ".".join([*above, name.replace("[", ".").replace("]", "")])
