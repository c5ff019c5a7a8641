"""Reads tables of which a row is a data set and each further column a method, or a run of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runner.errors import ConfigError
from runner.published.printed_number import Number
from runner.published.published_table import Entry
from runner.published.reading.cell_reader import CellReader
from runner.published.reading.column_mapping import ColumnMapping
from runner.published.reading.column_roles import ROLES, find_roles, plain_name

_RUN = re.compile(
    r"(?P<stem>.*?)[\s_.:/-]*?(?:[\s_.:/-](?:run|seed|rep|itr|iter|fold|trial)?[_-]?|"
    r"(?:run|seed|rep|itr|iter|fold|trial)[_-]?)(?P<run>\d+)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?P<stem>.+?)[\s_.:/-]+(?P<part>mean|avg|average|sd|std|stdev|stddev)", re.IGNORECASE
)
_STATED_SUMS = frozenset({"avg", "average", "mean", "averagerank", "meanrank", "rank", "wins"})
"""Names, as `plain_name` makes them, of rows that sum up those above them."""


@dataclass(frozen=True)
class WideColumns:
    """The columns of a wide table."""

    index: tuple[str, ...]
    """Columns that name the rows."""
    methods: dict[str, dict[str, str]]
    """Method to its columns, by the label of their run, or as `mean` and `sd`."""
    transposed: bool
    """Whether rows are methods and columns data sets."""
    n: str | None
    test_rows: str | None

    @property
    def has_runs(self) -> bool:
        """Return whether a method has several columns of runs."""
        return any(len(each) > 1 and "sd" not in each for each in self.methods.values())


def find_wide_columns(reader: CellReader, mapping: ColumnMapping) -> WideColumns:
    """Return what each column of a wide table is.

    Raises:
        ConfigError: No column names the rows, or none has numbers.
    """
    columns = list(reader.table.frame.columns)
    roles = find_roles(columns)
    n = mapping.n or roles.get("n")
    test_rows = mapping.test_rows or roles.get("test_rows")
    free = [each for each in columns if each not in (n, test_rows)]
    numeric = [each for each in free if reader.is_numeric(each)]
    if mapping.cell:
        index = list(mapping.cell)
    else:
        named = [roles[each] for each in ("data", "method") if each in roles]
        index = named or free[:1]
    numeric = [each for each in numeric if each not in index]
    if not numeric:
        rule = "no column of numbers is left for the values"
        raise ConfigError("--layout", rule, reader.table.name)
    transposed = len(index) == 1 and plain_name(index[0]) in ROLES["method"]
    return WideColumns(tuple(index), _group_columns(numeric), transposed, n, test_rows)


def _group_columns(columns: list[str]) -> dict[str, dict[str, str]]:
    """Return stem to label to column: runs of a method, its mean and SD, or a single column."""
    groups: dict[str, dict[str, str]] = {}
    for pattern, label in ((_PART, "part"), (_RUN, "run")):
        stems: dict[str, dict[str, str]] = {}
        for column in columns:
            if match := pattern.fullmatch(column):
                found = match[label].lower()
                if label == "part":
                    found = "sd" if found.startswith("s") else "mean"
                stems.setdefault(match["stem"], {})[found] = column
        for stem, parts in stems.items():
            # A name with a number, such as ResNet-18, is a run only beside a 0 or 1.
            whole = {"mean", "sd"} <= set(parts) or (
                label == "run" and len(parts) > 1 and {int(each) for each in parts} & {0, 1}
            )
            if whole and stem not in groups:
                groups[stem] = parts
    grouped = {column: stem for stem, parts in groups.items() for column in parts.values()}
    ordered: dict[str, dict[str, str]] = {}
    for column in columns:
        if column in grouped:
            ordered[grouped[column]] = groups[grouped[column]]
        else:
            ordered[column] = {"mean": column}
    return ordered


def read_wide(reader: CellReader, columns: WideColumns) -> Iterator[Entry]:
    """Yield an entry for each cell that holds a value, row by row.

    Raises:
        ConfigError: A cell holds no number, or two rows have one name.
    """
    seen: dict[str, int] = {}
    # With several columns of names, the last one names the method, and runs are what is grouped.
    named = columns.index if len(columns.index) == 1 else columns.index[:-1]
    for row in range(len(reader.table.frame)):
        name = " / ".join(reader.text(row, each) for each in named)
        own = reader.text(row, columns.index[-1]) if len(columns.index) > 1 else ""
        if plain_name(name) in _STATED_SUMS or not name:
            continue
        full = f"{name} / {own}"
        if full in seen:
            rule = f"lines {seen[full] + 2} and {row + 2} have the same name; name the columns"
            raise ConfigError("--cell", f"{rule} that tell rows apart", name)
        seen[full] = row
        for stem, parts in columns.methods.items():
            alone = len(columns.methods) == 1 and own
            method = own if alone else " / ".join(filter(None, [own, stem]))
            data, method = (method, name) if columns.transposed else (name, method)
            if entry := _read_entry(reader, columns, parts, row, (data, method)):
                yield entry


def _read_entry(
    reader: CellReader,
    columns: WideColumns,
    parts: dict[str, str],
    row: int,
    names: tuple[str, str],
) -> Entry | None:
    data, method = names
    n, rows = reader.count(row, columns.n), reader.count(row, columns.test_rows)
    lines = (row + 2,)
    if "mean" in parts:
        cell = reader.cell(row, parts["mean"])
        if cell is None:
            return None
        sd = reader.number(row, parts.get("sd")) or cell.sd
        return Entry(data, method, mean=cell.mean, sd=sd, n=n, test_rows=rows, lines=lines)
    runs: list[tuple[str, Number]] = []
    for label, column in parts.items():
        number = reader.number(row, column)
        if number is not None:
            runs.append((label, number))
    if not runs:
        return None
    return Entry(data, method, runs=tuple(runs), n=len(runs), test_rows=rows, lines=lines)


def describe_wide(entries: list[Entry], columns: WideColumns) -> str:
    """Return what was taken for what."""
    rows, others = ("method", "data set") if columns.transposed else ("data set", "method")
    counted = {each.method if columns.transposed else each.data for each in entries}
    across = {each.data if columns.transposed else each.method for each in entries}
    index = " / ".join(each or "(first column)" for each in columns.index)
    if len(columns.index) > 1:
        parts = [f"data set and method {index} ({len(counted)} data sets, {len(across)} methods)"]
    else:
        names = ", ".join(list(columns.methods)[:3])
        more = ", ..." if len(columns.methods) > 3 else ""
        parts = [f"{rows} {index} ({len(counted)}), a column a {others} ({names}{more})"]
    if columns.has_runs:
        most = max(len(each.runs) for each in entries)
        parts.append(f"up to {most} columns of runs each")
    elif any(each.sd for each in entries):
        parts.append("mean and SD in each")
    else:
        parts.append("one value in each")
    return ", ".join(parts)
