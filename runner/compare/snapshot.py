"""Says for each configuration what its runs did, which locks keep and by which sweeps compare."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from runner.analysis.measurement import ConfigurationResult, measure
from runner.config.nodes import flatten
from runner.errors import ConfigError, RunnerError
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State, Verdict
from runner.plan.manifest import Manifest, read_manifest
from runner.record.reader import (
    StoredRun,
    content_of,
    explain_no_record,
    group_runs,
    read_stored,
)
from runner.record.record import RunArrays, RunRecord
from runner.record.stages import STEP, Fingerprints, kind_of
from runner.text import plural

ENVIRONMENT = "environment.json"
"""The name of a sweep's file with the source revision, which records do not have."""

REVISION = "source_revision"
"""The key of the source revision in that file."""

FLAG = "$"
"""The first character of the name of an environment variable in a plan."""

SHORT_DIGITS = 8
"""How many hexadecimal digits of a stage's digest a lock keeps; 1 in 4e9 unequal ones agree."""


class LockedRun(NamedTuple):
    """A successful run; its arrays are None if it was read from a lock or kept none."""

    record: RunRecord
    arrays: RunArrays | None


@dataclass(frozen=True)
class Configuration:
    """What the runs of one configuration did."""

    id: str
    overrides: dict[str, str]
    """The overrides of its command line, key to value."""
    verdict: Verdict
    axes: dict[str, State]
    """The states of inputs, calls, builds, runs and replay, as in Comparison."""
    runs: tuple[LockedRun, ...]
    """The successful runs, replays included; in a lock only those that a check can repeat."""
    succeeded: int
    """The number of successful runs, without replays."""
    failed: int
    """The number of runs that failed, replays included."""
    metrics: dict[str, tuple[float, ...]]
    """Metric to values of the first build, one per independent run; bitwise copies count once."""
    config: dict[str, Any] | None
    """Dotted key to value, with interpolations as written; None if the config was not kept."""
    tolerance: Tolerance
    confidence: float


@dataclass(frozen=True)
class Snapshot:
    """What a sweep did, or all sweeps below one directory."""

    name: str
    """The path as it was given."""
    configurations: tuple[Configuration, ...]
    """The configurations, in the order of their first runs."""
    environment: dict[str, tuple[Any, ...]]
    """Key to the distinct values that runs recorded, including source revisions and flags."""
    problems: tuple[str, ...] = ()
    """Records that are missing or could not be used, each with the reason."""
    locked: bool = False
    """Whether this is a lock's content: no arrays, short digests of stages, no single steps."""


def read_snapshot(directory: Path) -> Snapshot:
    """Read a snapshot from the records below a directory.

    Raises:
        RunnerError: there is no record, not even one that cannot be used.
    """
    stored, problems = read_stored(directory)
    if not stored and not problems:
        raise RunnerError(f"{directory}: {explain_no_record(directory)}")
    plans = read_plans(stored)
    configs = {
        id: flatten(config)
        for plan in plans.values()
        for id, config in zip(plan.configurations, plan.configs, strict=True)
    }
    if ended := sum(each.record.status == "ended" for each in stored):
        problems.append(f"{directory}: {plural(ended, 'run')} ended where they part: not compared")
    for sweep, plan in plans.items():
        if missing := find_missing(stored, sweep, plan):
            problems.append(f"{sweep}: {len(missing)} of {len(plan.runs)} runs left no record")
    return Snapshot(
        name=str(directory),
        configurations=tuple(
            describe_configuration(group, configs.get(group[0].configuration.id))
            for group in group_runs(each for each in stored if each.record.resume_of is None)
        ),
        environment=merge_environments(stored, list(plans.values())),
        problems=tuple(problems),
    )


def read_plans(stored: Iterable[StoredRun]) -> dict[Path, Manifest]:
    """Return the plan of each sweep that a run belongs to, if it has one that can be read."""
    plans = {}
    for sweep in dict.fromkeys(each.sweep for each in stored):
        with contextlib.suppress(ConfigError):
            plans[sweep] = read_manifest(sweep)
    return plans


