"""Shows how many replicates the next sweep needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.compare.metric_samples import MetricSamples, Sample
from runner.numeric.intervals import CONCLUSIVE
from runner.numeric.jackknife import MIN_RUNS
from runner.report.columns import GAP, Column, fit_columns, show_number
from runner.statistics.judgement import MOST_REPLICATES
from runner.statistics.power import Needed, Plan, Wanted
from runner.text import plural, shorten

SHORTEST_NAME = 12
"""How many characters of a configuration's name are shown however narrow the terminal is."""


def print_plans(
    read: MetricSamples, plans: Sequence[Plan], wanted: Wanted, console: Console
) -> None:
    """Print a row for each configuration, and what the numbers rest on."""
    console.print(_build_table(read, plans, wanted, console.width))
    console.print()
    for line in _explain(read, plans, wanted):
        console.print(Text(line))


def format_json(read: MetricSamples, plans: Sequence[Plan], wanted: Wanted) -> str:
    """Return the plans as JSON; null stands for what is not wanted or not known."""
    rows = [
        {
            "configuration": sample.name,
            "overrides": sample.overrides,
            "runs": plan.runs,
            "copies": sample.runs - plan.runs,
            "sd": plan.sd.value,
            "sd_low": plan.sd.low,
            "sd_high": plan.sd.high,
            "width": asdict(plan.width),
            "difference": asdict(plan.difference),
            "verdict": plan.verdict,
            "confidence": sample.confidence,
            "note": explain_missing(sample),
        }
        for sample, plan in zip(read.samples, plans, strict=True)
    ]
    content: dict[str, Any] = {
        "metric": read.metric,
        "wanted": asdict(wanted),
        "most": MOST_REPLICATES,
        "configurations": rows,
        "problems": list(read.problems),
    }
    return json.dumps(content, indent=1)


def explain_missing(sample: Sample) -> str | None:
    """Return why nothing can be planned from an SD; None if something can."""
    if not sample.finite:
        return "a value is NaN or infinite"
    count = len(sample.values)
    if count < MIN_RUNS:
        copies = sample.runs - count
        said = f" besides {plural(copies, 'bitwise copy').replace('copys', 'copies')}"
        return f"{plural(count, 'run')}{said if copies else ''}, and at least {MIN_RUNS} are needed"
    if min(sample.values) == max(sample.values):
        return "all values are equal, which says nothing about how far others would be"
    return None


def _build_table(read: MetricSamples, plans: Sequence[Plan], wanted: Wanted, width: int) -> Table:
    columns = list(_number_columns(plans, wanted))
    taken = sum(each.width + GAP for each in columns)
    longest = max(SHORTEST_NAME, width - taken)
    heading, names = _split_names([each.shown_name for each in read.samples])
    cells = [shorten(each, longest) for each in names]
    return fit_columns([Column(shorten(heading, longest), cells, 0), *columns], width)


def _split_names(names: Sequence[str]) -> tuple[str, list[str]]:
    """Return a heading and what differs under it: values alone, where one key alone varies."""
    keys = {name.partition("=")[0] for name in names}
    if len(keys) != 1 or any(name.count("=") != 1 or " " in name for name in names):
        return "configuration", list(names)
    return keys.pop(), [name.partition("=")[2] for name in names]


def _number_columns(plans: Sequence[Plan], wanted: Wanted) -> Iterator[Column]:
    yield Column("runs", [str(each.runs) for each in plans], 1)
    yield Column("SD", [show_number(each.sd.value) for each in plans], 2)
    yield Column("at most", [show_number(each.sd.high) for each in plans], 3)
    if wanted.width is not None:
        yield Column(f"width {wanted.width:g}", [_show(each.width) for each in plans], 4)
    if wanted.difference is not None:
        heading = f"difference {wanted.difference:g}"
        yield Column(heading, [_show(each.difference) for each in plans], 5)
    if wanted.verdict:
        yield Column("verdict", [show_number(each.verdict) for each in plans], 6)


def _show(needed: Needed) -> str:
    """Return `12 to 40`: the number at the SD and at its upper end; `-` where not known."""
    if needed == Needed():
        return "-"
    ends = (needed.at_sd, needed.at_upper)
    return " to ".join(f">{MOST_REPLICATES}" if each is None else str(each) for each in ends)


def _explain(read: MetricSamples, plans: Sequence[Plan], wanted: Wanted) -> Iterator[str]:
    percent = f"{100 * max(each.confidence for each in read.samples):g}%"
    yield (
        f"Replicates that the next sweep needs for {read.metric}: first if the SD is as measured,"
        f" then if it is the upper end (at most) of its {percent} interval."
    )
    if wanted.width is not None:
        yield (
            f"width: until the {percent} interval of the mean is {wanted.width:g} wide, end to end."
        )
    if wanted.difference is not None:
        yield (
            f"difference: of each of two configurations that vary alike, until means that are"
            f" {wanted.difference:g} apart are found to differ {100 * wanted.power:g}% of the time."
        )
    if wanted.verdict:
        yield (
            f"verdict: runs that all have to be the same, so that at most {100 * CONCLUSIVE:g}% of"
            f" further ones differ, with {percent} confidence; - where runs differ already."
        )
    for sample in read.samples:
        if reason := explain_missing(sample):
            yield f"{sample.shown_name}: {reason}."
        if sample.failed:
            yield f"{sample.shown_name}: {plural(sample.failed, 'failed run')} left out."
    yield from (f"problem: {each}" for each in read.problems)
