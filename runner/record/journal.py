"""The journal of a sweep over another application: how each of its jobs ended, line by line.

Each job's line is appended when the job ends, so that a sweep that is killed has them too. A line
that is torn is passed over: its job counts as not run.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from runner.record.fields import build

JOURNAL = "jobs.jsonl"
"""Name of the file in a sweep's directory."""


JOBS = "jobs.csv"
"""Name of the file that lists all jobs of such a sweep when it has ended."""

Status = Literal["ok", "failed", "missing"]
"""How a job ended; a missing one has not ended, as it was not run, or was interrupted."""


@dataclass(frozen=True)
class JobEnd:
    """How a job ended."""

    job: int
    """The job's number in the sweep."""
    status: Status
    reason: str = ""
    """Why it failed, on one line; empty if it did not."""
    directory: str = ""
    """The job's directory: relative to the sweep's if it lies below, else absolute; empty if it is
    not known."""


@dataclass(frozen=True)
class JobRow:
    """A job of a sweep, and how it ended."""

    end: JobEnd
    configuration: int
    """Number of its combination of overrides; jobs of the same number are replicates."""
    replicate: int
    """Index of the repetition, from 0."""
    overrides: dict[str, str]
    """Key to value."""


def note_end(journal: Path, end: JobEnd) -> None:
    """Append how a job ended; its directory may be absolute.

    Raises:
        OSError: The journal cannot be written.
    """
    with contextlib.suppress(ValueError):
        end = replace(end, directory=str(Path(end.directory).relative_to(journal.parent)))
    line = f"{json.dumps(asdict(end))}\n".encode()
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, line)  # in one piece, as other processes append too
    finally:
        os.close(descriptor)


def read_ends(journal: Path) -> dict[int, JobEnd]:
    """Return how each job ended, by its number; of a job that was repeated, its last end."""
    ends: dict[int, JobEnd] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in journal.read_bytes().splitlines():
            with contextlib.suppress(ValueError, TypeError):
                end = build(JobEnd, json.loads(line))
                ends[end.job] = end
    return ends
