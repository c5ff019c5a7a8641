"""Data sources that read tables with columns of targets: CSV, Parquet and Feather, by pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runner.data.array_sources import Grouped, Part
from runner.data.row_table import Table
from runner.errors import ConfigError
from runner.numeric.bitwise import Array

if TYPE_CHECKING:
    import pandas as pd


def csv(
    path: str,
    target: str | Sequence[str],
    features: Sequence[str] | None = None,
    test_path: str | None = None,
    fill: float | None = None,
    separator: str = ",",
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return the rows of a CSV file whose first line names the columns.

    Args:
        path: the file; paths are relative to the directory that the program was started in.
        target: the column to predict, or a list of several. Whole numbers (and false, true) become
            int64, other numbers float32. Text becomes class numbers from 0, in the sorted order of
            the texts in `path`.
        features: columns of x, in this order; null: all numeric columns but the targets, in the
            order of the file. Columns of text, and of lists, are left out then.
        test_path: a file with the test part; null: the rows of `path` are split later.
        fill: number that replaces values missing in x; null: none may be missing. A missing
            target is always an error.
        separator: the text between two columns.
        group: a column with the group of each row, which is no feature; `data.split.group` gives
            it.

    Returns:
        One part, with groups if they are asked for, or a training and a test part with
        `test_path`. x is (row, column) float32. y is (row,) int64 or float32; of several targets
        (row, target), int64 if all of them are.

    Raises:
        ConfigError: a file or column is missing, empty or not of numbers, or values are missing.
    """
    import pandas as pd

    def read(file: Path) -> pd.DataFrame:
        # With low_memory, pandas would guess the type of a column anew for each piece of the file.
        frame = pd.read_csv(file, sep=separator, low_memory=False)
        if not isinstance(frame.index, pd.RangeIndex):
            raise ValueError("rows have more values than the first line has names")
        return frame

    return _load(read, "a CSV file", path, _Choice(target, features, group), test_path, fill)


def parquet(
    path: str,
    target: str | Sequence[str],
    features: Sequence[str] | None = None,
    test_path: str | None = None,
    fill: float | None = None,
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return the rows of a Parquet file; arguments, result and errors are those of `csv`.

    A feature may also be a column of lists of one length, which become several columns of x. If it
    is the only feature, x has the shape of its lists.
    """
    import pandas as pd

    choice = _Choice(target, features, group)
    return _load(pd.read_parquet, "a Parquet file", path, choice, test_path, fill)


def feather(
    path: str,
    target: str | Sequence[str],
    features: Sequence[str] | None = None,
    test_path: str | None = None,
    fill: float | None = None,
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return the rows of a Feather or Arrow file; all else is as with `parquet`."""
    import pandas as pd

    choice = _Choice(target, features, group)
    return _load(pd.read_feather, "a Feather or Arrow file", path, choice, test_path, fill)


@dataclass(frozen=True)
class _Choice:
    """The columns that a config chooses from a table."""

    target: str | Sequence[str]
    features: Sequence[str] | None
    group: str | None

    @property
    def targets(self) -> dict[str, str]:
        """Each config key that names a target, to its column."""
        if isinstance(self.target, str):
            return {"data.source.target": self.target}
        return {f"data.source.target[{i}]": str(each) for i, each in enumerate(self.target)}


def _load(
    read: Callable[[Path], pd.DataFrame],
    kind: str,
    path: str,
    choice: _Choice,
    test_path: str | None,
    fill: float | None,
) -> Part | Grouped | tuple[Part, Part]:
    table = Table.read(read, kind, "path", path)
    chosen = _choose(table, choice)
    classes = {target: table.find_classes(target) for target in choice.targets.values()}
    several = not isinstance(choice.target, str)
    train = table.x(chosen, fill), _targets(table, classes, several)
    if test_path is None:
        return train if choice.group is None else (*train, table.find_groups(choice.group))
    test = Table.read(read, kind, "test_path", test_path)
    for column in (*chosen, *classes):
        test.check_column("data.source.test_path", column, f"{test_path} lacks a column of {path}")
    x = test.x(chosen, fill)
    if x.shape[1:] != train[0].shape[1:]:
        rule = f"must have lists as long as those of {path}, {train[0].shape[1:]}"
        raise ConfigError("data.source.test_path", rule, x.shape[1:])
    return train, (x, _targets(test, classes, several))


def _targets(table: Table, classes: dict[str, list[str] | None], several: bool) -> Array:
    """Return the targets: (row,), or (row, target) where a config lists several."""
    columns = [table.y(target, known) for target, known in classes.items()]
    whole = all(each.dtype.kind == "i" for each in columns)
    joined = np.stack(columns, axis=1).astype(np.int64 if whole else np.float32)
    return joined if several else columns[0]


def _choose(table: Table, choice: _Choice) -> list[str]:
    """Return the columns of x, which all exist.

    Raises:
        ConfigError: a column is missing or named twice, or there is none to choose.
    """
    targets, group = choice.targets, choice.group
    if not targets:
        raise ConfigError("data.source.target", "must name a column", "[]")
    for key, target in targets.items():
        table.check_column(key, target, f"must name a column of {table.path}")
        if list(targets.values()).count(target) > 1:
            raise ConfigError(key, "must not name a column twice", target)
    if group is not None:
        table.check_column("data.split.group", group, f"must name a column of {table.path}")
    apart = (*targets.values(), group)
    if choice.features is None:
        numeric = [c for c in table.columns if c not in apart and table.is_numeric(c)]
        if not numeric:
            rule = "must have a numeric column besides the target"
            raise ConfigError(table.key, rule, f"{table.path}, with {table.listed}")
        return numeric
    return _check_features(table, choice.features, tuple(targets.values()), group)


def _check_features(
    table: Table, features: Sequence[str], targets: tuple[str, ...], group: str | None
) -> list[str]:
    named = [features] if isinstance(features, str) else [str(each) for each in features]
    if not named:
        raise ConfigError(
            "data.source.features", "must name a column, or be null for all numeric ones", "[]"
        )
    for index, column in enumerate(named):
        key = f"data.source.features[{index}]"
        table.check_column(key, column, f"must name a column of {table.path}")
        if column in targets or column == group:
            what = "target" if column in targets else "group"
            raise ConfigError(key, f"must not be the {what}", column)
    return named
