"""Turns a file into a published table: chooses the layout, reads it, and says how it was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runner.errors import ConfigError
from runner.published.printed_number import FULL_DIGITS, make_exact
from runner.published.published_table import Entry, PublishedTable, Scale
from runner.published.reading.cell_reader import CellReader
from runner.published.reading.column_mapping import ColumnMapping, Layout
from runner.published.reading.column_roles import (
    SHARES,
    UNBOUNDED,
    find_roles,
    find_values,
    plain_name,
)
from runner.published.reading.long_layout import describe_long, find_long_columns, read_long
from runner.published.reading.table_file import read_table_text
from runner.published.reading.wide_layout import describe_wide, find_wide_columns, read_wide

FULL_PART = 0.5
"""Part of the numbers that must be printed in full for the others to be exact."""

WITHIN = 0.95
"""Part of the values that must lie on a scale that a name suggests; the rest may be faults."""


def read_published_table(path: Path, mapping: ColumnMapping, option: str) -> PublishedTable:
    """Read a table.

    Args:
        path: of the file.
        mapping: what the person says of its columns.
        option: the argument that errors name.

    Raises:
        ConfigError: The file or its layout cannot be read.
    """
    text = read_table_text(path, option)
    mapping.check_columns(list(text.frame.columns), text.name)
    reader = CellReader(text)
    layout = mapping.layout or _find_layout(reader, mapping)
    value = ""
    if layout is Layout.long:
        long = find_long_columns(reader, mapping)
        entries = list(read_long(reader, long))
        value = long.value
    else:
        wide = find_wide_columns(reader, mapping)
        entries = list(read_wide(reader, wide))
    if not entries:
        raise ConfigError(option, "must hold at least one value", text.name)
    entries = _sharpen(entries)
    if layout is Layout.long:
        said, test_rows = describe_long(entries, long), long.test_rows
    else:
        said, test_rows = describe_wide(entries, wide), wide.test_rows
    scale = mapping.scale or _find_scale(entries, value)
    if mapping.n and mapping.n.isdigit():
        entries = [each if each.runs else replace(each, n=int(mapping.n)) for each in entries]
    said += f"; scale {scale}{'' if mapping.scale else ' (by its values)'}"
    said += f"; runs of a mean: {_describe_n(entries)}"
    said += f"; test rows {test_rows}" if test_rows else ""
    reading = f"{text.name}: {layout}, {said}"
    return PublishedTable(tuple(entries), scale, text.name, reading)


def _sharpen(entries: list[Entry]) -> list[Entry]:
    """Return entries whose short numbers are exact where most are printed in full.

    A program that prints 0.7402116402116402 in full also prints 0.75, which is not rounded.
    """
    numbers = [number for each in entries for number in each.numbers]
    if sum(each.digits >= FULL_DIGITS for each in numbers) < FULL_PART * len(numbers):
        return entries
    return [
        replace(
            each,
            runs=tuple((label, make_exact(number)) for label, number in each.runs),
            mean=make_exact(each.mean) if each.mean else None,
        )
        for each in entries
    ]


def _find_layout(reader: CellReader, mapping: ColumnMapping) -> Layout:
    """Return the layout that the options or the columns suggest."""
    if mapping.run or mapping.value or mapping.mean or mapping.sd:
        return Layout.long
    columns = list(reader.table.frame.columns)
    roles = find_roles(columns)
    wide = find_wide_columns(reader, mapping)
    summarised = "mean" in roles or "sd" in roles
    named = bool(find_values(columns)) or summarised
    keyed = "data" in roles or "method" in roles or bool(mapping.cell)
    if keyed and named and not wide.has_runs:
        return Layout.long
    if "data" in roles and "method" in roles and not wide.has_runs:
        return Layout.long
    return Layout.wide


def _find_scale(entries: list[Entry], name: str) -> Scale:
    """Return the scale of the values, by the name of their column and by what they are."""
    values = [number.value for each in entries for number in each.numbers]
    plain = plain_name(name)
    if plain in UNBOUNDED:
        return Scale.number
    needed = WITHIN if plain in SHARES else 1.0
    for scale, top in ((Scale.share, 1.0), (Scale.percent, 100.0)):
        if sum(0 <= each <= top for each in values) >= needed * len(values):
            return scale
    return Scale.number


def _describe_n(entries: list[Entry]) -> str:
    counts = {len(each.runs) or each.n for each in entries}
    known = sorted(each for each in counts if each)
    if not known:
        return "not given (--n)"
    text = str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"
    return f"{text}, or not given" if None in counts else text
