"""An interrupted sweep: which of its runs are still to be made."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from runner.errors import ConfigError, RecordError
from runner.manifest import Manifest, find_changes, without_resuming
from runner.planned import PlannedJob, locate
from runner.record import RECORD, Record, read_arrays, read_record
from runner.retry import put_aside
from runner.visible import visible

MOST_CHANGES = 5
"""That are named in the line which refuses them."""


def check_unchanged(
    manifest: Manifest,
    combinations: Sequence[Sequence[str]],
    composed: Sequence[DictConfig],
    accepted: bool,
) -> None:
    """Refuse to go on with another configuration, source, version or flag.

    Args:
        manifest: of the sweep.
        combinations: overrides of each configuration, as they are now.
        composed: what they are composed to now.
        accepted: only say what changed, on standard error.

    Raises:
        ConfigError: naming what changed. Other overrides are refused even where changes are
            accepted, as they make another sweep.
    """
    changes = find_changes(manifest, combinations, composed)
    if not changes:
        return
    more = len(changes) - MOST_CHANGES
    said = "; ".join(changes[:MOST_CHANGES]) + (f"; and {more} more" if more > 0 else "")
    same_grid = without_resuming(combinations) == manifest.combinations
    if accepted and same_grid:
        print(visible(f"resumed though this changed: {said}"), file=sys.stderr)
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
            put_aside(directory)
            unfinished.append(job)
    return unfinished


def _is_done(job: PlannedJob, directory: Path, configuration: str) -> bool:
    try:
        record = read_record(directory / RECORD)
        if record.status != "ok":
            return False
        read_arrays(directory, record)
    except RecordError:
        return False
    return _belongs(record, job, configuration)


def _belongs(record: Record, job: PlannedJob, configuration: str) -> bool:
    run = job.run
    return (record.configuration, record.job, record.replicate, record.replay_of) == (
        configuration,
        run.job,
        run.replicate,
        run.replay_of,
    )
