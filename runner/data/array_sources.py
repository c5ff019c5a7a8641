"""Data sources that return arrays: the shipped sets, and .npz and .npy files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array

Part = tuple[Array, Array]
"""Inputs x (row, ...) and targets y (row, ...) of a training or a test part."""

Grouped = tuple[Array, Array, Array]
"""Inputs x (row, ...), targets y (row, ...) and the group (row,) of each row."""


def digits() -> Part:
    """Return scikit-learn's handwritten digits.

    Returns:
        x (1797, 64) float32 in 0..1, y (1797,) int64 in 0..9.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y.astype(np.int64)


def npz(
    path: str, x: str = "x", y: str = "y", group: str | None = None
) -> Part | Grouped | tuple[Part, Part]:
    """Return arrays from a .npz file.

    Args:
        path: the file, relative to the directory that the program was started in.
        x: name of the inputs in the file.
        y: name of the targets in the file.
        group: name of the array (row,) with the group of each row; `data.split.group` gives it.

    Returns:
        One part, with groups if they are asked for; a training and a test part where the file also
        has both names followed by `_test`.

    Raises:
        ConfigError: the file or an array in it is missing, or the lengths differ.
    """
    if not zipfile.is_zipfile(path):
        raise ConfigError("data.source.path", "must be an .npz file", path)
    with np.load(path, allow_pickle=False) as stored:
        for key, name in (("x", x), ("y", y)):
            if name not in stored:
                rule = f"must name an array of {path}, which has {', '.join(stored.files)}"
                raise ConfigError(f"data.source.{key}", rule, name, nearest(name, stored.files))
        train = _load_part(stored, x, y)
        names = (f"{x}_test", f"{y}_test")
        if all(n in stored for n in names):
            return train, _load_part(stored, *names)
        return train if group is None else (*train, _load_groups(stored, group, path))


def npy(
    path: str, targets: str, test_path: str | None = None, test_targets: str | None = None
) -> Part | tuple[Part, Part]:
    """Return arrays from .npy files, with the types that they have there.

    Args:
        path: file of the inputs; all paths are relative to the directory that the program was
            started in.
        targets: file of the targets, with as many rows.
        test_path: file of the inputs of a test part; null: the rows of `path` are split later.
        test_targets: file of the targets of the test part; goes with `test_path`.

    Returns:
        A training and a test part, or one part where there are no test files.

    Raises:
        ConfigError: a file is missing or holds no numbers, the lengths differ, or only one of the
            test files is given.
    """
    train = _load_pair("path", path, "targets", targets)
    if test_path is None and test_targets is None:
        return train
    both = {"test_path": test_path, "test_targets": test_targets}
    for (name, value), other in zip(both.items(), reversed(both), strict=True):
        if value is None:
            rule = f"must be given together with data.source.{other}"
            raise ConfigError(f"data.source.{name}", rule, "null")
    return train, _load_pair("test_path", str(test_path), "test_targets", str(test_targets))


def tiny(rows: int = 4) -> tuple[Part, Part]:
    """Return the truth table of exclusive or, for a first tutorial.

    Args:
        rows: 4, or 2 for the first and the third row only, one of each class.

    Returns:
        The same rows as the training and the test part: x (rows, 2) float32, y (rows,) int64 in
        0..1.

    Raises:
        ConfigError: `rows` is neither 2 nor 4.
    """
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([0, 1, 1, 0])
    chosen = {2: [0, 2], 4: [0, 1, 2, 3]}.get(rows)
    if chosen is None:
        raise ConfigError("data.source.rows", "must be 2 or 4", rows)
    return (x[chosen], y[chosen]), (x[chosen], y[chosen])


def existing_file(key: str, path: str) -> Path:
    """Return the absolute path of a file, in which no reader expands a leading `~`.

    Args:
        key: the config key that holds the path, for the error.
        path: the file.

    Raises:
        ConfigError: there is no file at that path.
    """
    if not Path(path).is_file():
        rule = "must be a file, not a directory" if Path(path).is_dir() else "no such file"
        raise ConfigError(key, rule, path)
    return Path(path).absolute()


def _load_part(stored: Mapping[str, Array], x: str, y: str) -> Part:
    try:
        part = stored[x], stored[y]
    except ValueError as error:
        raise ConfigError("data.source.path", f"must hold arrays of numbers ({error})") from None
    if part[0].ndim == 0 or part[0].shape[:1] != part[1].shape[:1]:
        shapes = f"{part[0].shape} and {part[1].shape}"
        raise ConfigError("data.source.path", f"{x} and {y} must have as many rows", shapes)
    return part


def _load_groups(stored: Mapping[str, Array], group: str, path: str) -> Array:
    if group not in stored:
        rule = f"must name an array of {path}, which has {', '.join(stored)}"
        raise ConfigError("data.split.group", rule, group, nearest(group, stored))
    return _load_part(stored, group, group)[0]


def _load_pair(x_name: str, x_path: str, y_name: str, y_path: str) -> Part:
    x, y = _load_array(x_name, x_path), _load_array(y_name, y_path)
    if len(x) != len(y):
        rule = f"must have as many rows as {x_path}, which has {len(x)}"
        raise ConfigError(f"data.source.{y_name}", rule, f"{len(y)} in {y_path}")
    return x, y


def _load_array(name: str, path: str) -> Array:
    key = f"data.source.{name}"
    try:
        with existing_file(key, path).open("rb") as file:
            array: Array = np.lib.format.read_array(file, allow_pickle=False)
    except ValueError:
        raise ConfigError(key, "must be an .npy file of numbers", path) from None
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        rule = "must hold an array of numbers with a row for each example"
        raise ConfigError(key, rule, f"{array.dtype}, shape {array.shape}, in {path}")
    return array
