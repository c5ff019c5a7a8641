"""The runs below a directory, as found on disk, and how they are grouped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import RecordError
from runner.record.file_tree import find_entries
from runner.record.record import MULTIRUN, RECORD, ConfigurationRecord, RunArrays, RunRecord
from runner.record.store import Configurations, read_arrays, read_run


@dataclass(frozen=True)
class StoredRun:
    """A run as found on disk."""

    record: RunRecord
    directory: Path
    sweep: Path
    """The directory of its sweep; records of several may be collated together."""
    arrays: RunArrays | None
    """None: the run failed."""

    @property
    def configuration(self) -> ConfigurationRecord:
        """What it shares with the other runs of its configuration."""
        return self.record.configuration

    @property
    def first_metrics(self) -> dict[str, float]:
        """Of the first build, which is what a script would give."""
        return self.record.metrics[0] if self.record.metrics else {}


def read_stored(directory: Path) -> tuple[list[StoredRun], list[str]]:
    """Read every record below a directory, by sweep and job.

    Returns:
        The runs, and what is wrong with each record that could not be used.
    """
    stored, problems = [], []
    known: Configurations = {}
    seen: dict[bytes, Path] = {}
    for path in find_entries(directory, RECORD):
        try:
            record = read_run(path, known)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            sweep = _sweep_of(path.parent, directory)
            # No two runs take the same time to the nanosecond: equal records are copies.
            original = seen.setdefault(hash_of(record), path)
            if original != path:
                problems.append(f"{path}: a copy of {original}, which counts once")
                continue
            stored.append(StoredRun(record, path.parent, sweep, arrays))
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


def group_runs(stored: Iterable[StoredRun]) -> list[list[StoredRun]]:
    """The runs of each configuration, replays and failed ones included, by their first runs."""
    groups: dict[tuple[Any, ...], list[StoredRun]] = {}
    for each in stored:
        key = (each.configuration.id, *sorted(each.configuration.overrides.items()))
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def hash_of(record: RunRecord) -> bytes:
    """Return a digest that is equal for equal records, at a fraction of their size."""
    return hashlib.sha256(repr(record).encode("utf-8", "backslashreplace")).digest()


def content_of(record: RunRecord) -> str:
    """A text that is equal for runs that are bit for bit the same in all that was recorded."""
    return repr((record.digest, record.fingerprints, record.metrics))


def seed_key(recorded: Mapping[str, int]) -> str | None:
    """A text that is equal for equal recorded seeds; None when nothing was seeded."""
    return json.dumps(recorded, sort_keys=True) if recorded else None
