"""Data sources that read tables with a column of targets: CSV and Parquet, by way of pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runner.data.array_sources import Grouped, Part, existing_file
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array
from runner.text import list_some, one_line

if TYPE_CHECKING:
    import pandas as pd


MAX_LISTED = 12
"""Most columns, or classes, that an error lists."""


def csv(
    path: str,
    target: str,
    features: Sequence[str] | None = None,
    test_path: str | None = None,
    fill: float | None = None,
    separator: str = ",",
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return the rows of a CSV file whose first line names the columns.

    Args:
        path: the file; paths are relative to the directory that the program was started in.
        target: the column to predict. Whole numbers (and false, true) become int64, other numbers
            float32. Text becomes class numbers from 0, in the sorted order of the texts in `path`.
        features: columns of x, in this order; null: all numeric columns but the target, in the
            order of the file. Columns of text are left out then.
        test_path: a file with the test part; null: the rows of `path` are split later.
        fill: number that replaces values missing in x; null: none may be missing. A missing
            target is always an error.
        separator: the text between two columns.
        group: a column with the group of each row, which is no feature; `data.split.group` gives
            it.

    Returns:
        One part, with groups if they are asked for, or a training and a test part with
        `test_path`. x is (row, column) float32, y is (row,) int64 or float32.

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
    target: str,
    features: Sequence[str] | None = None,
    test_path: str | None = None,
    fill: float | None = None,
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return the rows of a Parquet file; arguments, result and errors are those of `csv`."""
    import pandas as pd

    choice = _Choice(target, features, group)
    return _load(pd.read_parquet, "a Parquet file", path, choice, test_path, fill)


@dataclass(frozen=True)
class _Choice:
    """The columns that a config chooses from a table."""

    target: str
    features: Sequence[str] | None
    group: str | None


def _load(
    read: Callable[[Path], pd.DataFrame],
    kind: str,
    path: str,
    choice: _Choice,
    test_path: str | None,
    fill: float | None,
) -> Part | Grouped | tuple[Part, Part]:
    table = _Table.read(read, kind, "path", path)
    chosen, target = _choose(table, choice), choice.target
    classes = table.find_classes(target)
    train = table.x(chosen, fill), table.y(target, classes)
    if test_path is None:
        return train if choice.group is None else (*train, table.find_groups(choice.group))
    test = _Table.read(read, kind, "test_path", test_path)
    for column in (*chosen, target):
        test.check_column("data.source.test_path", column, f"{test_path} lacks a column of {path}")
    return train, (test.x(chosen, fill), test.y(target, classes))


def _choose(table: _Table, choice: _Choice) -> list[str]:
    """Return the columns of x, which all exist.

    Raises:
        ConfigError: a column is missing, or there is none to choose.
    """
    target, features, group = choice.target, choice.features, choice.group
    table.check_column("data.source.target", target, f"must name a column of {table.path}")
    if group is not None:
        table.check_column("data.split.group", group, f"must name a column of {table.path}")
    if features is None:
        apart = (target, group)
        numeric = [c for c in table.columns if c not in apart and table.is_numeric(c)]
        if not numeric:
            rule = "must have a numeric column besides the target"
            raise ConfigError(table.key, rule, f"{table.path}, with {table.listed}")
        return numeric
    named = [features] if isinstance(features, str) else [str(each) for each in features]
    if not named:
        raise ConfigError(
            "data.source.features", "must name a column, or be null for all numeric ones", "[]"
        )
    for index, column in enumerate(named):
        key = f"data.source.features[{index}]"
        table.check_column(key, column, f"must name a column of {table.path}")
        if column in (target, group):
            what = "target" if column == target else "group"
            raise ConfigError(key, f"must not be the {what}", column)
    return named


