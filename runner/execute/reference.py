"""Reads what a run is compared with while it is made, and records where it parted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runner.errors import RecordError
from runner.record.record import RECORD, RunRecord
from runner.record.store import read_run
from runner.tasks.divergence_watch import DivergenceWatch
from runner.trust.secrets import Secrets


def watch_divergence(reference: str | None, record: RunRecord) -> DivergenceWatch:
    """Return what compares a run with its reference, as far as there is one.

    The run is not ended if the reference was not made whole before, is of another configuration,
    or has other seeds.

    Args:
        reference: directory of the reference; None: there is none.
        record: of the run, with its seeds.
    """
    if reference is None or not record.seeds:
        return DivergenceWatch()
    try:
        found = read_run(Path(reference) / RECORD, detached=True)
    except RecordError:
        return DivergenceWatch()
    same = found.configuration.id == record.configuration.id and found.seeds == record.seeds
    return DivergenceWatch(found.fingerprints if same and found.status == "ok" else ())


def record_parting(record: RunRecord, watch: DivergenceWatch, secrets: Secrets) -> RunRecord:
    """Return the record of a run that was ended where it had parted, without outputs."""
    assert watch.parted is not None
    return replace(
        record,
        status="ended",
        ended_at=secrets.conceal(watch.parted),
        fingerprints=[secrets.conceal_names(each) for each in watch.builds],
    )
