"""Gathers what a page shows of one configuration when it is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import pandas as pd

from runner.analysis.evidence import Evidence
from runner.analysis.results import Results
from runner.config.schema import Strategy
from runner.numeric.intervals import mean_interval
from runner.numeric.verdicts import State
from runner.page.fingerprint_strip import MISSING, Strip, make_strip
from runner.page.pair_map import Measure, PairMap, map_pairs
from runner.page.plain_values import Plain, shorten_number
from runner.page.table_columns import order_metrics

PAIR_DIGITS = 3
"""Significant digits of a number in the map of pairs."""

DRAWN = {
    "runs": "drawn anew in each run",
    "builds": "drawn anew in each build",
    "unknown": "perhaps drawn anew: nobody can tell",
    "code": "code that may draw",
}
"""Keys of what a configuration is known to draw, in words."""

Row = Mapping[Any, Any]
"""A row of a frame, column to value."""


def gather_configuration(
    results: Results, row: Row, evidence: Evidence, runs: Sequence[Row]
) -> dict[str, Plain]:
    """Return what a page shows of one configuration.

    Args:
        results: the results of the sweep.
        row: its row of the table.
        evidence: what its runs recorded.
        runs: its rows of the frame of runs, in the order of `evidence.fingerprints`.
    """
    labels = label_runs(runs)
    strip = make_strip(evidence, row["first_divergence"])
    pairs = map_pairs(
        evidence, labelled=not pd.isna(row["churn"]), sized=not pd.isna(row["max_abs_diff"])
    )
    places = {run["dir"]: place for place, run in enumerate(runs)}
    return {
        "runs": {
            "labels": labels,
            "dirs": [run["dir"] for run in runs],
            "again": [place for place, run in enumerate(runs) if _is_again(run)],
            "failed": _group_errors(labels, runs),
        },
        "series": list(_gather_series(results, row, evidence, runs)),
        "strip": strip and _pack_strip(strip),
        "pairs": pairs and _pack_pairs(pairs, [places[each] for each in evidence.compared]),
        "confidence": evidence.confidence,
        "facts": list(_describe_variation(row, evidence)),
    }


def label_runs(runs: Sequence[Row]) -> list[str]:
    """Name each run by its replicate; a replay and a resumed run by the run that it repeats."""
    names = {run["dir"]: f"run {run['replicate']}" for run in runs if not _is_again(run)}
    labels = []
    for run in runs:
        label = names.get(run["dir"])
        if label is None:
            resumed = not pd.isna(run.get("resume_of"))
            job = run["resume_of" if resumed else "replay_of"]
            original = names.get(str(PurePath(run["dir"]).with_name(str(job))), f"job {job}")
            label = f"{original}, {'resumed' if resumed else 'replayed'}"
        labels.append(label)
    counts = Counter(labels)
    # Runs of several sweeps, or several replays of one run, are told apart by their directories.
    return [
        label if counts[label] == 1 else f"{label} ({run['dir']})"
        for label, run in zip(labels, runs, strict=True)
    ]


def _is_again(run: Row) -> bool:
    return not pd.isna(run["replay_of"]) or not pd.isna(run.get("resume_of"))


def _group_errors(labels: Sequence[str], runs: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Return each distinct error with the runs that ended with it."""
    found: dict[str, list[str]] = {}
    for label, run in zip(labels, runs, strict=True):
        if not pd.isna(run["error"]):
            found.setdefault(run["error"], []).append(label)
    return list(found.items())


def _gather_series(
    results: Results, row: Row, evidence: Evidence, runs: Sequence[Row]
) -> Iterator[dict[str, Plain]]:
    """Yield what a picture of dots needs for each metric, and for each published evaluation."""
    for metric in order_metrics(results):
        values = [shorten_number(run[results.names.run_metrics[metric]]) for run in runs]
        if all(each is None for each in values):
            continue
        begin = results.names.metrics[metric]
        yield {
            "title": metric,
            "values": values,
            **{
                name: shorten_number(row[f"{begin}_{column}"])
                for name, column in (("mean", "mean"), ("low", "ci_low"), ("high", "ci_high"))
            },
            "claimed": [
                _pack_number(each)
                for each in evidence.claimed
                if each.metric == metric and each.evaluate == "final"
            ],
        }
    for each in evidence.claimed:
        if each.evaluated:
            found = mean_interval(each.evaluated, evidence.confidence)
            yield {
                "title": f"{each.metric}, {each.evaluate} evaluation",
                "values": [shorten_number(value) for value in each.evaluated],
                "unnamed": True,
                "mean": shorten_number(found.mean),
                "low": shorten_number(found.low),
                "high": shorten_number(found.high),
                "claimed": [_pack_number(each)],
            }


def _pack_number(claimed: Any) -> dict[str, Plain]:
    named = asdict(claimed)
    numbers = {name: shorten_number(named[name]) for name in ("low", "mean", "high")}
    return {**numbers, **{name: named[name] for name in ("text", "spread", "source")}}


def _pack_strip(strip: Strip) -> dict[str, Plain]:
    """Return a strip as short texts, because a page may hold thousands of them."""
    return {
        "columns": strip.columns,
        "rows": strip.rows,
        "letters": [
            ",".join("" if each == MISSING else str(each) for each in row) for row in strip.letters
        ],
        "digests": [",".join(each) for each in strip.digests],
        "left_out": strip.left_out,
    }


def _pack_pairs(pairs: PairMap, places: Sequence[int]) -> dict[str, Plain]:
    """Return the half of a map above its diagonal, row by row."""
    runs = len(pairs.alike)
    values: list[float | None] = []
    if pairs.measure is not Measure.BITS:
        for run in range(runs):
            for each in pairs.distances[run][run + 1 :]:
                values.append(None if each is None else float(f"{each:.{PAIR_DIGITS}g}"))
    return {
        "measure": str(pairs.measure),
        "share": pairs.measure is Measure.LABELS,
        "alike": pairs.alike,
        "runs": list(places[:runs]),
        "values": values,
        "left_out": pairs.left_out,
    }


def _describe_variation(row: Row, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield names and texts that say what differed between the runs, and what did not."""
    configuration = evidence.configuration
    yield "seed strategy", configuration.strategy
    if configuration.scope and configuration.strategy != Strategy.unset.name:
        yield "seeded", f"once per {configuration.scope}"
    if configuration.vary is not None:
        yield "seeds that differ by replicate", ", ".join(configuration.vary) or "none"
    for name, title in DRAWN.items():
        if configuration.drawn.get(name):
            yield title, ", ".join(configuration.drawn[name])
    if configuration.absent:
        yield "sources that it does not have", ", ".join(configuration.absent)
    if row["across_runs"] != State.UNMEASURED or not pd.isna(row["varies_with"]):
        differing = row["varies_with"]
        yield "seen to differ between runs", "nothing" if pd.isna(differing) else differing
    if evidence.hash_seeds:
        yield "hash seeds", str(evidence.hash_seeds)
    for name, title in (("predicted", "predicted"), ("surprise", "surprise")):
        if not pd.isna(row[name]):
            yield title, row[name]
