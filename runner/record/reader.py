"""Reads the runs below a directory, and groups them by configuration."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from runner.errors import RecordError
from runner.record.file_tree import find_entries
from runner.record.journal import JOBS, JOURNAL
from runner.record.record import MULTIRUN, RECORD, ConfigurationRecord, RunArrays, RunRecord
from runner.record.store import Configurations, read_arrays, read_run


class Unread(Enum):
    """Stands for arrays that were verified and let go."""

    UNREAD = "in the run's file"


@dataclass(frozen=True)
class StoredRun:
    """A run as found on disk."""

    record: RunRecord
    directory: Path
    sweep: Path
    """The directory of the run's sweep; the runs of several sweeps may be collated together."""
    kept: RunArrays | Unread | None
    """The run's arrays, where they are kept in memory; None: it failed."""

    @property
    def arrays(self) -> RunArrays | None:
        """The run's arrays, read again unless they are kept; None: it failed.

        Raises:
            RecordError: they are not kept, and their file has been changed or removed.
        """
        if isinstance(self.kept, Unread):
            return read_arrays(self.directory, self.record)
        return self.kept

    def hold(self) -> StoredRun:
        """Return the run with its arrays in memory.

        Raises:
            RecordError: as for `arrays`.
        """
        return replace(self, kept=self.arrays) if isinstance(self.kept, Unread) else self

    def let_go(self) -> StoredRun:
        """Return the run without its arrays in memory; they are read again when asked for."""
        return self if self.kept is None else replace(self, kept=Unread.UNREAD)

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


def read_stored(
    directory: Path, most_bytes: int | None = None
) -> tuple[list[StoredRun], list[str]]:
    """Read and verify every record below a directory, and its arrays.

    Args:
        directory: the directory.
        most_bytes: if the arrays of all runs take more than this, none is kept in memory; None:
            all are kept.

    Returns:
        The runs, sorted by sweep and job, and a line on each record that could not be used.
    """
    stored: list[StoredRun] = []
    problems: list[str] = []
    sweeps: dict[Path, Path] = {}
    known: Configurations = {}
    seen: dict[bytes, Path] = {}
    size = 0
    for path in find_entries(directory, RECORD):
        try:
            record = read_run(path, known)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            sweep = _sweep_of(path.parent, directory, sweeps)
            # No two runs take the same time to the nanosecond, so equal records are copies.
            original = seen.setdefault(hash_of(record), path)
            if original != path:
                problems.append(f"{path}: a copy of {original}, which counts once")
                continue
            run = StoredRun(record, path.parent, sweep, arrays)
            if most_bytes is not None and arrays is not None:
                before, size = size, size + arrays.outputs.nbytes + arrays.inputs.nbytes
                if size > most_bytes:
                    run = run.let_go()
                    if before <= most_bytes:
                        stored = [each.let_go() for each in stored]
            stored.append(run)
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


def _sweep_of(directory: Path, top: Path, known: dict[Path, Path] | None = None) -> Path:
    """Return the directory of a run's sweep: the nearest one that holds MULTIRUN, else `top`.

    Args:
        directory: the run's directory.
        top: where to stop looking.
        known: the answers for directories around those that were asked for before, which are added.
    """
    known = {} if known is None else known
    around = directory.parent
    if directory == top or (directory / MULTIRUN).is_file():
        return directory
    if around == directory:
        return top
    if around not in known:
        known[around] = _sweep_of(around, top, known)
    return known[around]


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
    if not recorded:
        return None
    pairs = tuple(recorded.items())
    if all(type(value) is int for _, value in pairs):  # as True and 1.0 would be looked up as 1
        return _word_seeds(pairs)
    return json.dumps(recorded, sort_keys=True)


@functools.lru_cache(maxsize=1 << 14)
def _word_seeds(pairs: tuple[tuple[str, int], ...]) -> str:
    return json.dumps(dict(pairs), sort_keys=True)
