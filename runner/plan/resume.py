"""An interrupted sweep: which of its runs are still to be made."""

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
"""Changes listed in the error; the rest are counted."""


def check_unchanged(
    manifest: Manifest,
    configurations: Sequence[ComposedConfiguration],
    accepted: bool,
) -> None:
    """Refuse to go on with another configuration, source, version or flag.

    Args:
        manifest: of the sweep.
        configurations: as they are composed now.
        accepted: only say what changed, on standard error.

    Raises:
        ConfigError: naming what changed. Other overrides are refused even where changes are
            accepted, as they make another sweep.
    """
    changes = find_changes(manifest, configurations)
    if not changes:
        return
    said = list_some(changes, MAX_CHANGES_SHOWN, "; ")
    same_grid = without_resuming(configurations) == manifest.combinations
    if accepted and same_grid:
        print(strip_control_characters(f"resumed though this changed: {said}"), file=sys.stderr)
        return
    hint = "Use --accept-change to go on nevertheless" if same_grid else None
    raise ConfigError("resume", "something changed since the sweep began", said, hint)


def find_unfinished(jobs: Sequence[PlannedJob], manifest: Manifest) -> list[PlannedJob]:
    """The runs without a usable record of success; what others left is put aside.

    Args:
        jobs: every run of the sweep.
        manifest: of the sweep.
    """
    unfinished = []
    for job, directory in zip(jobs, locate(jobs), strict=True):
        if not _is_done(job, directory, manifest.configurations[job.run.configuration]):
            archive_attempt(directory)
            unfinished.append(job)
    return unfinished


def _is_done(job: PlannedJob, directory: Path, configuration: str) -> bool:
    try:
        record = read_run(directory / RECORD, detached=True)
        if record.status != "ok":
            return False
        read_arrays(directory, record)
    except RecordError:
        return False
    return _belongs(record, job, configuration)


def _belongs(record: RunRecord, job: PlannedJob, configuration: str) -> bool:
    run = job.run
    return (record.configuration.id, record.job, record.replicate, record.replay_of) == (
        configuration,
        run.job,
        run.replicate,
        run.replay_of,
    )
