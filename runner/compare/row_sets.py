"""The rows of a run in whatever order they came, as its record and a lock hold them."""

from __future__ import annotations

from dataclasses import dataclass

from runner.record.reasons import Clause, count
from runner.record.record import RunRecord

CODE = "row_set"
"""Code of the fact, which `runner.data.row_set` measures."""


@dataclass(frozen=True)
class RowSet:
    """A digest of rows that does not depend on their order."""

    digest: str
    rows: int
    """Number of rows."""

    @classmethod
    def of(cls, record: RunRecord) -> RowSet | None:
        """Return that of a run; None if it was not measured."""
        found = next((fact for fact in record.facts if fact.code == CODE), None)
        if found is None:
            return None
        return cls(found.words["digest"], int(found.numbers["rows"].high))

    @property
    def fact(self) -> Clause:
        """The fact of a run's record."""
        return Clause(CODE, words={"digest": self.digest}, numbers={"rows": count(self.rows)})


def describe_reordering(a: RunRecord, b: RunRecord) -> str | None:
    """Return that two runs whose data differ have the same rows; None if that is not known."""
    sets = RowSet.of(a), RowSet.of(b)
    if sets[0] is None or sets[0] != sets[1]:
        return None
    return f"the {sets[0].rows} rows are the same, in another order"
