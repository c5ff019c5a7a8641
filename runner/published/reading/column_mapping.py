"""What a person says of a table's columns, and of what its values are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from runner.errors import ConfigError, nearest
from runner.published.published_table import Scale


class Layout(StrEnum):
    """How a table is laid out."""

    long = "long"
    """A row is a run, or what several runs of one method gave on one data set."""
    wide = "wide"
    """A row is a data set, and each further column a method; or the other way round."""


@dataclass(frozen=True)
class ColumnMapping:
    """The options that say what a column is; None: it is found by its name and contents."""

    layout: Layout | None = None
    scale: Scale | None = None
    cell: tuple[str, ...] = ()
    """Columns of the data set and of the method; any further ones tell data sets apart."""
    run: str | None = None
    value: str | None = None
    mean: str | None = None
    sd: str | None = None
    n: str | None = None
    """A column, or a number for all entries."""
    test_rows: str | None = None
    """A column, or a number for all entries."""

    def check_columns(self, columns: list[str], file: str) -> None:
        """Check that every column that is named is there.

        Raises:
            ConfigError: One is not.
        """
        for field in fields(self)[2:]:
            given = getattr(self, field.name)
            for name in given if isinstance(given, tuple) else (given,):
                number = field.name in ("n", "test_rows") and str(name).isdigit()
                if name is None or number or name in columns:
                    continue
                hint = nearest(name, columns) or f"Columns: {', '.join(columns[:12])}"
                option = f"--{field.name.replace('_', '-')}"
                raise ConfigError(option, f"{file} has no such column", name, hint)
        for option, given in (("--n", self.n), ("--test-rows", self.test_rows)):
            if given is not None and given not in columns and int(given) < 1:
                raise ConfigError(option, "must be at least 1", given)
