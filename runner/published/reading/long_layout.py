"""Reads tables of which a row is a run, or a summary of several runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from runner.errors import ConfigError
from runner.published.printed_number import Number
from runner.published.published_table import Entry
from runner.published.reading.cell_reader import CellReader
from runner.published.reading.column_mapping import ColumnMapping
from runner.published.reading.column_roles import find_roles, find_values, plain_name
from runner.text import plural


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table; None for one that it does not have."""

    data: tuple[str, ...]
    """Columns that together name the data set; may be empty."""
    method: str | None
    value: str
    """The column of the value of a run, or of the mean."""
    run: str | None = None
    sd: str | None = None
    n: str | None = None
    test_rows: str | None = None
    low: str | None = None
    high: str | None = None

    @property
    def summarised(self) -> bool:
        """Return whether a row is a summary of several runs."""
        return self.sd is not None or self.n is not None or self.low is not None


def find_long_columns(reader: CellReader, mapping: ColumnMapping) -> LongColumns:
    """Return what each column of a long table is, by the options, then by the names.

    Raises:
        ConfigError: The value, or what names the cells, is not clear.
    """
    columns = list(reader.table.frame.columns)
    roles = find_roles(columns)
    if mapping.cell:
        data, method = _split_cell(mapping.cell)
    else:
        data = (roles["data"],) if "data" in roles else ()
        method = roles.get("method")
    if not data and method is None:
        rule = "which columns name the data set and the method is not clear"
        hint = f"Columns: {', '.join(columns[:12])}"
        raise ConfigError("--cell", rule, reader.table.name, hint)
    taken = {*data, method}
    run = mapping.run or roles.get("run")
    sd = mapping.sd or roles.get("sd")
    single = mapping.run is not None or (mapping.value is not None and mapping.sd is None)
    found = LongColumns(
        data=data,
        method=method,
        value="",
        run=run if run not in taken else None,
        sd=None if single else sd,
        n=mapping.n or (None if single else roles.get("n")),
        test_rows=mapping.test_rows or roles.get("test_rows"),
        low=None if single else roles.get("low"),
        high=None if single else roles.get("high"),
    )
    if found.sd is not None and mapping.run is None:
        found = replace(found, run=None)
    return replace(found, value=_find_value(reader, mapping, found, roles))


def _split_cell(cell: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Return the columns of the data set and that of the method, as --cell lists them."""
    if len(cell) > 1:
        return (cell[0], *cell[2:]), cell[1]
    return ((), cell[0]) if plain_name(cell[0]).startswith(("method", "model")) else (cell, None)


def _find_value(
    reader: CellReader, mapping: ColumnMapping, found: LongColumns, roles: dict[str, str]
) -> str:
    if given := mapping.mean or mapping.value:
        return given
    if "mean" in roles and found.run is None:
        return roles["mean"]
    taken = {*found.data, found.method, found.run, found.sd, found.n, found.test_rows}
    taken |= {found.low, found.high}
    columns = [each for each in reader.table.frame.columns if each not in taken]
    numeric = [each for each in columns if reader.is_numeric(each)]
    if not numeric:
        rule = "no column of numbers is left for the values"
        raise ConfigError("--value", rule, reader.table.name, "Name it with --value")
    known = find_values(numeric)
    if not known and len(numeric) > 1:
        rule = f"{reader.table.name} has several columns that may be the value; name one"
        raise ConfigError("--value", rule, ", ".join(numeric[:8]))
    return (known or numeric)[0]


def read_long(reader: CellReader, columns: LongColumns) -> Iterator[Entry]:
    """Yield an entry for each data set and method, in the order in which they come.

    Raises:
        ConfigError: A cell holds no number, or rows cannot be told apart.
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for row in range(len(reader.table.frame)):
        data = " / ".join(reader.text(row, each) for each in columns.data)
        method = reader.text(row, columns.method) if columns.method else ""
        rows.setdefault((data, method), []).append(row)
    for (data, method), own in rows.items():
        entry = _read_summary if columns.summarised else _read_runs
        if found := entry(reader, columns, own):
            yield replace(found, data=data, method=method, lines=tuple(row + 2 for row in own))


def _read_summary(reader: CellReader, columns: LongColumns, rows: list[int]) -> Entry | None:
    if len(rows) > 1:
        _refuse_twice(rows, columns, "data set and method")
    (row,) = rows
    cell = reader.cell(row, columns.value)
    if cell is None:
        return None
    return Entry(
        data="",
        method="",
        mean=cell.mean,
        sd=reader.number(row, columns.sd) or cell.sd,
        n=reader.count(row, columns.n),
        test_rows=reader.count(row, columns.test_rows),
        low=reader.number(row, columns.low),
        high=reader.number(row, columns.high),
    )


def _read_runs(reader: CellReader, columns: LongColumns, rows: list[int]) -> Entry | None:
    first = rows[0]
    test_rows = reader.count(first, columns.test_rows)
    runs: dict[str, tuple[int, Number]] = {}
    for index, row in enumerate(rows):
        cell = reader.cell(row, columns.value)
        if cell is None:
            continue
        alone = len(rows) == 1 and columns.run is None
        if alone or (cell.sd is not None and len(rows) == 1):
            return Entry("", "", mean=cell.mean, sd=cell.sd, test_rows=test_rows)
        label = reader.text(row, columns.run) if columns.run else str(index)
        if label in runs:
            _refuse_twice([runs[label][0], row], columns, "data set, method and run")
        runs[label] = row, cell.mean
    numbers = tuple((label, number) for label, (_, number) in runs.items())
    if not numbers:
        return None
    return Entry("", "", runs=numbers, n=len(numbers), test_rows=test_rows)


def _refuse_twice(rows: list[int], columns: LongColumns, what: str) -> None:
    lines = " and ".join(str(row + 2) for row in rows[:2])
    named = [*columns.data, columns.method, columns.run]
    rule = f"lines {lines} have the same {what}; add the column that tells them apart, as in"
    example = ",".join([*columns.data[:1], columns.method or "METHOD", "FURTHER_COLUMN"])
    received = ", ".join(each for each in named if each)
    raise ConfigError("--cell", f"{rule} --cell {example}", received)


def describe_long(entries: list[Entry], columns: LongColumns) -> str:
    """Return what was taken for what."""
    methods = len({each.method for each in entries})
    parts = []
    if columns.data:
        parts.append(f"data set {' / '.join(columns.data)} ({len({e.data for e in entries})})")
    if columns.method:
        parts.append(f"method {columns.method} ({methods})")
    if columns.summarised:
        parts.append(f"mean {columns.value}")
        roles = (("SD", columns.sd), ("min", columns.low), ("max", columns.high))
        parts += [f"{role} {name}" for role, name in roles if name]
    else:
        most = max(len(each.runs) for each in entries)
        told = columns.run or "by row"
        if most:
            parts.append(f"run {told} ({plural(most, 'run')} at most)")
        parts.append(f"value {columns.value}")
    return ", ".join(parts)
