"""A data source that reads `.ts` files, the text form in which archives publish time series."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runner.data.array_sources import Part, existing_file
from runner.errors import ConfigError
from runner.numeric.bitwise import Array

Labelled = tuple[Array, list[str]]
"""Series (row, step) float32 and the text of the label of each row."""


def series(
    path: str, test_path: str, normalise: bool = False, one_hot: bool = False
) -> tuple[Part, Part]:
    """Return labelled series of equal length, of one variable, from two `.ts` files.

    Args:
        path: the file with the training part; both paths are relative to the directory that the
            program was started in.
        test_path: the file with the test part.
        normalise: whether each series is brought to mean 0 and standard deviation 1 (ddof=0).
        one_hot: whether targets have a column for each label, as losses such as mse need them.

    Returns:
        The training and the test part: x (row, step) float32, y (row,) int64, the place of the
        row's label among the labels of both parts in sorted order (by number if all are numbers);
        with `one_hot`, y (row, label) float32, 1 in the column of that place and 0 elsewhere.

    Raises:
        ConfigError: a file is missing or of another form, a value is missing, series are of
            unequal length or have several variables, or one is constant and is to be normalised.
    """
    files = {"path": path, "test_path": test_path}
    train, test = (_read(f"data.source.{key}", each) for key, each in files.items())
    if train[0].shape[1] != test[0].shape[1]:
        rule = f"must have series of {train[0].shape[1]} steps, as {path} has"
        raise ConfigError("data.source.test_path", rule, f"{test[0].shape[1]} steps")
    return label_parts(train, test, normalise, one_hot)


def label_parts(
    train: Labelled, test: Labelled, normalise: bool, one_hot: bool
) -> tuple[Part, Part]:
    """Return both parts with their labels as numbers from 0 or one-hot, normalised if asked for.

    Raises:
        ConfigError: a series is constant and is to be normalised.
    """
    places = {label: place for place, label in enumerate(_sort_labels({*train[1], *test[1]}))}
    parts = []
    for x, labels in (train, test):
        y = np.array([places[each] for each in labels])
        columns = np.eye(len(places), dtype=np.float32)
        parts.append((_normalise(x) if normalise else x, columns[y] if one_hot else y))
    return parts[0], parts[1]


def read_series(key: str, path: Path) -> Labelled:
    """Return the series of a `.ts` file and their labels.

    Args:
        key: the config key that led to the file, for errors.
        path: the file.

    Raises:
        ConfigError: see `series`.
    """
    rows, labels = [], []
    lines = path.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines[_find_data(key, path, lines) :], 1):
        if not line.strip():
            continue
        values, *others = line.strip().split(":")
        if len(others) != 1:
            rule = "must have lines of numbers between commas, and a label after a colon"
            raise ConfigError(key, rule, f"{line[:40]!r}, row {number} of {path.name}")
        rows.append(_read_row(key, path, number, values))
        labels.append(others[0].strip())
    lengths = {len(row) for row in rows}
    if len(lengths) != 1:
        rule = "must have series of one length"
        found = f"{min(lengths)} to {max(lengths)} steps" if lengths else "no series"
        raise ConfigError(key, rule, f"{found} in {path.name}")
    return np.stack(rows), labels


def _read(key: str, path: str) -> Labelled:
    return read_series(key, existing_file(key, path))


def _find_data(key: str, path: Path, lines: list[str]) -> int:
    """Return the place of the first line after `@data`."""
    for place, line in enumerate(lines):
        if line.strip().lower() == "@data":
            return place + 1
    raise ConfigError(key, "must be a .ts file, with a line @data before its rows", str(path))


def _read_row(key: str, path: Path, number: int, values: str) -> Array:
    try:
        row = np.array(values.split(","), dtype=np.float32)
    except ValueError:
        rule = "must have numbers only"
        raise ConfigError(key, rule, f"{values[:40]!r}, row {number} of {path.name}") from None
    if not np.isfinite(row).all():
        raise ConfigError(key, "must have no missing value", f"row {number} of {path.name}")
    return row


def _sort_labels(labels: set[str]) -> list[str]:
    try:
        return sorted(labels, key=float)
    except ValueError:
        return sorted(labels)


def _normalise(x: Array) -> Array:
    deviations = x.std(axis=1, keepdims=True)
    if not deviations.all():
        row = int(np.flatnonzero(deviations[:, 0] == 0)[0]) + 1
        rule = "must be false where a series is constant"
        raise ConfigError("data.source.normalise", rule, f"row {row} is constant")
    normalised: Array = (x - x.mean(axis=1, keepdims=True)) / deviations
    return normalised
