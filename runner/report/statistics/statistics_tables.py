"""Shows the statistics of a metric over a sweep, and writes them as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.compare.algorithms import MOST_ALGORITHMS
from runner.compare.sweep_statistics import Comparison, SweepStatistics
from runner.numeric.jackknife import Estimate
from runner.record.store import write_atomically
from runner.report.columns import GAP, Column, fit_columns, show_number
from runner.statistics.aggregates import GOOD_BOOTSTRAP
from runner.statistics.difference import Shown
from runner.statistics.superiority import Superiority, needed_pairs
from runner.text import plural, shorten

SHORTEST_NAME = 10
"""How many characters of a name are shown however narrow the terminal is."""

FILES = ("statistics.csv", "comparisons.csv", "profiles.csv")
"""The files that are written beside the records."""


def print_statistics(found: SweepStatistics, console: Console) -> None:
    """Print a table of configurations, one of algorithms over tasks, and one of comparisons."""
    tables = [_fit_named(_describe_columns(found), console.width)]
    if found.asked.tasks is not None and found.aggregates:
        tables.append(_fit_named(_aggregate_columns(found), console.width))
    if found.comparisons:
        tables.append(fit_columns(list(_comparison_columns(found)), console.width))
    for table in tables:
        console.print(table)
        console.print()
    for line in _explain(found, {str(each.header) for table in tables for each in table.columns}):
        console.print(Text(line))


def format_json(found: SweepStatistics) -> str:
    """Return everything but the profiles as JSON; null stands for what is not known."""
    content = {
        "metric": found.metric,
        "confidence": found.confidence,
        "confidence_of_comparisons": found.confidence_of_comparisons,
        "configurations": list(_describe_rows(found)),
        "algorithms": list(_aggregate_rows(found)),
        "comparisons": list(_comparison_rows(found)),
        "left_out": [{"configuration": name, "why": why} for name, why in found.left_out],
    }
    return json.dumps(content, indent=1)


def save_statistics(found: SweepStatistics, directory: Path) -> None:
    """Write FILES into the sweep's directory."""
    profiles = [
        {
            "algorithm": _name(each.algorithm.name),
            "threshold": point.threshold,
            **_columns("share", point.share),
        }
        for each in found.aggregates
        for point in each.profile
    ]
    described = [*_describe_rows(found)]
    if found.asked.tasks is not None:
        described += _aggregate_rows(found)
    tables = (described, list(_comparison_rows(found)), profiles)
    for name, rows in zip(FILES, tables, strict=True):
        frame = pd.DataFrame(rows).drop(columns="overrides", errors="ignore")
        write_atomically(directory / name, frame.to_csv(index=False).encode())


def _describe_rows(found: SweepStatistics) -> Iterator[dict[str, Any]]:
    for each in found.described:
        yield {
            "configuration": each.sample.name,
            "overrides": each.sample.overrides,
            "tasks": 1,
            "runs": len(each.sample.values),
            "copies": each.sample.runs - len(each.sample.values),
            "mean": each.mean.mean,
            "mean_low": each.mean.low,
            "mean_high": each.mean.high,
            "sd": each.mean.sd,
            **_columns("iqm", each.iqm),
            "true_variance": each.sample.true_variance,
            "probe_rows": each.sample.probe_rows,
        }


def _aggregate_rows(found: SweepStatistics) -> Iterator[dict[str, Any]]:
    for each in found.aggregates:
        yield {
            "configuration": each.algorithm.name,
            "overrides": each.algorithm.overrides,
            "tasks": len(each.algorithm.tasks),
            "runs": each.runs,
            **_columns("iqm", each.iqm),
        }


