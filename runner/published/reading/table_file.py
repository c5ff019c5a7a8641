"""Reads a table's file as text, so that the digits of every number stay as they were printed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runner.errors import ConfigError
from runner.text import explain_error

SEPARATORS = (",", "\t", ";", "|")
"""What may stand between the columns of a text file."""

EXCEL = (".xlsx", ".xls", ".xlsm", ".ods")
"""Endings of spreadsheets, for which pandas needs a further package."""


@dataclass(frozen=True)
class TableText:
    """The cells of a file as text."""

    name: str
    frame: pd.DataFrame
    """Texts; column names are unique texts."""
    decimal_comma: bool
    """Whether a comma may stand for the decimal point, as it does not part the columns."""


def read_table_text(path: Path, option: str) -> TableText:
    """Read a file of comma-, tab- or semicolon-separated values, a parquet file or a spreadsheet.

    Args:
        path: of the file; its ending says which it is, and anything else is text.
        option: the argument that errors name.

    Raises:
        ConfigError: There is no such file, it cannot be read, or it holds no table.
    """
    if not path.is_file():
        raise ConfigError(option, "must name a file", path)
    separator = ","
    try:
        if path.suffix == ".parquet":
            frame = _to_text(pd.read_parquet(path))
        elif path.suffix in EXCEL:
            frame = pd.read_excel(path, dtype=str, keep_default_na=False)
        else:
            separator = _find_separator(path)
            frame = _read_text(path, separator)
    except ImportError as error:
        raise ConfigError(
            option, f"needs a further package to read {path.suffix} ({error})", path
        ) from None
    except (ValueError, OSError, csv.Error) as error:  # pandas' and pyarrow's errors among them
        rule = f"cannot be read as a table: {explain_error(error)}"
        raise ConfigError(option, rule, path) from None
    if frame.empty or len(frame.columns) < 2:
        rule = "must have a heading, at least one row below it and at least two columns"
        received = f"{path} with {len(frame)} rows and {len(frame.columns)} columns"
        raise ConfigError(option, rule, received)
    frame.columns = pd.Index([str(each).strip() for each in frame.columns])
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ConfigError(option, "has two columns of one name", twice[0] or "(no name)")
    return TableText(path.name, frame, separator in ";\t")


def _find_separator(path: Path) -> str:
    """Return the separator of which the heading has most; a comma if it has none."""
    with path.open(encoding="utf-8-sig") as file:
        heading = file.readline()
    return max(SEPARATORS, key=heading.count)


def _read_text(path: Path, separator: str) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=separator) if any(row)]
    if not rows:
        return pd.DataFrame()
    heading, *rest = rows
    for number, row in enumerate(rest, start=2):
        if len(row) != len(heading):
            # Markup that ends a line, such as a last separator, is not a column.
            raise ValueError(
                f"row {number} has {len(row)} cells and the heading has {len(heading)}"
            )
    return pd.DataFrame(rest, columns=pd.Index(heading), dtype=str)


def _to_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as Python prints them: a float in full, a missing value as nothing."""

    def show(value: object) -> str:
        return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]

    return pd.DataFrame({name: [show(each) for each in frame[name]] for name in frame.columns})
