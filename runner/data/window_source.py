"""A data source that cuts a series of rows in time into windows."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence

import numpy as np

from runner.data.array_sources import Part, existing_file
from runner.data.row_table import Table
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array


def windows(
    path: str,
    target: str,
    window: int,
    features: Sequence[str] | None = None,
    horizon: int = 1,
    step: int = 1,
    test_fraction: float = 0.2,
    separator: str = ",",
) -> tuple[Part, Part]:
    """Return windows of a series, and what the target is some rows after each.

    The series is cut in two by time first, and each part into windows then, so that no row of a
    test window, nor its target, is in a training window.

    Args:
        path: a CSV file whose lines, or an .npz file whose arrays, are in the order of time;
            relative to the directory that the program was started in.
        target: the column, or the array (row,), to predict.
        window: rows in a window.
        features: columns, or arrays (row,), that a window has; null: the target alone.
        horizon: how many rows after the last one of its window a target lies.
        step: rows from the beginning of one window to that of the next.
        test_fraction: share of the series that comes last and is the test part.
        separator: the text between two columns of a CSV file.

    Returns:
        The training and the test part: x (window, row, feature) float32, y (window,) float32.

    Raises:
        ConfigError: an argument is out of range, a column is missing or lacks values, or a part is
            too short for two windows, or one for testing.
    """
    for name, value in (("window", window), ("horizon", horizon), ("step", step)):
        if type(value) is not int or value < 1:
            raise ConfigError(f"data.source.{name}", "must be a whole number above 0", value)
    if not 0 < test_fraction < 1:
        rule = "must be greater than 0 and less than 1"
        raise ConfigError("data.source.test_fraction", rule, test_fraction)
    named = {"data.source.target": target}
    listed = [features] if isinstance(features, str) else features
    named |= {f"data.source.features[{i}]": str(each) for i, each in enumerate(listed or ())}
    series, *inputs = _read(path, named, separator)
    held = min(max(round(len(series) * test_fraction), 1), len(series) - 1)
    parts = []
    for start, stop, least in ((0, -held, 2), (-held, None, 1)):
        x = np.stack(inputs or [series], axis=1)[start:stop]
        parts.append(_cut(x, series[start:stop], (window, horizon, step), least))
    return parts[0], parts[1]


def _cut(x: Array, y: Array, sizes: tuple[int, int, int], least: int) -> Part:
    """Cut rows (row, feature) and their target (row,) into windows."""
    window, horizon, step = sizes
    starts = np.arange(0, len(x) - window - horizon + 1, step)
    if len(starts) < least:
        what = "two training windows" if least == 2 else "a test window"
        rule = f"leaves too few rows for {what} with horizon={horizon} and step={step}"
        raise ConfigError("data.source.window", rule, f"{window}, and {len(x)} rows")
    places = starts[:, None] + np.arange(window)
    return x[places], y[starts + window + horizon - 1]


def _read(path: str, named: dict[str, str], separator: str) -> list[Array]:
    """Return the columns or arrays that config keys name, each (row,) float32."""
    if zipfile.is_zipfile(path):
        return _read_arrays(path, named)
    import pandas as pd

    table = Table.read(lambda file: pd.read_csv(file, sep=separator), "a CSV file", "path", path)
    for key, name in named.items():
        table.check_column(key, name, f"must name a column of {path}")
    return [table.x([name], None)[:, 0] for name in named.values()]


def _read_arrays(path: str, named: dict[str, str]) -> list[Array]:
    found = []
    with np.load(existing_file("data.source.path", path), allow_pickle=False) as stored:
        for key, name in named.items():
            if name not in stored:
                rule = f"must name an array of {path}, which has {', '.join(stored.files)}"
                raise ConfigError(key, rule, name, nearest(name, stored.files))
            array = stored[name]
            if array.ndim != 1 or array.dtype.kind not in "biuf":
                rule = "must name an array with one number a row"
                raise ConfigError(key, rule, f"{array.dtype}, shape {array.shape}")
            found.append(array.astype(np.float32))
    if len({len(each) for each in found}) > 1:
        lengths = " and ".join(str(len(each)) for each in found)
        raise ConfigError("data.source.path", "must have arrays with as many rows", lengths)
    return found
