"""Lays fingerprints out as a strip: a row for each build of a run, a column for each stage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from runner.analysis.evidence import Evidence
from runner.record.stages import Fingerprints, kind_of, order_stages

MOST_COLUMNS = 40
"""With more stages than this, consecutive ones of a kind share a column."""

LONG = 8
"""A stretch of one kind is long if it has more stages, such as epochs."""

MOST_ROWS = 240
"""How many builds of runs are shown at most."""

SHORT_DIGITS = 8
"""How many digits of a digest are shown; 1 in 4e9 unequal ones agree in them."""

MISSING = -1
"""Stands for a stage that a build did not record."""


@dataclass(frozen=True)
class Strip:
    """Which builds have equal digests, stage by stage."""

    columns: tuple[str, ...]
    """Names of the columns, in causal order."""
    rows: tuple[tuple[int, int], ...]
    """For each row, the index of its run and the number of its build."""
    letters: tuple[tuple[int, ...], ...]
    """For each row, a number for each column. Rows with the same number there have the same digest,
    numbered from 0 in the order of rows; MISSING: none was recorded."""
    digests: tuple[tuple[str, ...], ...]
    """For each column, the digest of each number."""
    left_out: int = 0
    """How many rows are left out."""


def make_strip(evidence: Evidence, first: str | None) -> Strip | None:
    """Lay out the fingerprints of one configuration; None if there are none.

    Args:
        evidence: what its runs recorded.
        first: the stage at which runs first part, which gets a column of its own.
    """
    found = [
        ((run, number), build)
        for run, builds in enumerate(evidence.fingerprints.values())
        for number, build in enumerate(builds)
        if build
    ]
    found.sort(key=lambda each: (each[0][1], each[0][0]))
    builds = [build for _, build in found[:MOST_ROWS]]
    if not builds:
        return None
    columns = _group_stages(order_stages(builds), first)
    numbered = [_number(builds, stages) for stages in columns.values()]
    return Strip(
        columns=tuple(columns),
        rows=tuple(row for row, _ in found[:MOST_ROWS]),
        letters=tuple(zip(*(numbers for numbers, _ in numbered), strict=True)),
        digests=tuple(digests for _, digests in numbered),
        left_out=max(0, len(found) - MOST_ROWS),
    )


def _group_stages(stages: Sequence[str], first: str | None) -> dict[str, list[str]]:
    """Return the name of each column to its stages: long stretches of a kind share one."""
    place = stages.index(first) if first in stages else -1
    # What comes before and after the first stage that differs must not share its column.
    parts = [
        [stage for _, stage in part]
        for _, part in groupby(
            enumerate(stages),
            lambda each: (kind_of(each[1]), (each[0] > place) - (each[0] < place)),
        )
    ]
    long = LONG
    if len(stages) <= MOST_COLUMNS:
        long = len(stages)
    elif sum(len(part) if len(part) <= LONG else 1 for part in parts) > MOST_COLUMNS:
        long = 1
    columns: dict[str, list[str]] = {}
    for part in parts:
        if len(part) > long:
            columns[f"{part[0]} + {len(part) - 1} more"] = part
        else:
            columns |= {stage: [stage] for stage in part}
    return columns


def _number(
    builds: Sequence[Fingerprints], stages: Sequence[str]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Number the distinct digests of a column in the order of its rows."""
    known: dict[str, int] = {}
    numbers = []
    for build in builds:
        digest = _digest(build, stages)
        numbers.append(MISSING if digest is None else known.setdefault(digest, len(known)))
    return tuple(numbers), tuple(digest[:SHORT_DIGITS] for digest in known)


def _digest(build: Fingerprints, stages: Sequence[str]) -> str | None:
    """Return the digest of one stage, or one of all digests of several; None if it has none."""
    if len(stages) == 1:
        return build.get(stages[0])
    found = [(stage, build[stage]) for stage in stages if stage in build]
    return hashlib.sha256(repr(found).encode()).hexdigest() if found else None
