"""Defines the rules that published tables are checked by, and what a rule yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from runner.numeric.documented_rule import DocumentedRule
from runner.numeric.severity import Severity
from runner.published.peers import Peers
from runner.published.published_table import Entry, PublishedTable

SECTIONS = ("What it sees", "How it is computed", "What would explain it", "What to do")
"""Sections of the docstring of every rule, in this order."""


@dataclass(frozen=True)
class AuditedTable:
    """What rules see: a table, and what else is known of its study."""

    table: PublishedTable
    class_counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Data set, as `plain_name` makes it, to the test rows of each class."""
    other: PublishedTable | None = None
    """Another table of the same study."""

    @cached_property
    def peers(self) -> Peers:
        """Return what the rest of the table says of an entry."""
        return Peers(self.table)


@dataclass(frozen=True)
class SuspectCell:
    """A cell that a finding names."""

    name: str
    """Of the data set and the method, or what else is there."""
    text: str
    """What is wrong with it, with its numbers."""
    lines: tuple[int, ...] = ()
    """Lines of the file; none where the cell is in no one place."""


@dataclass(frozen=True)
class Sighting:
    """What a rule saw at one place of a table."""

    where: str
    """A method, a data set, or `table`."""
    seen: str
    """A sentence with its numbers."""
    cells: tuple[SuspectCell, ...]


@dataclass(frozen=True)
class TableRule(DocumentedRule):
    """A rule, as a row of the table of rules."""

    code: str
    severity: Severity
    check: Callable[[AuditedTable], Iterator[Sighting]]
    """The function that yields what the rule sees. The rule has its name, and its docstring as
    documentation."""

    @property
    def explanations(self) -> str:
        """Return what would explain it, in one line."""
        return self.section(SECTIONS[2])

    @property
    def advice(self) -> str:
        """Return what to do, in one line."""
        return self.section(SECTIONS[3])


@dataclass(frozen=True)
class TableFinding:
    """What a rule saw in a table."""

    rule: TableRule
    sighting: Sighting


def suspect(entry: Entry, text: str | None = None) -> SuspectCell:
    """Return the cell of an entry; without a text it says what stands there."""
    return SuspectCell(entry.name, entry.text if text is None else text, entry.lines)
