"""Resuming a sweep: checks that nothing has changed, and finds the runs still to be made."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from runner.config.compose import ComposedConfiguration
from runner.errors import ConfigError, RecordError
from runner.plan.jobs import PlannedJob, locate
from runner.plan.manifest import Manifest, find_changes, without_resuming
from runner.record.attempts import archive_attempt
from runner.record.record import RECORD, RunRecord
from runner.record.store import read_arrays, read_run
from runner.text import list_some, strip_control_characters

MAX_CHANGES_SHOWN = 5
"""Largest number of changes listed in the error; the rest are counted."""


def check_unchanged(
    manifest: Manifest,
    configurations: Sequence[ComposedConfiguration],
    accepted: bool,
) -> None:
    """Check that configurations, source code, versions and flags are as the sweep began.

    Args:
        manifest: the stored plan of the sweep.
        configurations: its configurations as they are composed now.
        accepted: print changes on standard error instead of raising an error.

    Raises:
        ConfigError: something changed; the message says what. Changed overrides are always an
            error, as they make another sweep.
    """
    changes = find_changes(manifest, configurations)
    if not changes:
        return
    listed = list_some(changes, MAX_CHANGES_SHOWN, "; ")
    same_grid = without_resuming(configurations) == manifest.combinations
    if accepted and same_grid:
        print(strip_control_characters(f"resumed though this changed: {listed}"), file=sys.stderr)
        return
    hint = "Use --accept-change to go on nevertheless" if same_grid else None
    raise ConfigError("resume", "something changed since the sweep began", listed, hint)


def find_unfinished(jobs: Sequence[PlannedJob], manifest: Manifest) -> list[PlannedJob]:
    """Return the jobs that have no intact record of what they were to do, and archive old files.

    Args:
        jobs: all jobs of the sweep.
        manifest: the stored plan of the sweep.
    """
    unfinished: list[PlannedJob] = []
    again: set[Path] = set()
    for job, directory in zip(jobs, locate(jobs), strict=True):
        # What a run parted from is gone if its reference has to be made again.
        may_be_ended = job.reference is not None and job.reference not in again
        configuration = manifest.configurations[job.run.configuration]
        if not _is_done(job, directory, configuration, may_be_ended=may_be_ended):
            archive_attempt(directory)
            unfinished.append(job)
            again.add(directory)
    return unfinished


def _is_done(job: PlannedJob, directory: Path, configuration: str, *, may_be_ended: bool) -> bool:
    """Return whether a directory holds an intact record of this job, with what is wanted of it.

    Args:
        job: the planned job.
        directory: of the run.
        configuration: the configuration's id.
        may_be_ended: whether a run that was ended where it parted is done; else it needs outputs.
    """
    try:
        record = read_run(directory / RECORD, detached=True)
        if record.status == "ok":
            read_arrays(directory, record)
        elif record.status != "ended" or not may_be_ended:
            return False
    except RecordError:
        return False
    return _belongs(record, job, configuration)


def _belongs(record: RunRecord, job: PlannedJob, configuration: str) -> bool:
    """Return whether a record was written by this job of this configuration id."""
    run = job.run
    return (record.configuration.id, record.job, record.replicate, record.replay_of) == (
        configuration,
        run.job,
        run.replicate,
        run.replay_of,
    ) and (record.resume_of, record.resume_at) == (run.resume_of, run.resume_at)
