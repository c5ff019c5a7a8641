"""Tells which columns of a table no model sees, because they hold no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.record.reasons import Clause, count
from runner.text import list_some

MAX_NAMED = 6
"""Columns that are named; more are counted."""

FORMATS = {
    "runner.tables.csv": "csv",
    "runner.tables.parquet": "parquet",
    "runner.tables.feather": "feather",
}
"""Data source, as a config names it, to the format of its file."""


def describe_left_out(source: Any) -> list[Clause]:
    """Return `left-out-columns`, with the columns that `find_left_out` finds; empty without any."""
    found = find_left_out(source) if isinstance(source, Mapping) else []
    if not found:
        return []
    words = {"names": list_some(found, MAX_NAMED)}
    return [Clause("left-out-columns", words=words, numbers={"columns": count(len(found))})]


def find_left_out(source: Mapping[str, Any]) -> list[str]:
    """Return the columns that a source leaves out without being told to; empty if there are none.

    Only the schema is read, which a CSV file has in its first rows: a column whose text comes later
    is not found.

    Args:
        source: the node of the data source in a config.
    """
    form = FORMATS.get(str(source.get("_target_")))
    if form is None or source.get("features") is not None:
        return []
    import pyarrow as pa
    from pyarrow import csv, dataset

    options: Any = form
    if form == "csv":
        parsed = csv.ParseOptions(delimiter=source.get("separator", ","))
        options = dataset.CsvFileFormat(parse_options=parsed)
    try:
        schema = dataset.dataset(source["path"], format=options).schema
    except (pa.ArrowException, OSError, KeyError, TypeError):
        return []  # the source itself says what is wrong
    target = source.get("target")
    apart = {str(each) for each in ([target] if isinstance(target, str) else target or ())}
    apart.add(str(source.get("group")))
    return [each.name for each in schema if each.name not in apart and _has_no_numbers(each.type)]


def _has_no_numbers(kind: Any) -> bool:
    from pyarrow import types

    numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    return not types.is_null(kind) and not any(check(kind) for check in numeric)