def _comparison_rows(found: SweepStatistics) -> Iterator[dict[str, Any]]:
    for each in found.comparisons:
        difference, superiority = each.difference, each.superiority
        yield {
            "a": found.algorithms[each.a].name,
            "b": found.algorithms[each.b].name,
            "tasks": each.tasks,
            "runs_a": each.runs[0],
            "runs_b": each.runs[1],
            "paired": difference.paired,
            "difference": difference.mean,
            "difference_low": difference.low,
            "difference_high": difference.high,
            "p_sign_flip": difference.p_flip,
            "margin": found.asked.margin,
            "equivalence_low": difference.inner_low,
            "equivalence_high": difference.inner_high,
            "shown": str(difference.shown),
            **_columns("p_a_higher", superiority.share),
            "pairs": superiority.pairs,
            "gamma": found.asked.gamma,
            "decision": str(superiority.answer),
        }


def _describe_columns(found: SweepStatistics) -> list[Column]:
    means = [each.mean for each in found.described]
    return [
        *_numbered(found, [each.sample.shown_name for each in found.described]),
        Column("runs", [str(len(each.sample.values)) for each in found.described], 2),
        Column("mean", [show_number(each.mean) for each in means], 3),
        Column("SD", [show_number(each.sd) for each in means], 4),
        *_true_sd_column(found),
        Column("IQM", [_show(each.iqm) for each in found.described], 5),
    ]


def _true_sd_column(found: SweepStatistics) -> list[Column]:
    """Return the SD on all data of a kind; nothing where it is known of no configuration."""
    variances = [each.sample.true_variance for each in found.described]
    if all(each is None for each in variances):
        return []
    cells = ["-" if each is None else show_number(max(0.0, each) ** 0.5) for each in variances]
    return [Column("true SD", cells, 6)]


def _aggregate_columns(found: SweepStatistics) -> list[Column]:
    rows = found.aggregates
    places = [str(1 + found.algorithms.index(each.algorithm)) for each in rows]
    return [
        Column("#", places, 1),
        Column("over all tasks", [_name(each.algorithm.name) for each in rows], 0),
        Column("tasks", [str(len(each.algorithm.tasks)) for each in rows], 2),
        Column("runs", [str(each.runs) for each in rows], 3),
        Column("IQM", [_show(each.iqm) for each in rows], 4),
    ]


def _comparison_columns(found: SweepStatistics) -> Iterator[Column]:
    rows = found.comparisons
    yield Column("A-B", [f"{each.a + 1}-{each.b + 1}" for each in rows], 0)
    yield Column("n", [_count(each) for each in rows], 2)
    differences = [
        Estimate(each.difference.mean, each.difference.low, each.difference.high) for each in rows
    ]
    yield Column("difference", [_show(each, 2) for each in differences], 1)
    yield Column("shown", [_SHOWN[each.difference.shown] for each in rows], 3)
    yield Column("P(A>B)", [_show(each.superiority.share, 2) for each in rows], 4)
    yield Column("decision", [_DECISIONS[each.superiority.answer] for each in rows], 5)


_SHOWN = {
    Shown.A: "A higher",
    Shown.B: "B higher",
    Shown.EQUIVALENT: "equivalent",
    Shown.NOTHING: "not shown",
    Shown.TOO_FEW: "too few",
}
"""What is shown of two means, in words that fit the table."""

_DECISIONS = {
    Superiority.A: "A",
    Superiority.B: "B",
    Superiority.NOT_SIGNIFICANT: "not sig.",
    Superiority.NOT_MEANINGFUL: "small",
    Superiority.TOO_FEW: "too few",
}
"""What the rule says, in a word that fits the table."""


def _numbered(found: SweepStatistics, names: Sequence[str]) -> Iterator[Column]:
    if found.asked.tasks is None:
        yield Column("#", [str(1 + place) for place in range(len(names))], 1)
    yield Column("configuration", list(names), 0)


def _fit_named(columns: list[Column], width: int) -> Table:
    """Return a table in which the names are cut so that everything else fits."""
    place = next(i for i, each in enumerate(columns) if each.rank == 0)
    taken = sum(each.width + GAP for each in columns) - columns[place].width - GAP
    longest = max(SHORTEST_NAME, width - taken)
    cells = [shorten(cell, longest) for cell in columns[place].cells]
    heading = shorten(columns[place].heading, longest)
    columns[place] = Column(heading, cells, 0)
    return fit_columns(columns, width)


