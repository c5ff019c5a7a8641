"""Collates the records below a directory into results: tables, outputs and sentences."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from runner.analysis.attribution import COLUMNS as ATTRIBUTION_COLUMNS
from runner.analysis.attribution import STATISTICS as ATTRIBUTION_STATISTICS
from runner.analysis.attribution import attribute_variance
from runner.analysis.claims.check import check_claims
from runner.analysis.claims.checked import Checked, Result
from runner.analysis.evidence import Evidence, gather_evidence
from runner.analysis.factors import compare_factors
from runner.analysis.findings.advice import compose_sentences
from runner.analysis.findings.find import find_findings
from runner.analysis.findings.finding_rule import Finding
from runner.analysis.measurement import ConfigurationResult, measure
from runner.analysis.outputs import Outputs
from runner.analysis.rounds.budget import Standing
from runner.analysis.rounds.standing import name_stops, stand
from runner.analysis.rounds.stopping import Made
from runner.analysis.tables.column_names import ColumnNames, name_columns
from runner.analysis.tables.frames import (
    CLAIM_COLUMNS,
    ENDED,
    ENDED_AT,
    FINDING_COLUMNS,
    HOST,
    MACHINES,
    RESUME_COLUMNS,
    RESUMED_COLUMNS,
    ROUND_COLUMNS,
    RUN_COLUMNS,
    RUN_END_COLUMNS,
    STATISTICS,
    TABLE_COLUMNS,
    TABLE_END_COLUMNS,
    make_claims_frame,
    make_findings_frame,
    make_row,
    make_runs_frame,
    make_table_frame,
)
from runner.errors import RunnerError
from runner.record.reader import StoredRun, Unread, explain_no_record, group_runs, read_stored

MOST_BYTES = 128 * 2**20
"""If the arrays of all runs take more memory, those of one configuration at a time are held."""


@dataclass(frozen=True)
class Results:
    """Everything that a sweep shows, rebuilt from its directory."""

    directory: Path
    """The directory that was read."""
    table: pd.DataFrame
    """The table, one row per configuration."""
    runs: pd.DataFrame
    """The runs, replays and failed ones included, one row each."""
    factors: pd.DataFrame
    """What changing each swept key does, all else and the seeds being equal, as `compare_factors`
    returns it."""
    attribution: pd.DataFrame | None
    """How much each source of randomness varies the results; None unless `seed.vary` was swept."""
    claims: pd.DataFrame
    """The claims of configurations and what was measured, one row each; empty without claims."""
    findings: pd.DataFrame
    """One row for each finding of a configuration, the worst first; empty without findings."""
    sentences: list[str]
    """What was found, one text for each row of the table."""
    environments: list[dict[str, Any]]
    """The distinct environments that runs recorded."""
    problems: list[str]
    """Records that could not be used, each with the reason."""
    signals: dict[str, str]
    """A run's directory, as in `runs`, to the name of the signal that ended its process, if any."""
    overrides: tuple[str, ...]
    """The overridden keys; `table`, `runs` and `claims` begin with a column for each."""
    metrics: tuple[str, ...]
    """The metrics that any run has."""
    names: ColumnNames
    """The columns of keys and metrics, which get another name if their own is taken."""
    evidence: tuple[Evidence, ...] = ()
    """What the runs of each configuration recorded, one for each row of the table."""

    @property
    def outputs(self) -> dict[str, Outputs]:
        """Configuration id to its outputs; configurations without a successful run are absent."""
        return {each.configuration.id: each.outputs for each in self.evidence if each.compared}

    @property
    def refuted(self) -> int:
        """The number of claims that were refuted."""
        return int((self.claims["result"] == Result.REFUTED).sum())

    @property
    def failed(self) -> int:
        """The number of runs that failed or left no usable record."""
        return int((self.runs["status"] == "failed").sum()) + len(self.problems)

    def count_missing(self, planned: int) -> int:
        """Return how many of the planned runs left no record, not even an unusable one."""
        return max(0, planned - len(self.runs) - len(self.problems))

    def explain_failure(self, planned: int | None = None) -> str | None:
        """Return in one line why the exit status is 1; None if it is 0.

        Args:
            planned: the number of runs in the plan; None if it is not known, or if the sweep still
                runs.
        """
        reasons = []
        if self.failed:
            total = len(self.runs) + len(self.problems)
            reasons.append(f"{self.failed} of {total} runs failed")
        if self.refuted:
            reasons.append(f"{self.refuted} of {len(self.claims)} claims were refuted")
        if not reasons and planned is not None and (missing := self.count_missing(planned)):
            reasons.append(f"{missing} of {planned} runs left no record")
        return ", and ".join(reasons) or None

    def only(self, number: int) -> Results:
        """Return the results of one configuration alone, given its row's number in the table."""
        runs, claims, findings = (
            frame[self._is_of(frame, number)] for frame in (self.runs, self.claims, self.findings)
        )
        return replace(
            self,
            table=self.table.iloc[[number]],
            runs=runs,
            claims=claims,
            findings=findings,
            sentences=[self.sentences[number]],
        )

    def _is_of(self, frame: pd.DataFrame, number: int) -> Any:
        """Return for each row of a frame whether it is about a configuration."""
        row = self.table.iloc[number]
        same = frame["configuration"] == row["configuration"]
        for column in self.names.overrides.values():
            # Two missing values are the same.
            value = row[column]
            same &= frame[column].isna() if pd.isna(value) else frame[column] == value
        return same


