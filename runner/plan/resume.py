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
    """Return the jobs that have no intact record of success, and archive their old files.

    Args:
        jobs: all jobs of the sweep.
        manifest: the stored plan of the sweep.
    """
    unfinished = []
    for job, directory in zip(jobs, locate(jobs), strict=True):
        if not _is_done(job, directory, manifest.configurations[job.run.configuration]):
            archive_attempt(directory)
            unfinished.append(job)
    return unfinished


def _is_done(job: PlannedJob, directory: Path, configuration: str) -> bool:
    """Return whether a directory holds an intact record of success, with outputs, of this job."""
    try:
        record = read_run(directory / RECORD, detached=True)
        if record.status != "ok":
            return False
        read_arrays(directory, record)
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
