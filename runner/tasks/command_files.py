"""The files that a program leaves, as arrays and numbers by name."""

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
from runner.tasks.to_numpy import Named, unify

OUTPUTS, METRICS = "task.outputs", "task.metrics"


@dataclass(frozen=True)
class _Found:
    """Something that a file holds."""

    name: str
    longer: str
    """The file's path, with it: for a name that another file gives too."""
    value: Any


def read_outputs(directory: Path, names: Sequence[str]) -> dict[str, Any]:
    """Name to array or number of files with outputs; see `_collect`.

    Raises:
        ConfigError: a file is missing, holds nothing or something else, or names collide.
    """
    return _collect(OUTPUTS, directory, names, _read_file)


def read_metrics(directory: Path, names: Sequence[str]) -> dict[str, Any]:
    """Name to number of files with metrics; of a CSV file, its last line.

    What is no number is left out, as such a file often says more, for example a date.

    Raises:
        ConfigError: as `read_outputs`; also for a file without any number.
    """
    return _collect(METRICS, directory, names, _read_numbers)


def _collect(
    key: str,
    directory: Path,
    names: Sequence[str],
    read: Callable[[str, Path, PurePath], dict[str, Any]],
) -> dict[str, Any]:
    """Everything in some files. A name that two of them give becomes `path/without/suffix/name`.

    Raises:
        ConfigError: a longer name is taken too, or what collides has a meaning of its own.
    """
    found: list[_Found] = []
    for path in dict.fromkeys(map(PurePath, names)):
        values = read(key, directory / path, path)
        if not values:
            raise ConfigError(key, "nothing could be read from this file", path)
        whole = path.with_suffix("").as_posix()
        alone = path.suffix == ".npy" or (path.suffix == ".csv" and key == OUTPUTS)
        found += [
            _Found(name, whole if alone else f"{whole}/{name}", value)
            for name, value in values.items()
        ]
    counts = Counter(each.name for each in found)
    named: dict[str, Any] = {}
    for each in found:
        shared = counts[each.name] > 1
        name = each.longer if shared else each.name
        if name in named or (shared and each.name in (INPUTS, TARGETS, STAGES)):
            raise ConfigError(key, "must not give one name in two files", each.name)
        named[name] = each.value
    return named


def _read_file(key: str, path: Path, name: PurePath) -> dict[str, Any]:
    """Name to array or number, from a .npy, .npz, .csv or .json file."""
    if not path.is_file():
        raise ConfigError(key, "the command did not write it", name)
    try:
        if name.suffix == ".npy":
            return {name.stem: np.load(path, allow_pickle=False)}
        if name.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                # NumPy finds x under both names, and x.npy under none.
                _check_distinct([each.removesuffix(".npy") for each in stored.files])
                return {each: stored[each] for each in stored.files}
        if name.suffix == ".json":
            content = json.loads(path.read_text("utf-8"), object_pairs_hook=_unique)
            return _flat(content, "" if isinstance(content, dict) else name.stem)
        return {name.stem: _read_table(key, path, name)}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, RecursionError) as error:
        raise ConfigError(key, f"cannot be read ({error})", name) from None


def _read_table(key: str, path: Path, name: PurePath) -> Named:
    """A CSV file as outputs; texts are compared by their codes."""
    table = read_columns(path)
    if not table.rows:
        raise UnreadableError("it has a header and no rows")
    columns = unify(table.columns, f"{key}: {name}")
    return Named(np.stack(columns, axis=1), table.names or ())


def _read_numbers(key: str, path: Path, name: PurePath) -> dict[str, Any]:
    """Name to number, from a file with metrics."""
    if name.suffix != ".csv":
        found = _read_file(key, path, name)
        return {each: value for each, value in found.items() if _is_number(value)}
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
        raise ConfigError(key, "must not give one name to two columns", name)
    columns = [each for each, number in zip(table.columns, numeric, strict=True) if number]
    return {each: column[-1] for each, column in zip(kept, columns, strict=True)}


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "biuf"
    return isinstance(value, bool | int | float)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, of which Python would keep the last of equal names."""
    _check_distinct([name for name, _ in pairs])
    return dict(pairs)


def _check_distinct(names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise UnreadableError(f"it says {name} twice")


def _flat(value: Any, name: str) -> dict[str, Any]:
    """Names to numbers and lists; those of nested objects are joined with dots."""
    if not isinstance(value, Mapping):
        return {name: value}
    found: dict[str, Any] = {}
    for key, each in value.items():
        inner = _flat(each, f"{name}.{key}" if name else str(key))
        _check_distinct([*found, *inner])
        found |= inner
    return found
