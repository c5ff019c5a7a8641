"""Reads the files that a program wrote, as arrays and numbers by name."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from runner.errors import ConfigError
from runner.tasks.csv_columns import UnreadableError, read_columns
from runner.tasks.returned_values import INPUTS, STAGES, TARGETS
from runner.tasks.to_numpy import NamedArray, unify

OUTPUTS, METRICS = "task.outputs", "task.metrics"
"""Config keys that list the files with outputs and with metrics."""


@dataclass(frozen=True)
class _FileValue:
    """A named value that a file holds."""

    name: str
    qualified_name: str
    """The name with the file's path before it, used where another file gives the same name."""
    value: Any


def read_outputs(directory: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the arrays and numbers of all files with outputs.

    Args:
        directory: The working directory of the command.
        names: Files, relative to the directory.

    Returns:
        Name to array or number. A name that two files give becomes `path/without/suffix/name`.

    Raises:
        ConfigError: A file is missing, empty or unreadable, or names collide.
    """
    return _collect(OUTPUTS, directory, names, _read_file)


def read_metrics(directory: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the numbers of all files with metrics; a CSV file gives its last line.

    Values that are not numbers are left out: such a file often holds more, for example a date.

    Args:
        directory: The working directory of the command.
        names: Files, relative to the directory.

    Returns:
        Name to number. A name that two files give becomes `path/without/suffix/name`.

    Raises:
        ConfigError: A file is missing, unreadable or without any number, or names collide.
    """
    return _collect(METRICS, directory, names, _read_numbers)


def _collect(
    key: str,
    directory: Path,
    names: Sequence[str],
    read: Callable[[str, Path, PurePath], dict[str, Any]],
) -> dict[str, Any]:
    """Read all files with `read`, and qualify each name that two of them give.

    Raises:
        ConfigError: A qualified name is taken too, or a name that collides is a reserved one
            (inputs, targets or stages).
    """
    held: list[_FileValue] = []
    for path in dict.fromkeys(map(PurePath, names)):
        values = read(key, directory / path, path)
        if not values:
            raise ConfigError(key, "nothing could be read from this file", path)
        whole = path.with_suffix("").as_posix()
        alone = path.suffix == ".npy" or (path.suffix == ".csv" and key == OUTPUTS)
        held += [
            _FileValue(name, whole if alone else f"{whole}/{name}", value)
            for name, value in values.items()
        ]
    counts = Counter(each.name for each in held)
    named: dict[str, Any] = {}
    for each in held:
        shared = counts[each.name] > 1
        name = each.qualified_name if shared else each.name
        if name in named or (shared and each.name in (INPUTS, TARGETS, STAGES)):
            raise ConfigError(key, "must not give one name in two files", each.name)
        named[name] = each.value
    return named


def _read_file(key: str, path: Path, name: PurePath) -> dict[str, Any]:
    """Return name to array or number of a .npy, .npz, .csv or .json file."""
    if not path.is_file():
        raise ConfigError(key, "the command did not write it", name)
    try:
        if name.suffix == ".npy":
            return {name.stem: np.load(path, allow_pickle=False)}
        if name.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                # An archive may hold both x and x.npy; NumPy gives x for either name.
                _check_distinct([each.removesuffix(".npy") for each in stored.files])
                return {each: stored[each] for each in stored.files}
        if name.suffix == ".json":
            content = json.loads(path.read_text("utf-8"), object_pairs_hook=_build_object)
            return _flatten(content, "" if isinstance(content, dict) else name.stem)
        return {name.stem: _read_table(key, path, name)}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, RecursionError) as error:
        raise ConfigError(key, f"cannot be read ({error})", name) from None


def _read_table(key: str, path: Path, name: PurePath) -> NamedArray:
    """Return the columns of a CSV file as one array; texts are replaced by their codes."""
    table = read_columns(path)
    if not table.rows:
        raise UnreadableError("it has a header and no rows")
    columns = unify(table.columns, f"{key}: {name}")
    return NamedArray(np.stack(columns, axis=1), table.names or ())


def _read_numbers(key: str, path: Path, name: PurePath) -> dict[str, Any]:
    """Return name to number of a file with metrics."""
    if name.suffix != ".csv":
        values = _read_file(key, path, name)
        return {each: value for each, value in values.items() if _is_number(value)}
    if not path.is_file():
        raise ConfigError(key, "the command did not write it", name)
    try:
        table = read_columns(path)
    except (ValueError, OSError) as error:
        raise ConfigError(key, f"cannot be read ({error})", name) from None
    if table.names is None or not table.rows:
        rule = "must have a header that names its metrics, and a line of numbers or more"
        raise ConfigError(key, rule, name)
    numeric = [not text for text in table.texts]
    kept = [each for each, number in zip(table.names, numeric, strict=True) if number]
    if len(set(kept)) < len(kept):
        twice = next(each for each in kept if kept.count(each) > 1)
        raise ConfigError(key, f"must not call two columns {twice!r}", name)
    columns = [each for each, number in zip(table.columns, numeric, strict=True) if number]
    return {each: column[-1] for each, column in zip(kept, columns, strict=True)}


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "biuf"
    return isinstance(value, bool | int | float)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object of JSON, and refuse equal names, of which Python would keep the last."""
    _check_distinct([name for name, _ in pairs])
    return dict(pairs)


def _check_distinct(names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise UnreadableError(f"it says {name} twice")


def _flatten(value: Any, name: str) -> dict[str, Any]:
    """Return dotted name to number or list for everything that nested objects hold."""
    if not isinstance(value, Mapping):
        return {name: value}
    flat: dict[str, Any] = {}
    for key, each in value.items():
        inner = _flatten(each, f"{name}.{key}" if name else str(key))
        _check_distinct([*flat, *inner])
        flat |= inner
    return flat
