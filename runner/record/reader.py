"""Reads the runs below a directory, and groups them by configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from runner.errors import RecordError
from runner.record.file_tree import find_entries
from runner.record.journal import JOBS, JOURNAL
from runner.record.record import MULTIRUN, RECORD, ConfigurationRecord, RunArrays, RunRecord
from runner.record.store import Configurations, read_arrays, read_run


@dataclass(frozen=True)
class StoredRun:
    """A run as found on disk."""

    record: RunRecord
    directory: Path
    sweep: Path
    """The directory of the run's sweep; the runs of several sweeps may be collated together."""
    arrays: RunArrays | None
    """The run's arrays; None: it failed."""

    @property
    def configuration(self) -> ConfigurationRecord:
        """The record of the run's configuration, which its other runs share."""
        return self.record.configuration

    @property
    def first_metrics(self) -> dict[str, float]:
        """Metrics of the first build, which are those of a script; empty where there are none."""
        return self.record.metrics[0] if self.record.metrics else {}


class _HasRecord(Protocol):
    @property
    def record(self) -> RunRecord: ...


Recorded = TypeVar("Recorded", bound=_HasRecord)
"""A run as found on disk, or as a lock has it."""

NO_RECORD = "no record of a run was found there"


def explain_no_record(directory: Path) -> str:
    """Return what to say of a directory without records, which may be another application's."""
    for name in (JOBS, JOURNAL):
        if (directory / name).is_file():
            listed = f"{directory / name} says how its jobs ended"
            return f"{NO_RECORD}. It is of a sweep over another application: {listed}"
    return NO_RECORD


def read_stored(directory: Path) -> tuple[list[StoredRun], list[str]]:
    """Read every record below a directory.

    Returns:
        The runs, sorted by sweep and job, and a line on each record that could not be used.
    """
    stored, problems = [], []
    known: Configurations = {}
    seen: dict[bytes, Path] = {}
    for path in find_entries(directory, RECORD):
        try:
            record = read_run(path, known)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            sweep = _sweep_of(path.parent, directory)
            # No two runs take the same time to the nanosecond, so equal records are copies.
            original = seen.setdefault(hash_of(record), path)
            if original != path:
                problems.append(f"{path}: a copy of {original}, which counts once")
                continue
            stored.append(StoredRun(record, path.parent, sweep, arrays))
        except RecordError as error:
            problems.append(str(error))
    stored.sort(key=lambda each: (each.sweep, each.record.job))
    return stored, problems


def read_runs_in(directories: Iterable[Path], *, with_arrays: bool) -> list[StoredRun]:
    """Read the runs in these directories, in this order.

    Args:
        directories: of the runs, each below that of its sweep.
        with_arrays: whether the arrays of those that succeeded are read; otherwise none has any.

    Raises:
        RecordError: a run is no longer there, or is damaged.
    """
    known: Configurations = {}
    stored = []
    for directory in directories:
        record = read_run(directory / RECORD, known)
        wanted = with_arrays and record.status == "ok"
        arrays = read_arrays(directory, record) if wanted else None
        stored.append(StoredRun(record, directory, _sweep_of(directory, directory.parent), arrays))
    return stored


def _sweep_of(directory: Path, top: Path) -> Path:
    """Return the directory of a run's sweep: the nearest one that holds MULTIRUN, else `top`."""
    for each in (directory, *directory.parents):
        if each == top or (each / MULTIRUN).is_file():
            return each
    return top


def group_runs(stored: Iterable[StoredRun]) -> list[list[StoredRun]]:
    """Group runs by configuration, replays and failed runs included.

    Returns:
        The runs of each configuration, both in the order in which they first occur.
    """
    groups: dict[tuple[Any, ...], list[StoredRun]] = {}
    for each in stored:
        key = (each.configuration.id, *sorted(each.configuration.overrides.items()))
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def group_by_seeds(runs: Iterable[Recorded]) -> dict[str | None, list[Recorded]]:
    """Return `seed_key` to the runs that have it, in the order of runs; None to those unseeded."""
    groups: dict[str | None, list[Recorded]] = {}
    for each in runs:
        groups.setdefault(seed_key(each.record.seeds), []).append(each)
    return groups


def hash_of(record: RunRecord) -> bytes:
    """Return a digest that is equal for equal records, and much smaller than them."""
    return hashlib.sha256(repr(record).encode("utf-8", "backslashreplace")).digest()


def content_of(record: RunRecord) -> str:
    """Return a text that is equal for runs whose recorded results are equal bit for bit."""
    return repr((record.digest, record.fingerprints, record.metrics))


def seed_key(recorded: Mapping[str, int]) -> str | None:
    """Return a text that is equal for equal recorded seeds; None when nothing was seeded."""
    return json.dumps(recorded, sort_keys=True) if recorded else None
