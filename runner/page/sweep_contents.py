"""Gathers all that the page of a sweep shows, as one value that JSON can hold."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from runner.analysis.attribution import VARY
from runner.analysis.claims.checked import Result
from runner.analysis.results import Results
from runner.analysis.tables.column_names import ColumnNames
from runner.errors import ConfigError
from runner.numeric.verdicts import State, Verdict
from runner.page.block_notes import SWEEP_NOTES
from runner.page.configuration_contents import gather_configuration
from runner.page.plain_values import Plain, make_plain, make_rows
from runner.page.table_columns import choose_columns, has_several, order_metrics
from runner.plan.manifest import RESUME_KEYS, Manifest, read_manifest
from runner.text import plural
from runner.trust.command_line import split_override

MOST_LISTED = 500
"""How many claims, findings or failures are listed at most; the files have all."""

WORDS = {
    Result.REFUTED: "refuted",
    Result.INCONCLUSIVE: "inconclusive",
    Result.HOLDS: "holding",
}
"""Each result of a claim, as it stands behind a number."""

FLAG = "$"
"""The first character of the name of an environment variable in a plan."""

NOT_REPEATED = (*RESUME_KEYS, "hydra.sweep.dir")
"""Keys whose values would bring a sweep back to a directory that has one already."""

REVISION = "source revision"
"""The name of the revision of the code in a plan."""


@dataclass(frozen=True)
class SweepState:
    """What is known of a sweep besides its results."""

    running: bool = False
    """Whether it still runs."""
    against: Mapping[str, Any] | None = None
    """How it compares with an earlier sweep; None: there is nothing to compare it with."""


def gather_sweep(results: Results, state: SweepState) -> dict[str, Plain]:
    """Return all that the page of a sweep shows."""
    table = results.table
    rows = table.to_dict("records")
    runs = {run["dir"]: run for run in results.runs.to_dict("records")}
    plan = _read_plan(results)
    return {
        "title": make_plain(str(results.directory)),
        "verdicts": _count_verdicts(results),
        "headline": write_headline(results),
        "counts": _write_counts(results),
        "partial": _describe_missing(results, len(plan.runs) if plan else None, state.running),
        "table": {"columns": make_plain(list(table.columns)), "rows": make_rows(table)},
        "shown": make_plain([asdict(each) for each in choose_columns(results)]),
        "names": [name_configuration(results, row) for row in rows],
        "sentences": make_plain(results.sentences),
        "configurations": [
            make_plain(
                gather_configuration(
                    results, row, evidence, [runs[name] for name in evidence.fingerprints]
                )
            )
            for row, evidence in zip(rows, results.evidence, strict=True)
        ],
        "claims": _list_rows(results, results.claims),
        "findings": _list_rows(results, results.findings),
        "failures": make_plain(_count_failures(results)),
        "factors": make_plain(list(_list_factors(results))),
        "sources": make_plain(list(_list_sources(results))),
        "varied": make_plain(list(_list_keys(results))),
        "environment": make_plain(_describe_environment(results.environments, plan)),
        "against": make_plain(state.against),
        "command": make_plain(plan and _write_command(plan)),
        "notes": {name: note._asdict() for name, note in SWEEP_NOTES.items()},
        "left_out": [],
    }


def write_headline(results: Results) -> str:
    """Say in one sentence of how many configurations the runs agreed."""
    states = results.table["across_runs"]
    total, same = len(states), int((states == State.SAME).sum())
    compared = int((states != State.UNMEASURED).sum())
    if not compared:
        return "No two runs could be compared"
    if total == 1:
        return {
            State.SAME: "Every run gave the same output",
            State.ROUNDING: "Runs gave the same output up to rounding",
        }.get(State(states.iloc[0]), "Runs gave different outputs")
    if same == total:
        return f"In all {total} configurations every run gave the same output"
    if same == 0:
        return f"In none of {total} configurations did every run give the same output"
    return f"In {same} of {total} configurations every run gave the same output"


def name_configuration(results: Results, row: Mapping[Any, Any]) -> str:
    """Return the overrides that tell a row's configuration from the others."""
    if len(results.table) == 1:
        return "The configuration"
    columns = results.names.overrides
    varied = {key: c for key, c in columns.items() if has_several(results.table[c])}
    parts = [
        f"{key}={row[column]}"
        for key, column in (varied or columns).items()
        if column in row and not pd.isna(row[column])
    ]
    text: str = make_plain(" ".join(parts)) or "the defaults"
    return text


def _count_verdicts(results: Results) -> list[dict[str, Plain]]:
    """Return each verdict that occurs, in the order of Verdict, with the rows that have it."""
    verdicts = list(results.table["verdict"])
    return [
        {
            "word": str(verdict),
            "colour": verdict.colour,
            "meaning": verdict.meaning.replace("`", ""),
            "rows": [place for place, each in enumerate(verdicts) if each == verdict],
        }
        for verdict in Verdict
        if verdict in verdicts
    ]


def _write_counts(results: Results) -> str:
    runs = results.runs
    again = int(runs["replay_of"].notna().sum())
    resumed = int(runs["resume_of"].notna().sum()) if "resume_of" in runs else 0
    parts = [
        plural(len(results.table), "configuration"),
        plural(len(runs) - again - resumed, "run"),
    ]
    parts += [plural(again, "replay")] if again else []
    parts += [plural(resumed, "resumed run")] if resumed else []
    parts += [f"{results.failed} failed"] if results.failed else []
    counts = Counter(results.claims["result"])
    if claims := sum(counts.values()):
        said = ", ".join(f"{counts[each]} {WORDS[each]}" for each in Result if counts[each])
        parts.append(f"{plural(claims, 'claim')} ({said})")
    return ", ".join(parts)