def _count(found: Comparison) -> str:
    if found.difference.paired:
        return plural(found.superiority.pairs, "pair")
    return f"{found.runs[0]}+{found.runs[1]}"


def _show(estimate: Estimate, digits: int = 3) -> str:
    """Return `0.93 (0.91 to 0.95)`; the value alone without an interval."""
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}g}"
    low, high = (f"{each:.{digits}g}" for each in (estimate.low, estimate.high))
    return f"{estimate.value:.{digits}g} ({low} to {high})"


def _columns(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _name(name: str) -> str:
    return name or "all configurations"


def _explain(found: SweepStatistics, headings: Set[str]) -> Iterator[str]:
    """Yield what the words in the tables mean, and what is not in them.

    Args:
        found: what the tables show.
        headings: of the columns for which there was room.
    """
    if "IQM" in headings:
        yield from _explain_middle(found)
    rows = {each.sample.probe_rows for each in found.described} - {0}
    if rows and "true SD" in headings:
        counts = " or ".join(map(str, sorted(rows)))
        yield (
            f"true SD: on all data of this kind, of which the {counts} evaluated rows are a"
            " sample; 0 where runs do not differ by more than a sample makes them differ."
        )
    for each in found.described:
        if copies := each.sample.runs - len(each.sample.values):
            yield (
                f"{each.sample.shown_name}: {plural(copies, 'run')} left out, equal bit for bit to"
                " another."
            )
        if each.sample.failed:
            yield f"{each.sample.shown_name}: {plural(each.sample.failed, 'failed run')} left out."
    yield from (f"{name}: left out, {why}." for name, why in found.left_out)
    if found.comparisons:
        yield from _explain_differences(found)
        yield from _explain_decisions(found, headings)
    elif len(found.algorithms) > MOST_ALGORITHMS:
        yield (
            f"{len(found.algorithms)} are too many to compare each with each: name two values"
            " with --compare KEY=A,B."
        )


def _explain_middle(found: SweepStatistics) -> Iterator[str]:
    percent = f"{100 * found.confidence:g}%"
    yield f"{found.metric}: IQM is the mean of the middle half, with its {percent} interval."
    fewest = min(len(each.sample.values) for each in found.described)
    if fewest < GOOD_BOOTSTRAP:
        yield (
            f"Below {GOOD_BOOTSTRAP} runs (here {fewest}) that interval is too narrow, as it is a"
            " bootstrap's."
        )


def _explain_differences(found: SweepStatistics) -> Iterator[str]:
    shown = {each.difference.shown for each in found.comparisons}
    percent = f"{100 * found.confidence:g}%"
    said = f"difference: A less B; the intervals hold with {percent} confidence all together."
    if Shown.NOTHING in shown:
        said += " Not shown: not shown to differ, which does not mean that they are equal."
    yield said
    if Shown.EQUIVALENT in shown:
        yield (
            f"equivalent: the means are less than {found.asked.margin:g} apart, shown by two"
            " one-sided tests."
        )


def _explain_decisions(found: SweepStatistics, headings: Set[str]) -> Iterator[str]:
    answers = {each.superiority.answer for each in found.comparisons}
    gamma = found.asked.gamma
    clauses = {
        f"A or B if P(A>B), ties counting half, is shown to be beyond 0.5 and its interval reaches"
        f" beyond {gamma:g}": {Superiority.A, Superiority.B},
        f"small: P(A>B) is not beyond {gamma:g}": {Superiority.NOT_MEANINGFUL},
        "not sig.: P(A>B) of 0.5 is possible": {Superiority.NOT_SIGNIFICANT},
        f"too few: {needed_pairs(gamma)} pairs are needed to say that neither is better": {
            Superiority.TOO_FEW
        },
    }
    present = [clause for clause, whose in clauses.items() if whose & answers]
    if "decision" in headings:
        yield f"decision: {'; '.join(present)}."