@dataclass(frozen=True)
class _Table:
    """A table that has rows, and the file that it comes from."""

    frame: pd.DataFrame
    key: str
    """The config key that holds the path, for errors."""
    path: str

    @classmethod
    def read(cls, read: Callable[[Path], pd.DataFrame], kind: str, name: str, path: str) -> _Table:
        """Read a file.

        Args:
            read: reads the file with pandas.
            kind: what the file is to be, for the error: "a CSV file".
            name: name of the source's argument that holds the path.
            path: the file.

        Raises:
            ConfigError: the file is missing, cannot be read or has no rows.
        """
        key = f"data.source.{name}"
        file = existing_file(key, path)
        try:
            frame = read(file) if file.stat().st_size else None
        # Each reader has errors of its own, which share no base class; the file is at fault.
        except Exception as error:
            message = one_line(str(error)).rstrip(".")
            raise ConfigError(key, f"cannot be read as {kind} ({message})", path) from None
        if frame is None or len(frame) == 0:
            raise ConfigError(key, "has no rows", path)
        return cls(frame.set_axis([str(each) for each in frame.columns], axis=1), key, path)

    @property
    def columns(self) -> list[str]:
        return list(self.frame.columns)

    @property
    def listed(self) -> str:
        """The names of the columns, as one text for errors."""
        return list_some(self.columns, MAX_LISTED)

    def is_numeric(self, column: str) -> bool:
        from pandas.api.types import is_numeric_dtype

        return is_numeric_dtype(self.frame[column].dtype)

    def check_column(self, key: str, column: str, rule: str) -> None:
        """Check that a column exists.

        Args:
            key: the config key that asks for the column.
            column: the column.
            rule: the rule that a missing column breaks, for the error.

        Raises:
            ConfigError: the column does not exist.
        """
        if column not in self.columns:
            hint = nearest(column, self.columns)
            raise ConfigError(key, f"{rule} ({self.listed})", column, hint)

    def x(self, columns: list[str], fill: float | None) -> Array:
        """Return the inputs (row, column) float32.

        Args:
            columns: the columns of x, which all exist.
            fill: number that replaces missing values; None: none may be missing.

        Raises:
            ConfigError: a column is not numeric, or lacks values.
        """
        for column in columns:
            if not self.is_numeric(column):
                example = next(iter(self.frame[column].dropna().tolist()), None)
                raise self._refuse(column, "must be numeric to be a feature", repr(example))
            if fill is None and (missing := self._count_missing(column)):
                hint = "data.source.fill=NUMBER puts a number in their place"
                raise self._refuse(column, "lacks values", missing, hint)
        chosen = self.frame[columns]
        filled = chosen if fill is None else chosen.fillna(fill)
        return np.ascontiguousarray(filled.to_numpy(dtype=np.float32))

    def find_classes(self, target: str) -> list[str] | None:
        """Return the distinct texts of the target column in sorted order; None if it is numeric.

        Raises:
            ConfigError: the column lacks values, or holds neither numbers nor text.
        """
        if missing := self._count_missing(target):
            raise self._refuse(target, "is the target and lacks values", missing)
        if self.is_numeric(target):
            return None
        values = self.frame[target].tolist()
        if odd := [each for each in values if not isinstance(each, str)]:
            raise self._refuse(target, "must be numbers or text to be the target", repr(odd[0]))
        return sorted(set(values))

    def y(self, target: str, classes: list[str] | None) -> Array:
        """Return the targets (row,), int64 or float32.

        Args:
            target: the column.
            classes: texts to be numbered from 0 in this order; None: the column is numeric.

        Raises:
            ConfigError: the column lacks values, is of another kind, or has an unknown text.
        """
        own, column = self.find_classes(target), self.frame[target]
        if (own is None) != (classes is None):
            kind = "numbers" if classes is None else "text"
            raise self._refuse(target, f"must be {kind} as in data.source.path", column.iloc[0])
        if own is None or classes is None:
            return column.to_numpy(dtype="float32" if column.dtype.kind == "f" else "int64")
        if unknown := sorted(set(own) - set(classes)):
            rule = "must have no class that data.source.path lacks"
            raise self._refuse(target, rule, ", ".join(unknown[:MAX_LISTED]))
        numbers = {text: index for index, text in enumerate(classes)}
        return np.array([numbers[each] for each in column.tolist()], dtype=np.int64)

    def find_groups(self, group: str) -> Array:
        """Return the group of each row (row,), numbers as they are and all else as text.

        Raises:
            ConfigError: the column lacks values.
        """
        if missing := self._count_missing(group):
            raise self._refuse(group, "holds groups and lacks values", missing)
        column = self.frame[group]
        return column.to_numpy() if self.is_numeric(group) else np.array(column.astype(str), str)

    def _count_missing(self, column: str) -> str | None:
        missing = int(self.frame[column].isna().sum())
        return f"{missing} of {len(self.frame)} rows without" if missing else None

    def _refuse(
        self, column: str, rule: str, received: object, hint: str | None = None
    ) -> ConfigError:
        return ConfigError(self.key, f"column '{column}' of {self.path} {rule}", received, hint)