def _read_plan(results: Results) -> Manifest | None:
    """Return the plan of a sweep; None if it has none, as where several are collated together."""
    try:
        return read_manifest(results.directory)
    except ConfigError:
        return None


def _write_command(plan: Manifest) -> str | None:
    """Return the command that makes a sweep again in a directory of its own; None: not known."""
    words = [each for each in plan.command if split_override(each)[0] not in NOT_REPEATED]
    if not plan.application:
        words = ["python", "-m", "runner", *words]
    return shlex.join(words) if words else None


def _describe_missing(results: Results, planned: int | None, running: bool) -> str | None:
    """Say that a page is partial; None if it is not, or if nobody can tell."""
    missing = 0 if planned is None else results.count_missing(planned)
    if not missing and not running:
        return None
    made = f"{len(results.runs)} of {planned} runs" if planned else plural(len(results.runs), "run")
    if running:
        return f"This sweep was still running when the page was made: {made} had been made."
    return f"This sweep ended early: {made} were made."


def _list_rows(results: Results, frame: pd.DataFrame) -> dict[str, Plain]:
    """Return the rows of a frame about configurations, each with the place of its row."""
    keys = [*results.names.overrides.values(), "configuration"]
    places: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(results.table[keys].itertuples(index=False)):
        places.setdefault(tuple(map(str, row)), place)
    listed = frame.head(MOST_LISTED)
    rows = zip(listed[keys].itertuples(index=False), listed.to_dict("records"), strict=True)
    return {
        "rows": [
            {
                "of": places.get(tuple(map(str, key))),
                **{name: make_plain(value) for name, value in row.items() if name not in keys},
            }
            for key, row in rows
        ],
        "left_out": len(frame) - len(listed),
    }


def _count_failures(results: Results) -> list[dict[str, Any]]:
    """Return each reason of failed runs, how many runs gave it, and the directory of the first."""
    failed = results.runs[results.runs["status"] == "failed"]
    reasons: dict[str, list[str]] = {}
    for error, directory in zip(failed["error"], failed["dir"], strict=True):
        reasons.setdefault(str(error), []).append(directory)
    found = [
        {"reason": reason, "count": len(dirs), "dir": dirs[0]} for reason, dirs in reasons.items()
    ]
    unusable = [{"reason": each, "count": 1, "dir": None} for each in results.problems]
    return (found + unusable)[:MOST_LISTED]


def _list_factors(results: Results) -> Iterator[dict[str, Any]]:
    frame = results.factors
    if results.attribution is not None:
        frame = frame[frame["factor"] != VARY]  # the sources have a block of their own
    metrics = [name for name in order_metrics(results) if f"{name}_diff" in frame]
    for row in frame.to_dict("records"):
        yield {
            "factor": row["factor"],
            "change": f"{row['level']} against {row['against']}",
            "state": row["state"],
            "note": row["note"],
            "metrics": [[name, *_read_ends(row, f"{name}_diff")] for name in metrics],
        }


def _list_sources(results: Results) -> Iterator[dict[str, Any]]:
    frame = results.attribution
    if frame is None:
        return
    names: ColumnNames = results.names
    keys = [column for column in names.overrides.values() if column in frame]
    metrics = [m for m in order_metrics(results) if f"{names.metrics[m]}_share" in frame]
    for row in frame.to_dict("records"):
        yield {
            "group": " ".join(f"{key}={row[key]}" for key in keys),
            "source": row["source"],
            "runs": row["runs"],
            "note": row["note"],
            "churn": _read_ends(row, "churn"),
            "metrics": [
                [
                    name,
                    _read_ends(row, f"{names.metrics[name]}_sd"),
                    _read_ends(row, f"{names.metrics[name]}_share"),
                ]
                for name in metrics
            ],
        }


def _read_ends(row: Mapping[Any, Any], name: str) -> list[Any]:
    """Return an estimate and the two ends of its interval."""
    return [row[f"{name}{end}"] for end in ("", "_low", "_high")]


def _list_keys(results: Results) -> Iterator[dict[str, Any]]:
    """Yield each overridden key with its values, and whether they differ."""
    for key, column in results.names.overrides.items():
        values = list(dict.fromkeys(results.table[column].dropna()))
        yield {"key": key, "values": values[:20], "more": max(0, len(values) - 20)}


def _describe_environment(
    recorded: Sequence[Mapping[str, Any]], plan: Manifest | None
) -> dict[str, Any]:
    """Return what all runs agree on, and the values of what they do not agree on."""
    names = dict.fromkeys(name for each in recorded for name in each)
    values = {
        name: list({repr(each.get(name)): each.get(name) for each in recorded}.values())
        for name in names
    }
    shared: dict[str, Any] = {name: found[0] for name, found in values.items() if len(found) == 1}
    for name, value in (plan.provenance if plan else {}).items():
        if name == REVISION or name.startswith(FLAG):
            shared[name] = value
    return {
        "shared": shared,
        "differing": {name: found for name, found in values.items() if len(found) > 1},
        "kinds": len(recorded),
    }