def collate(directory: Path) -> Results:
    """Read every record below a directory and derive all results.

    Raises:
        RunnerError: there is no record, not even one that cannot be used.
    """
    with _pause_collector():
        return _collate(directory)


@contextlib.contextmanager
def _pause_collector() -> Iterator[None]:
    """Do not look for cycles among objects meanwhile: records have none, and each look takes them
    all in, which is a third of the time where there are 100,000."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _collate(directory: Path) -> Results:
    stored, problems = read_stored(directory, MOST_BYTES)
    if not stored and not problems:
        raise RunnerError(f"{directory}: {explain_no_record(directory)}")
    overrides = tuple(dict.fromkeys(k for each in stored for k in each.configuration.overrides))
    metrics = tuple(dict.fromkeys(m for each in stored for m in each.first_metrics))
    names = _name_columns(overrides, metrics)
    runs = make_runs_frame(stored, directory, names)
    # Equal ones are mostly one object, and a text of each takes long.
    several = {id(s.record.environment): s.record.environment for s in stored}
    environments = {json.dumps(e, sort_keys=True): e for e in several.values() if e}
    signals = {
        str(each.directory.relative_to(directory)): each.record.signal
        for each in stored
        if each.record.signal
    }
    sweeps = {each.sweep for each in stored}
    large = any(isinstance(each.kept, Unread) for each in stored)
    groups = group_runs(stored)[::-1]
    del stored  # so that a configuration's arrays are freed once they are stacked
    found = [_conclude(groups.pop(), names, directory, large=large) for _ in range(len(groups))]
    measurements = [each.measured for each in found]
    rows = [each.row for each in found]
    if len(sweeps) == 1:  # the runs of several sweeps have no budget in common
        for row, stop in zip(rows, name_stops([each.standing for each in found]), strict=True):
            row["stopped"] = None if stop is None else str(stop)
    return Results(
        directory=directory,
        table=make_table_frame(rows, names),
        runs=runs,
        factors=compare_factors(measurements),
        attribution=attribute_variance(measurements, names),
        claims=make_claims_frame(measurements, [each.checked for each in found], names),
        findings=make_findings_frame(measurements, [each.findings for each in found], names),
        sentences=[each.sentence for each in found],
        environments=list(environments.values()),
        problems=problems,
        signals=signals,
        overrides=overrides,
        metrics=metrics,
        names=names,
        evidence=tuple(each.evidence for each in found),
    )


@dataclass(frozen=True)
class _Concluded:
    """What is concluded from the runs of one configuration alone."""

    measured: ConfigurationResult
    checked: Sequence[Checked]
    row: dict[str, Any]
    standing: Standing
    findings: Sequence[Finding]
    sentence: str
    evidence: Evidence


def _conclude(
    group: Sequence[StoredRun], names: ColumnNames, directory: Path, *, large: bool
) -> _Concluded:
    """Conclude all that the runs of one configuration say.

    Args:
        group: all of its runs.
        names: the columns of keys and metrics.
        directory: what directories are relative to.
        large: whether the arrays are let go afterwards.
    """
    measured = measure(group)
    checked = check_claims(measured)
    evidence = gather_evidence(group, measured, checked, directory)
    return _Concluded(
        measured=measured.let_go() if large else measured,
        checked=checked,
        row=make_row(measured, checked, names),
        standing=stand(Made.of(group), measured, checked),
        findings=find_findings(measured),
        sentence=compose_sentences(measured, tuple(names.metrics)),
        evidence=evidence.let_go() if large else evidence,
    )


def _name_columns(overrides: Sequence[str], metrics: Sequence[str]) -> ColumnNames:
    runs = {*RUN_COLUMNS, *RUN_END_COLUMNS, *RESUMED_COLUMNS, HOST, ENDED_AT}
    others = {
        *TABLE_COLUMNS,
        *TABLE_END_COLUMNS,
        *RESUME_COLUMNS,
        *ROUND_COLUMNS,
        MACHINES,
        ENDED,
        *CLAIM_COLUMNS,
        *FINDING_COLUMNS,
        *ATTRIBUTION_COLUMNS,
    }
    statistics = (*STATISTICS, *ATTRIBUTION_STATISTICS)
    return name_columns(overrides, metrics, runs | others, runs, statistics)
