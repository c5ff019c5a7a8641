"""The runs below a directory, as found on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.errors import RecordError
from runner.record import MULTIRUN, RECORD, Record, RunArrays, read_arrays, read_record


@dataclass(frozen=True)
class Stored:
    """A run as found on disk."""

    record: Record
    directory: Path
    sweep: Path
    """The directory of its sweep; records of several may be collated together."""
    arrays: RunArrays | None
    """None: the run failed."""

    @property
    def first_metrics(self) -> dict[str, float]:
        """Of the first build, which is what a script would give."""
        return self.record.metrics[0] if self.record.metrics else {}


def read_stored(directory: Path) -> tuple[list[Stored], list[str]]:
    """Read every record below a directory, by sweep and job.

    Returns:
        The runs, and what is wrong with each record that could not be used.
    """
    stored, problems = [], []
    seen: dict[str, Path] = {}
    for path in sorted(directory.rglob(RECORD)):
        try:
            record = read_record(path)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            sweep = _sweep_of(path.parent, directory)
            # No two runs take the same time to the nanosecond: equal records are copies.
            original = seen.setdefault(repr(record), path)
            if original != path:
                problems.append(f"{path}: a copy of {original}, which counts once")
                continue
            stored.append(Stored(record, path.parent, sweep, arrays))
        except RecordError as error:
            problems.append(str(error))
    stored.sort(key=lambda each: (each.sweep, each.record.job))
    return stored, problems


def _sweep_of(directory: Path, top: Path) -> Path:
    """The sweep that a run belongs to: the nearest directory above that is one, else `top`."""
    for each in (directory, *directory.parents):
        if each == top or (each / MULTIRUN).is_file():
            return each
    return top
