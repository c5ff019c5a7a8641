"""From the records in a directory to the table, the runs and the outputs arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.compare import State, Tolerance, compare, mean_interval
from runner.errors import RecordError, RunnerError
from runner.explain import describe, describe_unseen, find_divergence
from runner.outputs import Array, Outputs, stack
from runner.record import MULTIRUN, RECORD, Record, RunArrays, read_arrays, read_record
from runner.verdict import judge

# The columns of both frames; overridden keys come before them, metrics between the two parts.
TABLE_COLUMNS = (
    "configuration", "verdict", "runs", "failed",
    "across_inputs", "across_calls", "across_builds", "across_runs", "replay",
    "first_divergence", "varies_with", "max_abs_diff", "churn",
)  # fmt: skip
TABLE_END_COLUMNS = ("p_differ_upper", "claims", "wall_s")
RUN_COLUMNS = (
    "configuration", "replicate", "replay_of", "status", "error", "seeds", "digest",
)  # fmt: skip
RUN_END_COLUMNS = ("wall_s", "peak_rss_bytes", "hash_seed", "dir")
STATISTICS = ("mean", "sd", "ci_low", "ci_high")
"""Of each metric in the table, as columns `<metric>_<statistic>`."""

DEFAULTS = {"rtol": Tolerance.rtol, "atol": Tolerance.atol, "confidence": 0.95}
"""For records that do not say how outputs are compared."""


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
    sweep: Path
    """The directory of its sweep; records of several may be collated together."""
    arrays: RunArrays | None

    @property
    def first_metrics(self) -> dict[str, float]:
        """Of the first build, which is what a script would give."""
        return self.record.metrics[0] if self.record.metrics else {}


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
    metrics = tuple(dict.fromkeys(m for each in stored for m in each.first_metrics))
    rows, sentences, outputs = [], [], {}
    for group in groups.values():
        made = stack_outputs(group)
        if made is not None:
            outputs[group[0].record.configuration] = made
        row, sentence = _row(group, made, metrics)
        rows.append(row)
        sentences.append(sentence)
    environments = {
        json.dumps(s.record.environment, sort_keys=True): s.record.environment
        for s in stored
        if s.record.environment
    }
    return Results(
        directory=directory,
        table=_table_frame(rows, overrides, metrics),
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
    index: dict[tuple[Path, int | None], int] = {
        (s.sweep, s.record.job): i for i, s in enumerate(runs)
    }
    replays = [s for s in group if s.arrays is not None and (s.sweep, s.record.replay_of) in index]
    if not runs:
        return None
    failed = sum(s.record.status == "failed" for s in group)
    values, present, again, again_present = stack(_arrays(runs), _arrays(replays))
    return Outputs(
        values=values,
        present=present,
        replays=again,
        replays_present=again_present,
        replay_of=tuple(index[s.sweep, s.record.replay_of] for s in replays),
        seeds=tuple(_seeds_text(s.record) for s in runs),
        inputs=_input_ids([s.arrays.inputs for s in runs if s.arrays is not None]),
        failed=failed,
    )


def _read(directory: Path) -> tuple[list[_Stored], list[str]]:
    stored, problems = [], []
    seen: dict[str, Path] = {}
    for path in sorted(directory.rglob(RECORD)):
        try:
            record = read_record(path)
            arrays = read_arrays(path.parent, record) if record.status == "ok" else None
            sweep = _sweep_of(path.parent, directory)
            # No two runs take the same time to the nanosecond: equal records are copies.
            original = seen.setdefault(repr(record), path)
            if original != path:
                problems.append(f"{path}: a copy of {original}, which counts once")
                continue
            stored.append(_Stored(record, path.parent, sweep, arrays))
        except RecordError as error:
            problems.append(str(error))
    stored.sort(key=lambda each: (each.sweep, each.record.job))
    return stored, problems


def _sweep_of(directory: Path, top: Path) -> Path:
    """The sweep that a run belongs to: the nearest directory above that is one, else `top`."""
    for each in (directory, *directory.parents):
        if each == top or (each / MULTIRUN).is_file():
            return each
    return top


def _input_ids(runs: Sequence[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    """(input,) for all runs together.

    Runs that split their data differently have different probes. An input says something about
    ignoring the input only where it differs from the first one in every run.
    """
    ids = max(runs, key=len).copy()
    for each in runs:
        ids[np.flatnonzero(each == each[:1])] = ids[:1]
    return ids


def _row(
    group: Sequence[_Stored],
    outputs: Outputs | None,
    metrics: Sequence[str],
) -> tuple[dict[str, Any], str]:
    """The table's row of one configuration, and its sentence."""
    first = group[0].record
    settings = {**DEFAULTS, **first.compare}
    confidence = settings["confidence"]
    succeeded = [s for s in group if s.arrays is not None and s.record.replay_of is None]
    if outputs is None:
        outputs = _no_outputs(sum(s.record.status == "failed" for s in group))
    comparison = compare(outputs, Tolerance(settings["rtol"], settings["atol"]), confidence)
    if comparison.replay is State.SAME and not _replays_agree(group):
        comparison = replace(comparison, replay=State.DIFFERS)
    verdict = judge(comparison)
    divergence = find_divergence([s.record.fingerprints for s in succeeded])
    row: dict[str, Any] = {
        **first.overrides,
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
        values = [s.first_metrics[metric] for s in succeeded if metric in s.first_metrics]
        found = mean_interval(values, confidence)
        row |= {f"{metric}_{name}": each for name, each in zip(STATISTICS, found, strict=True)}
    walls = [s.record.wall_s for s in succeeded if s.record.wall_s is not None]
    row |= {
        "p_differ_upper": comparison.p_differ_upper,
        "claims": None,
        "wall_s": float(np.mean(walls)) if walls else None,
    }
    seeds = {s.record.hash_seed for s in succeeded}
    known = None if None in seeds else len(seeds)
    sentence = describe(verdict, comparison, divergence, first.strategy, confidence, known)
    varying = [m for m in metrics if len({s.first_metrics.get(m) for s in succeeded}) > 1]
    return row, sentence + describe_unseen(verdict, divergence, varying)


def _replays_agree(group: Sequence[_Stored]) -> bool:
    """Whether each replay has the fingerprints and metrics of the run it repeats.

    The probe sees a part of the data only: equal outputs on it do not make a replay, where data
    or metrics differ.
    """
    runs = {(s.sweep, s.record.job): s.record for s in group if s.record.replay_of is None}
    pairs = [
        (s.record, runs.get((s.sweep, s.record.replay_of or 0)))
        for s in group
        if s.record.replay_of is not None and s.arrays is not None
    ]
    return all(
        run is None
        or (run.fingerprints == replay.fingerprints and repr(run.metrics) == repr(replay.metrics))
        for replay, run in pairs
    )


def _table_frame(
    rows: Sequence[dict[str, Any]], overrides: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    statistics = [f"{metric}_{name}" for metric in metrics for name in STATISTICS]
    columns = [*overrides, *TABLE_COLUMNS, *statistics, *TABLE_END_COLUMNS]
    # Said explicitly, as a column in which all is missing has no type of its own.
    floats = ("max_abs_diff", "churn", *statistics, "p_differ_upper", "wall_s")
    types = dict.fromkeys(floats, "float64") | {"runs": "int64", "failed": "int64"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def _runs_frame(
    stored: Sequence[_Stored], directory: Path, overrides: Sequence[str], metrics: Sequence[str]
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


def _arrays(stored: Sequence[_Stored]) -> list[Array]:
    return [s.arrays.outputs for s in stored if s.arrays is not None]


def _seeds_text(record: Record) -> str | None:
    return json.dumps(record.seeds, sort_keys=True) if record.seeds else None


def _no_outputs(failed: int) -> Outputs:
    empty = np.zeros((0, 0, 0, 0, 0), np.float32)
    mask = np.zeros(empty.shape, np.bool_)
    return Outputs(empty, mask, empty, mask, (), (), np.zeros(0, np.uint64), failed)
