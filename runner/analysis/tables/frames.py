"""Makes the columns and rows of a sweep's tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runner.analysis.claims.checked import Cell, Checked, count_results
from runner.analysis.claims.published import word_published
from runner.analysis.findings.advice import find_reason, find_surprises
from runner.analysis.findings.finding_rule import Finding
from runner.analysis.findings.lost_state import name_losses
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.resumes import find_worst_resume
from runner.analysis.surprises import format_predicted
from runner.analysis.tables.column_names import ColumnNames
from runner.numeric.intervals import mean_interval
from runner.numeric.severity import Severity
from runner.numeric.verdicts import State
from runner.record.reader import StoredRun

# The columns of both frames: those of overridden keys come first, and those of metrics between the
# two parts.
TABLE_COLUMNS = (
    "configuration", "verdict", "runs", "failed",
    "across_inputs", "across_calls", "across_builds", "across_runs", "replay",
    "first_divergence", "varies_with", "first_divergence_builds", "first_divergence_calls",
    "max_abs_diff", "churn", "labels",
)  # fmt: skip
TABLE_END_COLUMNS = (
    "p_differ_upper", "claims", "predicted", "surprise", "reason", "retried", "wall_s",
)  # fmt: skip
RUN_COLUMNS = (
    "configuration", "replicate", "replay_of", "status", "error", "seeds", "digest",
)  # fmt: skip
RUN_END_COLUMNS = ("wall_s", "peak_rss_bytes", "hash_seed", "dir")
RESUME_COLUMNS = ("resume", "lost", "first_divergence_resume")
"""Further columns of the table, only where some run was resumed."""
ROUND_COLUMNS = ("stopped",)
"""Further columns of the table, only where some number of runs was decided round by round."""
RESUMED_COLUMNS = ("resume_of", "resume_at")
"""Further columns of the frame of runs, likewise."""
MACHINES = "machines"
"""A further column of the table, only where a configuration ran on several machines."""
ENDED, ENDED_AT = "ended", "ended_at"
"""Further columns of the table and of the frame of runs, only where a run was ended early."""
HOST = "host"
"""A further column of the frame of runs, likewise."""
CLAIM_COLUMNS = (
    "configuration", "claim", "source", "check", "measured", "result", "needed_replicates",
)  # fmt: skip
CELL_COLUMNS = (
    "row", "column", "evaluate", "published", "answer", "mean", "sd", "n", "interval",
    "interval_low", "interval_high",
)  # fmt: skip
"""Further columns of the frame of claims, only where a claim is about a published result. Numbers
are in the unit of the publication."""
FINDING_COLUMNS = (
    "configuration", "code", "name", "severity", "certainty", "where", "seen", "why", "change",
    "affected", "total", "unit", "ignored",
)  # fmt: skip
STATISTICS = ("mean", "sd", "ci_low", "ci_high")
"""The statistics of each metric in the table; their columns are `<metric>_<statistic>`."""


def make_row(
    measured: ConfigurationResult, checked: Sequence[Checked], names: ColumnNames
) -> dict[str, Any]:
    """Make the table's row of one configuration.

    Args:
        measured: the configuration.
        checked: its claims.
        names: the columns of keys and metrics.

    Returns:
        Column to value; None for what is missing.
    """
    comparison, divergence = measured.comparison, measured.divergence
    row: dict[str, Any] = {
        **names.name_overrides(measured.overrides),
        "configuration": measured.configuration.id,
        "verdict": str(measured.verdict),
        "runs": comparison.runs,
        "failed": comparison.failed,
        "across_inputs": str(comparison.across_inputs),
        "across_calls": str(comparison.across_calls),
        "across_builds": str(comparison.across_builds),
        "across_runs": str(comparison.across_runs),
        "replay": str(comparison.replay),
        "first_divergence": divergence.first,
        "varies_with": ", ".join(divergence.sources) or None,
        "first_divergence_builds": divergence.builds,
        "first_divergence_calls": divergence.calls,
        "max_abs_diff": comparison.max_abs_diff,
        "churn": comparison.churn,
        "labels": comparison.labels,
    }
    for metric, begin in names.metrics.items():
        found = mean_interval(measured.metric(metric), measured.confidence)
        row |= {f"{begin}_{name}": each for name, each in zip(STATISTICS, found, strict=True)}
    walls = [s.record.wall_s for s in measured.runs if s.record.wall_s is not None]
    row |= {
        "p_differ_upper": comparison.p_differ_upper,
        "claims": count_results(checked),
        "predicted": format_predicted(measured.configuration.predicted),
        "surprise": "; ".join(find_surprises(measured)) or None,
        "reason": find_reason(measured),
        "retried": measured.retried,
        "wall_s": float(np.mean(walls)) if walls else None,
        MACHINES: measured.machines,
        ENDED: comparison.ended,
    }
    return row | _describe_resumes(measured)


def _describe_resumes(measured: ConfigurationResult) -> dict[str, str | None]:
    """Return the columns of resumed runs, from the one that differs most; None without any."""
    if not measured.resumes:
        return dict.fromkeys(RESUME_COLUMNS)
    worst = find_worst_resume(measured.resumes)
    if worst is None:
        return {**dict.fromkeys(RESUME_COLUMNS), "resume": str(State.UNMEASURED)}
    lost = name_losses(worst) if worst.state is not State.SAME else ""
    return {
        "resume": str(worst.state),
        "lost": lost or None,
        "first_divergence_resume": worst.first,
    }


def make_table_frame(rows: Sequence[dict[str, Any]], names: ColumnNames) -> pd.DataFrame:
    """Make the table from the rows of `make_row`, with a type for each column."""
    statistics = [f"{begin}_{name}" for begin in names.metrics.values() for name in STATISTICS]
    resumed = any(row["resume"] is not None for row in rows)
    added: tuple[str, ...] = RESUME_COLUMNS if resumed else ()
    if any(row.get("stopped") is not None for row in rows):
        added += ROUND_COLUMNS
    spread = any((row[MACHINES] or 0) > 1 for row in rows)
    if spread:
        added += (MACHINES,)
    if any(row[ENDED] for row in rows):
        added += (ENDED,)
    columns = [*names.overrides.values(), *TABLE_COLUMNS, *statistics, *TABLE_END_COLUMNS, *added]
    # The types are explicit, because a column in which everything is missing has none of its own.
    floats = ("max_abs_diff", "churn", *statistics, "p_differ_upper", "wall_s")
    types: dict[str, str] = dict.fromkeys(floats, "float64")
    types |= dict.fromkeys(("runs", "failed", "retried"), "int64") | {"labels": "Int64"}
    types |= {MACHINES: "Int64"} if spread else {}
    types |= {ENDED: "int64"} if ENDED in added else {}
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    if resumed:  # as every other state, it is there for all rows; nothing is resumed without a seed
        frame["resume"] = frame["resume"].fillna(str(State.UNMEASURED))
    return frame


def make_claims_frame(
    measurements: Sequence[ConfigurationResult],
    checked: Sequence[Sequence[Checked]],
    names: ColumnNames,
) -> pd.DataFrame:
    """Make the frame of claims, one row for each claim of each configuration.

    Args:
        measurements: the configurations.
        checked: the claims of each configuration.
        names: the columns of keys.
    """
    rows = [
        {
            **names.name_overrides(measured.overrides),
            "configuration": measured.configuration.id,
            "claim": each.text,
            "source": each.source,
            "check": each.check,
            "measured": each.measured,
            "result": str(each.result),
            "needed_replicates": each.needed,
            **(_describe_cell(each.cell) if each.cell else {}),
        }
        for measured, claims in zip(measurements, checked, strict=True)
        for each in claims
    ]
    types = {"needed_replicates": "Int64"}
    columns = [*names.overrides.values(), *CLAIM_COLUMNS]
    if any(each.cell for claims in checked for each in claims):
        columns += CELL_COLUMNS
        floats = ("mean", "sd", "interval_low", "interval_high")
        types |= dict.fromkeys(floats, "float64") | {"n": "Int64"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def _describe_cell(cell: Cell) -> dict[str, Any]:
    """Return the values of the columns of a published result, in its publication's unit."""
    scale, judgement = cell.published.scale, cell.judgement
    measured = mean_interval(cell.values)
    numbers = {
        "mean": measured.mean,
        "sd": measured.sd,
        "interval_low": judgement.low,
        "interval_high": judgement.high,
    }
    return {
        "row": cell.row,
        "column": cell.column,
        "evaluate": cell.evaluate,
        "published": word_published(cell.published),
        "answer": str(judgement.answer),
        "n": len(cell.values),
        "interval": judgement.interval or None,
        **{name: None if each is None else each * scale for name, each in numbers.items()},
    }


