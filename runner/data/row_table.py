"""A table that was read from a file, whose columns become inputs, targets and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.data.array_sources import existing_file
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array
from runner.text import list_some, one_line

if TYPE_CHECKING:
    import pandas as pd


MAX_LISTED = 12
"""Most columns, or classes, that an error lists."""


@dataclass(frozen=True)
class Table:
    """A table that has rows, and the file that it comes from."""

    frame: pd.DataFrame
    key: str
    """The config key that holds the path, for errors."""
    path: str

    @classmethod
    def read(cls, read: Callable[[Path], pd.DataFrame], kind: str, name: str, path: str) -> Table:
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

    def is_nested(self, column: str) -> bool:
        """Return whether the values of a column are lists, as Parquet and Arrow files may have."""
        first = next((each for each in self.frame[column].tolist() if each is not None), None)
        return isinstance(first, list | tuple | np.ndarray)

    def x(self, columns: list[str], fill: float | None) -> Array:
        """Return the inputs float32: (row, column), where a column of lists becomes several.

        A column of lists that is alone keeps the shape of its lists: (row, ...).

        Args:
            columns: the columns of x, which all exist.
            fill: number that replaces missing values; None: none may be missing.

        Raises:
            ConfigError: a column is not numeric, lacks values or has lists of several lengths.
        """
        blocks = [self._numbers(column, fill) for column in columns]
        if len(blocks) == 1 and blocks[0].ndim > 1:
            return np.ascontiguousarray(blocks[0])
        flat = [each.reshape(len(each), -1) for each in blocks]
        return np.ascontiguousarray(np.concatenate(flat, axis=1))

    def _numbers(self, column: str, fill: float | None) -> Array:
        """Return a column as float32 (row,), or (row, ...) where its values are lists."""
        nested = self.is_nested(column)
        if not nested and not self.is_numeric(column):
            example = next(iter(self.frame[column].dropna().tolist()), None)
            raise self._refuse(column, "must be numeric to be a feature", repr(example))
        if (nested or fill is None) and (missing := self._count_missing(column)):
            hint = None if nested else "data.source.fill=NUMBER puts a number in their place"
            raise self._refuse(column, "lacks values", missing, hint)
        if not nested:
            values = self.frame[column]
            filled = values if fill is None else values.fillna(fill)
            return filled.to_numpy(dtype=np.float32)
        return self._lists(column, fill)

    def _lists(self, column: str, fill: float | None) -> Array:
        rows = [_unpack(each) for each in self.frame[column].tolist()]
        try:
            numbers = np.array(rows, dtype=np.float32)
        except (ValueError, TypeError):
            rule = "must hold lists of numbers, all of one length"
            odd = next((each for each in rows if np.shape(each[:1]) != (1,)), None)
            lengths = sorted({len(each) for each in rows})
            shown = f"lengths {lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else odd
            raise self._refuse(column, rule, shown or repr(rows[0])[:60]) from None
        if missing := int(np.isnan(numbers).sum()):
            if fill is None:
                hint = "data.source.fill=NUMBER puts a number in their place"
                raise self._refuse(column, "lacks values", f"{missing} missing in lists", hint)
            numbers[np.isnan(numbers)] = fill
        return numbers

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


def _unpack(value: Any) -> Any:
    """Return nested lists for what pandas makes of them: arrays whose items are arrays."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_unpack(each) for each in value]
    return value
