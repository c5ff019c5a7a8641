"""Bounds on the size of config files, configs and sweeps, so that no file can exhaust memory."""

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
"""Largest size of a YAML file."""

MAX_DEPTH = 64
"""Deepest nesting of lists and mappings; OmegaConf fails at some 200."""

MAX_VALUES = 20_000
"""Largest number of values in a YAML file, aliases expanded. Each takes OmegaConf 45 us."""

MAX_LOCK_BYTES = 100_000_000
"""Largest size of a lock."""

MAX_LOCK_VALUES = 5_000_000
"""Largest number of values in a lock, which has some 100 per configuration and 10 per run."""

MAX_LOADS = 300
"""Largest number of file loads while one config is composed.

The shipped config takes 59. Hydra's time grows with the square of the number.
"""

MAX_CHARACTERS = 10_000_000
"""Largest length of a config value once its interpolations are resolved."""

MAX_INTERPOLATED = 20_000
"""Largest total length of the texts with interpolations in a file; OmegaConf parses as many
characters in 2 s at most."""

MAX_NESTED = 20
"""Largest number of interpolations inside interpolations, whose size cannot be predicted."""

MAX_CONFIGURATIONS = 10_000
"""Largest number of configurations in a sweep. Where Hydra must compose each, as where all choose
other files, one takes 0.4 MB and 60 to 100 ms."""

MAX_RUNS = 100_000
"""Largest number of runs in a sweep."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's loader, in C where it is available."""

OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
"""Events that begin a list or mapping."""

CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
"""Events that end a list or mapping."""

NODES = (*OPENING, yaml.AliasEvent, yaml.ScalarEvent)
"""Events that begin any value."""

EMPTY = ("", "~", "null", "Null", "NULL")
"""Texts that YAML reads as null."""

INNERMOST = re.compile(r"\$\{([^${}]*)\}")
"""An interpolation that holds no other, with its content as the group."""

REFERENCE = re.compile(r"(?<!\.)\.*[A-Za-z_][\w.\[\]]*")
"""A key in the content of an interpolation; leading dots make it relative."""


def check_yaml(
    path: Path,
    max_bytes: int = MAX_BYTES,
    max_values: int = MAX_VALUES,
    config: bool = True,
) -> None:
    """Check the size of a YAML file before it is loaded.

    A file that is not valid YAML passes, as loading it reports the error.

    Args:
        path: path of the file.
        max_bytes: largest size in bytes.
        max_values: largest number of values, with aliases expanded.
        config: True for a config, whose interpolations OmegaConf parses as it loads the file.

    Raises:
        OSError: the file cannot be read.
        ConfigError: the file is too large, is nested too deeply, expands to too many values, has
            too long texts with interpolations or is not text in UTF-8.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise ConfigError(str(path), f"must have at most {max_bytes} bytes", size)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"is not text in UTF-8 ({error.reason})") from None
    try:
        for total, depth in _measure_yaml(text):
            if depth > MAX_DEPTH:
                raise ConfigError(str(path), f"nests lists and mappings over {MAX_DEPTH} deep")
            if total.values > max_values:
                rule = f"must have at most {max_values} values, with its aliases written out"
                raise ConfigError(str(path), rule)
            if total.interpolated > MAX_INTERPOLATED and config:
                rule = (
                    f"must have at most {MAX_INTERPOLATED} characters in texts with interpolations"
                )
                raise ConfigError(str(path), rule)
    except yaml.YAMLError:
        return


def check_mapping(path: Path) -> None:
    """Check that a YAML file holds a mapping or is empty.

    A file that is not valid YAML passes, as loading it reports the error.

    Raises:
        OSError: the file cannot be read.
        ConfigError: the file holds a list or a single value.
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
    """Size of a part of a YAML document, with aliases expanded."""

    values: int = 0
    """Number of values, counting each list and mapping as one more."""
    interpolated: int = 0
    """Total length of the texts with interpolations, in characters."""
    height: int = 0
    """Number of levels of nested lists and mappings."""

    def __add__(self, other: _Size) -> _Size:
        return _Size(
            self.values + other.values,
            self.interpolated + other.interpolated,
            max(self.height, other.height),
        )