def make_findings_frame(
    measurements: Sequence[ConfigurationResult],
    findings: Iterable[Sequence[Finding]],
    names: ColumnNames,
) -> pd.DataFrame:
    rows = [
        {
            **names.name_overrides(measured.overrides),
            "configuration": measured.configuration.id,
            "code": each.rule.code,
            "name": each.rule.name,
            "severity": each.rule.severity.name,
            "certainty": each.rule.certainty.name,
            "where": each.observation.where,
            "seen": each.observation.seen,
            "why": each.rule.why,
            "change": each.observation.change or None,
            "affected": each.observation.affected,
            "total": each.observation.total,
            "unit": each.observation.unit,
            "ignored": each.ignored,
        }
        for measured, found in zip(measurements, findings, strict=True)
        for each in found
    ]
    frame = pd.DataFrame(rows, columns=[*names.overrides.values(), *FINDING_COLUMNS])
    ranks = frame["severity"].map({each.name: each.rank for each in Severity})
    order = ranks.sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True).astype({"affected": "int64", "total": "int64"})


def make_runs_frame(
    stored: Sequence[StoredRun], directory: Path, names: ColumnNames
) -> pd.DataFrame:
    """Make the frame of runs, replays and failed ones included, one row for each.

    Args:
        stored: the runs.
        directory: the directory that the column `dir` is relative to.
        names: the columns of keys and metrics.
    """
    metrics = names.run_metrics
    rows = []
    for each in stored:
        record = each.record
        row: dict[str, Any] = names.name_overrides(record.configuration.overrides)
        names_of_fields = (*RUN_COLUMNS, *RUN_END_COLUMNS[:-1], *RESUMED_COLUMNS)
        row |= {name: getattr(record, name) for name in names_of_fields}
        row["configuration"] = record.configuration.id
        row[HOST] = record.host
        row[ENDED_AT] = record.ended_at
        row["seeds"] = json.dumps(record.seeds)
        row["error"] = record.error and record.error.partition("\n")[0]  # the record has all lines
        row["dir"] = str(each.directory.relative_to(directory))
        row |= {metrics[metric]: value for metric, value in each.first_metrics.items()}
        rows.append(row)
    added = RESUMED_COLUMNS if any(row["resume_of"] is not None for row in rows) else ()
    columns = [*names.overrides.values(), *RUN_COLUMNS, *metrics.values(), *RUN_END_COLUMNS]
    columns += [*added, *([HOST] if len({row[HOST] for row in rows} - {None}) > 1 else [])]
    columns += [ENDED_AT] if any(row[ENDED_AT] for row in rows) else []
    types = dict.fromkeys((*metrics.values(), "wall_s"), "float64")
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    # pandas would turn whole numbers that may be missing into floats, which round large ones.
    for name in ("replicate", "replay_of", "peak_rss_bytes", "hash_seed", *added):
        frame[name] = pd.array([row[name] for row in rows], dtype="Int64")
    return frame
