"""Finds the configuration that a person means: by its id, or by what tells it from the others."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row
from runner.errors import ConfigError, nearest
from runner.text import list_some

KEY = "config"
"""What errors name: the argument that says which configuration is meant."""

MOST_NAMED = 4
"""Configurations that an error lists; the rest are counted."""


def find_configuration(
    results: Results, config: str | None = None, overrides: Mapping[str, object] | None = None
) -> int:
    """Return the number of a configuration's row in the table.

    Args:
        results: of a sweep.
        config: an id, its unambiguous beginning, or overrides such as `seed=fixed shuffle=on`.
            None: the overrides say which, or there is only one.
        overrides: key to value, instead of `config` or besides.

    Raises:
        ConfigError: no configuration fits, or several do.
    """
    wanted = {key: _write(value) for key, value in (overrides or {}).items()}
    if config is not None and "=" not in config:
        found = _find_id(results, config)
    else:
        words = (config or "").split()
        wanted |= {key: value for key, _, value in (word.partition("=") for word in words)}
        found = list(range(len(results.table)))
    for key, value in wanted.items():
        found = _keep(results, found, key, value)
    if len(found) == 1:
        return found[0]
    given = " ".join([*([config] if config else []), *(f"{k}={v}" for k, v in wanted.items())])
    names = [_name(results, number) for number in found]
    raise ConfigError(
        KEY,
        f"must be one configuration, and {len(found)} fit",
        given or "nothing",
        f"They are {list_some(names, MOST_NAMED, '; ')}",
    )


def _write(value: object) -> str:
    """Return a Python value as overrides spell it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find_id(results: Results, beginning: str) -> list[int]:
    ids = list(results.table["configuration"])
    found = [number for number, each in enumerate(ids) if each.startswith(beginning)]
    if not found or not beginning:
        hint = nearest(beginning, ids)
        names = [_name(results, number) for number in range(len(ids))]
        hint = hint or f"There are {list_some(names, MOST_NAMED, '; ')}"
        raise ConfigError(KEY, "there is no such configuration", beginning, hint)
    return found


def _keep(results: Results, numbers: list[int], key: str, value: str) -> list[int]:
    """Return those whose value of a key is the given one."""
    columns = results.names.overrides
    if key not in columns:
        hint = nearest(key, columns) or f"Swept: {', '.join(columns) or 'nothing'}"
        raise ConfigError(KEY, "is no override of this sweep", key, hint)
    values = {number: results.table[columns[key]].iloc[number] for number in numbers}
    kept = [number for number, each in values.items() if not pd.isna(each) and str(each) == value]
    if not kept:
        known = dict.fromkeys(str(each) for each in values.values() if not pd.isna(each))
        hint = nearest(value, known) or f"Its values are {list_some(known, MOST_NAMED)}"
        raise ConfigError(f"{KEY}: {key}", "no configuration has this value", value, hint)
    return kept


def _name(results: Results, number: int) -> str:
    """Return what tells a configuration from the others, or else its id."""
    row = results.table.iloc[number].to_dict()
    return name_row(results, row) or str(row["configuration"])
