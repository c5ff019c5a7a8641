"""From the records in a directory to the table, the runs and the outputs arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runner.compare import Tolerance, compare, mean_interval
from runner.errors import RecordError, RunnerError
from runner.explain import describe, find_divergence
from runner.outputs import Array, Outputs, stack
from runner.record import RECORD, Record, RunArrays, read_arrays, read_record
from runner.verdict import judge

RUN_COLUMNS = (
    "configuration", "replicate", "replay_of", "status", "error", "seeds", "digest",
)  # fmt: skip
RUN_END_COLUMNS = ("wall_s", "peak_rss_bytes", "hash_seed", "dir")


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
    sentences: list[str]
    """What was found, one a row of the table."""
    environments: list[dict[str, Any]]
    """The distinct environments that runs recorded."""
    problems: list[str]
    """Records that could not be used, and why."""
    overrides: tuple[str, ...]
    """The columns of both frames that name overridden keys."""

    @property
    def failed(self) -> int:
        """How many runs failed or left no usable record."""
        return int((self.runs["status"] == "failed").sum()) + len(self.problems)


@dataclass(frozen=True)
class _Stored:
    """A run as found on disk."""

    record: Record
    directory: Path
    arrays: RunArrays | None


def collate(directory: Path) -> Results:
    """Read every record below a directory and derive all there is to say.

    Raises:
        RunnerError: there is no record.
    """
    stored, problems = _read(directory)
    if not stored and not problems:
        raise RunnerError(f"{directory}: no record of a run was found there")
    groups: dict[tuple[Any, ...], list[_Stored]] = {}
    for each in stored:
        key = (each.record.configuration, *each.record.overrides.items())
        groups.setdefault(key, []).append(each)
    overrides = tuple(dict.fromkeys(k for each in stored for k in each.record.overrides))
    metrics = tuple(dict.fromkeys(m for s in stored for b in s.record.metrics[:1] for m in b))
    rows, sentences, outputs = [], [], {}
    for group in groups.values():
        made = stack_outputs(group)
        if made is not None:
            outputs[group[0].record.configuration] = made
        row, sentence = _row(group, made, overrides, metrics)
        rows.append(row)
        sentences.append(sentence)
    environments = {
        json.dumps(s.record.environment, sort_keys=True): s.record.environment
        for s in stored
        if s.record.environment
    }
    return Results(
        directory=directory,
        table=pd.DataFrame(rows),
        runs=_runs_frame(stored, directory, overrides, metrics),
        outputs=outputs,
        sentences=sentences,
        environments=list(environments.values()),
        problems=problems,
        overrides=overrides,
    )


def stack_outputs(group: Sequence[_Stored]) -> Outputs | None:
    """Stack the outputs of a configuration's successful runs; None when there is none."""
    runs = [s for s in group if s.arrays is not None and s.record.replay_of is None]
    index = {s.record.job: i for i, s in enumerate(runs)}
    replays = [s for s in group if s.arrays is not None and s.record.replay_of in index]
    if not runs:
        return None
    failed = sum(s.record.status == "failed" for s in group)
    values, present, again, again_present = stack(_arrays(runs), _arrays(replays))
    arrays = runs[0].arrays
    assert arrays is not None
    return Outputs(
        values=values,
        present=present,
        replays=again,
        replays_present=again_present,
        replay_of=tuple(
            index[s.record.replay_of] for s in replays if s.record.replay_of is not None
        ),
        seeds=tuple(_seeds_text(s.record) for s in runs),
        inputs=arrays.inputs,
        failed=failed,
    )


def _read(directory: Path) -> tuple[list[_Stored], list[str]]:
    stored, problems = [], []
    for path in sorted(directory.rglob(RECORD)):
        try:
            record = read_record(path)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            stored.append(_Stored(record, path.parent, arrays))
        except RecordError as error:
            problems.append(str(error))
    stored.sort(key=lambda each: each.record.job)
    return stored, problems


def _row(
    group: Sequence[_Stored],
    outputs: Outputs | None,
    overrides: Sequence[str],
    metrics: Sequence[str],
) -> tuple[dict[str, Any], str]:
    """The table's row of one configuration, and its sentence."""
    first = group[0].record
    settings = first.compare
    tolerance = Tolerance(settings["rtol"], settings["atol"])
    succeeded = [s.record for s in group if s.arrays is not None and s.record.replay_of is None]
    if outputs is None:
        outputs = _no_outputs(sum(s.record.status == "failed" for s in group))
    comparison = compare(outputs, tolerance, settings["confidence"])
    verdict = judge(comparison)
    divergence = find_divergence([record.fingerprints for record in succeeded])
    row: dict[str, Any] = {key: first.overrides.get(key) for key in overrides}
    row |= {
        "configuration": first.configuration,
        "verdict": str(verdict),
        "runs": comparison.runs,
        "failed": comparison.failed,
        "across_inputs": str(comparison.across_inputs),
        "across_calls": str(comparison.across_calls),
        "across_builds": str(comparison.across_builds),
        "across_runs": str(comparison.across_runs),
        "replay": str(comparison.replay),
        "first_divergence": divergence.first,
        "varies_with": ", ".join(divergence.sources) or None,
        "max_abs_diff": comparison.max_abs_diff,
        "churn": comparison.churn,
    }
    for metric in metrics:
        values = [r.metrics[0][metric] for r in succeeded if metric in r.metrics[0]]
        interval = mean_interval(values, settings["confidence"])
        row |= {
            f"{metric}_mean": interval.mean,
            f"{metric}_sd": interval.sd,
            f"{metric}_ci_low": interval.low,
            f"{metric}_ci_high": interval.high,
        }
    walls = [r.wall_s for r in succeeded if r.wall_s is not None]
    row |= {
        "p_differ_upper": comparison.p_differ_upper,
        "claims": None,
        "wall_s": float(np.mean(walls)) if walls else None,
    }
    return row, describe(verdict, comparison, divergence, first.strategy)


def _runs_frame(
    stored: Sequence[_Stored], directory: Path, overrides: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    rows = []
    for each in stored:
        record = each.record
        row: dict[str, Any] = {key: record.overrides.get(key) for key in overrides}
        row |= {name: getattr(record, name) for name in RUN_COLUMNS}
        row["seeds"] = json.dumps(record.seeds)
        built = record.metrics[0] if record.metrics else {}
        row |= {metric: built.get(metric) for metric in metrics}
        row |= {name: getattr(record, name) for name in RUN_END_COLUMNS[:-1]}
        row["dir"] = str(each.directory.relative_to(directory))
        rows.append(row)
    columns = [*overrides, *RUN_COLUMNS, *metrics, *RUN_END_COLUMNS]
    frame = pd.DataFrame(rows, columns=columns)
    # Whole numbers that may be missing: a float would round a 64-bit one.
    whole = ("replicate", "replay_of", "peak_rss_bytes", "hash_seed")
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _arrays(stored: Sequence[_Stored]) -> list[Array]:
    return [s.arrays.outputs for s in stored if s.arrays is not None]


def _seeds_text(record: Record) -> str | None:
    return json.dumps(record.seeds, sort_keys=True) if record.seeds else None


def _no_outputs(failed: int) -> Outputs:
    empty = np.zeros((0, 0, 0, 0, 0), np.float32)
    mask = np.zeros(empty.shape, np.bool_)
    return Outputs(empty, mask, empty, mask, (), (), np.zeros(0, np.uint64), failed)
