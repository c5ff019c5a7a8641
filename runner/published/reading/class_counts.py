"""Reads how many test rows each class of a data set has, from a file of one row a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runner.errors import ConfigError
from runner.published.published_table import PublishedTable
from runner.published.reading.cell_reader import CellReader
from runner.published.reading.column_roles import plain_name
from runner.published.reading.table_file import read_table_text

COLUMNS = 3
"""Data set, class and number of test rows, in this order."""


def read_class_counts(path: Path, option: str) -> dict[str, dict[str, int]]:
    """Return data set, as `plain_name` makes it, to the test rows of each class.

    Raises:
        ConfigError: The file cannot be read, or has other columns.
    """
    text = read_table_text(path, option)
    columns = list(text.frame.columns)
    if len(columns) != COLUMNS:
        rule = "must have three columns: data set, class, number of test rows"
        raise ConfigError(option, rule, ", ".join(columns))
    data, label, count = columns
    reader = CellReader(text)
    found: dict[str, dict[str, int]] = {}
    for row in range(len(text.frame)):
        classes = found.setdefault(plain_name(reader.text(row, data)), {})
        if reader.text(row, label) in classes:
            rule = f"has class {reader.text(row, label)} of {reader.text(row, data)} twice"
            raise ConfigError(option, rule, f"line {row + 2}")
        number = reader.count(row, count)
        if number is None:
            raise ConfigError(option, "must have a number in each row", f"line {row + 2}")
        classes[reader.text(row, label)] = number
    return found


def add_test_rows(
    table: PublishedTable, counts: Mapping[str, Mapping[str, int]], option: str
) -> PublishedTable:
    """Return a table whose entries have the test rows of their data set, where the counts have it.

    Raises:
        ConfigError: The counts have none of the table's data sets.
    """
    if not any(plain_name(data) in counts for data in table.by_data):
        rule = f"has none of the data sets of {table.file}"
        raise ConfigError(option, rule, ", ".join(list(counts)[:3]))

    def rows_of(data: str) -> int | None:
        return sum(counts.get(plain_name(data), {}).values()) or None

    entries = [
        replace(each, test_rows=each.test_rows or rows_of(each.data)) for each in table.entries
    ]
    return replace(table, entries=tuple(entries))