def find_missing(stored: Iterable[StoredRun], sweep: Path, plan: Manifest) -> list[int]:
    """Return the jobs of a sweep's plan that left no record."""
    found = {each.record.job for each in stored if each.sweep == sweep}
    return [run.job for run in plan.runs if run.job not in found]


def describe_configuration(
    group: Sequence[StoredRun], config: dict[str, Any] | None
) -> Configuration:
    """Measure one configuration.

    Args:
        group: all of its runs, replays and failed ones included; at least one.
        config: dotted key to value; None if it was not kept.
    """
    measured = measure(group)
    comparison = measured.comparison
    return Configuration(
        id=measured.configuration.id,
        overrides=measured.overrides,
        verdict=measured.verdict,
        axes={
            "inputs": comparison.across_inputs,
            "calls": comparison.across_calls,
            "builds": comparison.across_builds,
            "runs": comparison.across_runs,
            "replay": comparison.replay,
        },
        runs=tuple(LockedRun(s.record, s.arrays) for s in group if s.record.status == "ok"),
        succeeded=comparison.runs,
        failed=comparison.failed,
        metrics=_independent_metrics(measured),
        config=config,
        tolerance=measured.tolerance,
        confidence=measured.confidence,
    )


def merge_environments(
    stored: Sequence[StoredRun], plans: Sequence[Manifest]
) -> dict[str, tuple[Any, ...]]:
    """Collect the distinct values of each key of the environments of several runs.

    Args:
        stored: the runs.
        plans: the plans of their sweeps, which know the flags.

    Returns:
        Key to the distinct values that runs recorded, including source revisions and flags; keys
        and values are sorted.
    """
    recorded: list[Mapping[str, Any]] = [each.record.environment for each in stored]
    recorded += [_read_revision(sweep) for sweep in dict.fromkeys(s.sweep for s in stored)]
    for plan in plans:
        recorded.append({k: v for k, v in plan.provenance.items() if k.startswith(FLAG)})
    merged: dict[str, dict[str, Any]] = {}
    for environment in recorded:
        for key, value in environment.items():
            merged.setdefault(key, {})[repr(value)] = value
    return {key: tuple(value for _, value in sorted(merged[key].items())) for key in sorted(merged)}


def shorten(snapshot: Snapshot) -> Snapshot:
    """Return what a lock would keep of a snapshot, so that it can be compared with a lock."""
    return replace(
        snapshot,
        configurations=tuple(
            replace(
                each, runs=tuple(LockedRun(shorten_record(ran.record), None) for ran in each.runs)
            )
            for each in snapshot.configurations
        ),
        locked=True,
    )


def shorten_record(record: RunRecord) -> RunRecord:
    """Return what a lock keeps of a run, without the environment, which it keeps once for all."""
    unkept: dict[str, Any] = {"environment": {}, "hash_seed": None, "host": None, "boot": None}
    stages = [shorten_stages(build) for build in record.fingerprints]
    return replace(record, fingerprints=stages, **unkept)


def shorten_stages(build: Fingerprints) -> Fingerprints:
    """Return short digests, without the stages of single steps, as there may be thousands."""
    return {
        stage: digest[:SHORT_DIGITS] for stage, digest in build.items() if kind_of(stage) != STEP
    }


def _independent_metrics(measured: ConfigurationResult) -> dict[str, tuple[float, ...]]:
    """Return each metric's values, without copies, such as runs with equal seeds that agree."""
    distinct = {content_of(each.record): each.first_metrics for each in measured.runs}
    names = dict.fromkeys(name for metrics in distinct.values() for name in metrics)
    return {
        name: tuple(metrics[name] for metrics in distinct.values() if name in metrics)
        for name in names
    }


def _read_revision(sweep: Path) -> dict[str, Any]:
    """Return the source revision in ENVIRONMENT; empty if that file is missing or not ours."""
    try:
        content = json.loads((sweep / ENVIRONMENT).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or REVISION not in content:
        return {}
    return {REVISION: content[REVISION]}
