"""Keeps the files of failed attempts under NAME.attemptN, and their reasons in the record."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.errors import RecordError
from runner.record.record import RECORD
from runner.record.store import read_run, write_run

ATTEMPT = "attempt.json"
"""Name of a failed attempt's record; it differs from RECORD so that nobody reads it as a run."""


def archive_attempt(directory: Path) -> None:
    """Rename a run's directory to the first free of `<name>.attempt0`, `<name>.attempt1`, ..."""
    if not os.path.lexists(directory):
        return
    attempts = (directory.with_name(f"{directory.name}.attempt{number}") for number in range(10**6))
    aside = next(each for each in attempts if not os.path.lexists(each))
    directory.rename(aside)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        (aside / RECORD).rename(aside / ATTEMPT)


def record_retries(directory: Path, reasons: Sequence[str]) -> None:
    """Write into a run's record why its earlier attempts failed."""
    if not reasons:
        return
    try:
        record = read_run(directory / RECORD)
    except RecordError:
        return  # collating the sweep reports what is wrong with the record
    write_run(directory, replace(record, retried=list(reasons)), shared=None)