def _measure_yaml(text: str) -> Iterator[tuple[_Size, int]]:
    """Measure a YAML document while it is parsed, so that the caller can stop early.

    Yields:
        After each part: the size so far of the list or mapping that holds it, and the greatest
        depth reached there.
    """
    open_nodes: list[tuple[_Size, str | None]] = [(_Size(), None)]  # each with its anchor
    anchors: dict[str, _Size] = {}
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, OPENING):
            open_nodes.append((_Size(1), event.anchor))
            if event.anchor is not None:  # a node that contains itself is infinitely deep
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
    """Check that a config does not become too large when its interpolations are resolved.

    The target of a reference that itself contains an interpolation cannot be predicted; a config
    may have MAX_NESTED of these.

    Args:
        content: the config as plain values, with nothing resolved.

    Raises:
        ConfigError: a value would become longer than MAX_CHARACTERS, a chain of references is too
            long, or too many interpolations are nested.
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


def check_replicates(replicates: int, key: str = "replicates") -> None:
    """Check the number of runs of one configuration, which `key` gives.

    Raises:
        ConfigError: the number exceeds MAX_RUNS.
    """
    if replicates > MAX_RUNS:
        raise ConfigError(key, f"must be at most {MAX_RUNS}", replicates)


def check_sweep(overrides: Sequence[Override], replicates: int) -> None:
    """Check the numbers of configurations and runs of a sweep before any is composed.

    Args:
        overrides: overrides of the sweep; of several for one key, the last one counts.
        replicates: number of runs of each configuration.

    Raises:
        ConfigError: there are more than MAX_CONFIGURATIONS configurations or MAX_RUNS runs.
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
    """Return the number of values that an override gives its key."""
    if not override.is_discrete_sweep():
        return 1
    value = override.value()
    if isinstance(value, RangeSweep):
        start, stop, step = (Decimal(str(x)) for x in (value.start, value.stop, value.step))
        return max(0, math.ceil((stop - start) / step)) if step else 1
    if isinstance(value, ChoiceSweep):
        return len(value.list)
    if isinstance(value, Glob):  # one value per file that exists
        return len(list(override.sweep_string_iterator())) if override.config_loader else 1
    return 1


class _Growth:
    """Predicts how long the values of a config become once interpolations are resolved."""

    def __init__(self, leaves: Mapping[str, Any]) -> None:
        self._leaves = leaves
        self._below: dict[str, list[str]] | None = None
        self._sizes: dict[str, int] = {}

    def measure(self, key: str) -> int:
        """Return the resolved length of a value, or of all values below a key, in characters.

        A value that refers to itself counts as empty there; OmegaConf reports the error.
        """
        if key not in self._sizes:
            self._sizes[key] = 0
            self._sizes[key] = self._measure(key)
        return self._sizes[key]

    def _measure(self, key: str) -> int:
        if key not in self._leaves:
            return sum(map(self.measure, self._find_below(key)))
        text = str(self._leaves[key])
        parts = INNERMOST.findall(text)
        references = [reference for part in parts for reference in REFERENCE.findall(part)]
        return len(text) + sum(self.measure(_refer(each, key)) for each in references)

    def _find_below(self, key: str) -> list[str]:
        if self._below is None:
            self._below = {}
            for leaf in self._leaves:
                parts = leaf.split(".")
                for count in range(1, len(parts)):
                    self._below.setdefault(".".join(parts[:count]), []).append(leaf)
        return self._below.get(key, [])


def _flatten(node: Any, key: str, leaves: dict[str, Any]) -> None:
    """Add every value below a node to `leaves`, under its dotted key."""
    if isinstance(node, dict):
        for name, value in node.items():
            _flatten(value, f"{key}.{name}" if key else str(name), leaves)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _flatten(value, f"{key}.{index}" if key else str(index), leaves)
    else:
        leaves[key] = node


def _count_nested(text: str) -> int:
    """Return the number of interpolations that lie inside another one."""
    depth = nested = 0
    for part in re.findall(r"\$\{|\}", text):
        depth = depth + 1 if part == "${" else max(0, depth - 1)
        nested += part == "${" and depth > 1
    return nested


def _refer(reference: str, key: str) -> str:
    """Return the absolute key of a reference, such as `..units`, in the value of `key`."""
    name = reference.lstrip(".")
    dots = len(reference) - len(name)
    above = key.split(".")[:-dots] if dots else []
    return ".".join([*above, name.replace("[", ".").replace("]", "")])
