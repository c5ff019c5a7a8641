"""From the records in a directory to the table, the runs and the outputs arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runner.attribution import attribution
from runner.claims import Checked, Result, check_claims, count_results
from runner.compare import mean_interval
from runner.errors import RunnerError
from runner.factors import factors
from runner.measurement import Measurement, measure
from runner.outputs import Outputs
from runner.sentences import compose_sentences, find_reason, find_surprises
from runner.static.surprise import format_predicted
from runner.stored import Stored, read_stored

# The columns of both frames; overridden keys come before them, metrics between the two parts.
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
CLAIM_COLUMNS = (
    "configuration", "claim", "source", "check", "measured", "result", "needed_replicates",
)  # fmt: skip
STATISTICS = ("mean", "sd", "ci_low", "ci_high")
"""Of each metric in the table, as columns `<metric>_<statistic>`."""


@dataclass(frozen=True)
class Results:
    """Everything a sweep says, rebuilt from its directory."""

    directory: Path
    table: pd.DataFrame
    """One row a configuration."""
    runs: pd.DataFrame
    """One row a run, replays and failed ones included."""
    outputs: dict[str, Outputs]
    """Configuration id to its outputs; configurations without a successful run are absent."""
    factors: pd.DataFrame
    """What changing each swept key does, all else and the seeds being equal; see runner.factors."""
    attribution: pd.DataFrame | None
    """How much each source of randomness varies; None unless `seed.vary` was swept."""
    claims: pd.DataFrame
    """One row a claim of a configuration, with what was measured; empty where nobody claims."""
    sentences: list[str]
    """What was found, one a row of the table."""
    environments: list[dict[str, Any]]
    """The distinct environments that runs recorded."""
    problems: list[str]
    """Records that could not be used, and why."""
    overrides: tuple[str, ...]
    """The columns of both frames that name overridden keys."""

    @property
    def refuted(self) -> int:
        """How many claims were refuted."""
        return int((self.claims["result"] == Result.REFUTED).sum())

    @property
    def failed(self) -> int:
        """How many runs failed or left no usable record."""
        return int((self.runs["status"] == "failed").sum()) + len(self.problems)

    @property
    def failure(self) -> str | None:
        """Why the exit status is 1, in one line; None where it is 0."""
        reasons = []
        if self.failed:
            total = len(self.runs) + len(self.problems)
            reasons.append(f"{self.failed} of {total} runs failed")
        if self.refuted:
            reasons.append(f"{self.refuted} of {len(self.claims)} claims were refuted")
        return ", and ".join(reasons) or None


def collate(directory: Path) -> Results:
    """Read every record below a directory and derive all there is to say.

    Raises:
        RunnerError: there is no record.
    """
    stored, problems = read_stored(directory)
    if not stored and not problems:
        raise RunnerError(f"{directory}: no record of a run was found there")
    groups: dict[tuple[Any, ...], list[Stored]] = {}
    for each in stored:
        key = (each.record.configuration, *each.record.overrides.items())
        groups.setdefault(key, []).append(each)
    overrides = tuple(dict.fromkeys(k for each in stored for k in each.record.overrides))
    metrics = tuple(dict.fromkeys(m for each in stored for m in each.first_metrics))
    measurements = [measure(group) for group in groups.values()]
    checked = [check_claims(each) for each in measurements]
    rows = [_row(*each, metrics) for each in zip(measurements, checked, strict=True)]
    environments = {
        json.dumps(s.record.environment, sort_keys=True): s.record.environment
        for s in stored
        if s.record.environment
    }
    return Results(
        directory=directory,
        table=_table_frame(rows, overrides, metrics),
        runs=_runs_frame(stored, directory, overrides, metrics),
        factors=factors(measurements),
        attribution=attribution(measurements),
        claims=_claims_frame(measurements, checked, overrides),
        outputs={m.record.configuration: m.outputs for m in measurements if m.runs},
        sentences=[compose_sentences(each, metrics) for each in measurements],
        environments=list(environments.values()),
        problems=problems,
        overrides=overrides,
    )


def _row(
    measured: Measurement, checked: Sequence[Checked], metrics: Sequence[str]
) -> dict[str, Any]:
    """The table's row of one configuration."""
    comparison, divergence = measured.comparison, measured.divergence
    row: dict[str, Any] = {
        **measured.overrides,
        "configuration": measured.record.configuration,
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
    for metric in metrics:
        found = mean_interval(measured.metric(metric), measured.confidence)
        row |= {f"{metric}_{name}": each for name, each in zip(STATISTICS, found, strict=True)}
    walls = [s.record.wall_s for s in measured.runs if s.record.wall_s is not None]
    row |= {
        "p_differ_upper": comparison.p_differ_upper,
        "claims": count_results(checked),
        "predicted": format_predicted(measured.record.predicted),
        "surprise": "; ".join(find_surprises(measured)) or None,
        "reason": find_reason(measured),
        "retried": measured.retried,
        "wall_s": float(np.mean(walls)) if walls else None,
    }
    return row


def _table_frame(
    rows: Sequence[dict[str, Any]], overrides: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    statistics = [f"{metric}_{name}" for metric in metrics for name in STATISTICS]
    columns = [*overrides, *TABLE_COLUMNS, *statistics, *TABLE_END_COLUMNS]
    # Said explicitly, as a column in which all is missing has no type of its own.
    floats = ("max_abs_diff", "churn", *statistics, "p_differ_upper", "wall_s")
    types: dict[str, str] = dict.fromkeys(floats, "float64")
    types |= dict.fromkeys(("runs", "failed", "retried"), "int64") | {"labels": "Int64"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def _claims_frame(
    measurements: Sequence[Measurement],
    checked: Sequence[Sequence[Checked]],
    overrides: Sequence[str],
) -> pd.DataFrame:
    rows = [
        {
            **measured.overrides,
            "configuration": measured.record.configuration,
            "claim": each.text,
            "source": each.source,
            "check": each.check,
            "measured": each.measured,
            "result": str(each.result),
            "needed_replicates": each.needed,
        }
        for measured, claims in zip(measurements, checked, strict=True)
        for each in claims
    ]
    frame = pd.DataFrame(rows, columns=[*overrides, *CLAIM_COLUMNS])
    return frame.astype({"needed_replicates": "Int64"})


def _runs_frame(
    stored: Sequence[Stored], directory: Path, overrides: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    taken = {*overrides, *RUN_COLUMNS, *RUN_END_COLUMNS}
    # A metric may have any name, also that of a column.
    named = {metric: f"metric_{metric}" if metric in taken else metric for metric in metrics}
    rows = []
    for each in stored:
        record = each.record
        row: dict[str, Any] = dict(record.overrides)
        row |= {name: getattr(record, name) for name in (*RUN_COLUMNS, *RUN_END_COLUMNS[:-1])}
        row["seeds"] = json.dumps(record.seeds)
        row["error"] = record.error and record.error.partition("\n")[0]  # the record has all lines
        row["dir"] = str(each.directory.relative_to(directory))
        row |= {named[metric]: value for metric, value in each.first_metrics.items()}
        rows.append(row)
    columns = [*overrides, *RUN_COLUMNS, *named.values(), *RUN_END_COLUMNS]
    types = dict.fromkeys((*named.values(), "wall_s"), "float64")
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    # Whole numbers that may be missing: pandas would make floats of them, which round large ones.
    for name in ("replicate", "replay_of", "peak_rss_bytes", "hash_seed"):
        frame[name] = pd.array([row[name] for row in rows], dtype="Int64")
    return frame
