"""Reads the cells of a table's rows, and says in one line which of them is no number."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import ConfigError
from runner.published.printed_number import (
    Number,
    PrintedCell,
    is_missing,
    parse_cell,
    parse_number,
)
from runner.published.reading.table_file import TableText


@dataclass(frozen=True)
class CellReader:
    """The cells of a file, by row (from 0) and column."""

    table: TableText

    def text(self, row: int, column: str) -> str:
        """Return what stands in a cell, without white space around it."""
        return str(self.table.frame[column].iloc[row]).strip()

    def cell(self, row: int, column: str) -> PrintedCell | None:
        """Return the numbers of a cell; None if it is missing.

        Raises:
            ConfigError: It holds anything else.
        """
        text = self.text(row, column)
        if is_missing(text):
            return None
        found = parse_cell(text, self.table.decimal_comma)
        if found is None:
            self._refuse(row, column, "a number, 93.2 (1.9) or 93.2 ± 1.9", text)
        return found

    def number(self, row: int, column: str | None) -> Number | None:
        """Return the number of a cell; None if it is missing, or if there is no column.

        Raises:
            ConfigError: It holds anything else.
        """
        if column is None or is_missing(self.text(row, column)):
            return None
        text = self.text(row, column)
        found = parse_number(text, self.table.decimal_comma)
        if found is None:
            self._refuse(row, column, "a number", text)
        return found

    def count(self, row: int, given: str | None) -> int | None:
        """Return how many a cell of a column says, or the number that was given for all rows.

        Raises:
            ConfigError: It is no whole number from 1.
        """
        if given is None:
            return None
        if given not in self.table.frame.columns:
            return int(given)
        number = self.number(row, given)
        if number is None:
            return None
        if number.value < 1 or number.value != int(number.value):
            self._refuse(row, given, "a whole number, at least 1", number.text)
        return int(number.value)

    def is_numeric(self, column: str) -> bool:
        """Return whether a column has a number and, but for missing cells, nothing else."""
        texts = [each.strip() for each in self.table.frame[column].astype(str)]
        present = [each for each in texts if not is_missing(each)]
        comma = self.table.decimal_comma
        return bool(present) and all(parse_cell(each, comma) is not None for each in present)

    def _refuse(self, row: int, column: str, wanted: str, text: str) -> None:
        where = f"{self.table.name}, line {row + 2}, column {column or '(no name)'}"
        raise ConfigError(where, f"must be {wanted}, or empty", text)
