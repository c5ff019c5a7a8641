"""Checks claims about published results: what our runs have to do with a number in a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from runner.analysis.claims.checked import Cell, Found, Result
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.rounds.looks import share_over_looks, take_last_look
from runner.config.schema import PUBLISHED_CHECKS
from runner.record.reader import StoredRun
from runner.statistics.judgement import (
    Answer,
    Judgement,
    judge_compatible,
    judge_different,
    judge_equivalent,
)
from runner.statistics.published_result import (
    PublishedRange,
    PublishedResult,
    read_published,
)
from runner.text import plural

JUDGES = {
    "compatible": judge_compatible,
    "equivalent": judge_equivalent,
    "different": judge_different,
}

HOLDING = {
    "compatible": Answer.COMPATIBLE,
    "equivalent": Answer.EQUIVALENT,
    "different": Answer.DIFFERENT,
}
"""What is claimed, to the answer with which it holds."""

EVALUATED = "evaluated/"
"""Begins the names of what evaluations measured, in a run's history."""

PICKS = {"highest": max, "lowest": min}
"""Which of a run's evaluations a claim is about, to what picks it."""


def check_published(claim: Mapping[str, Any], measured: ConfigurationResult) -> tuple[str, Found]:
    """Check a claim that names a published result.

    Returns:
        The claim in short, such as `compatible with 68 ± 2 (n=3)`, and what was found.
    """
    (name,) = (each for each in PUBLISHED_CHECKS if claim.get(each) is not None)
    published = read_published(name, claim[name])
    evaluate = claim.get("evaluate") or "final"
    values = _read_values(claim["metric"], evaluate, take_last_look(measured).runs)
    judgement = _judge(name, published, values, measured)
    cell = Cell(
        claim["metric"], published, judgement, tuple(values), evaluate, **(claim.get("cell") or {})
    )
    check = f"{claim['metric']} {name} {_link(name)} {word_published(published)}"
    if evaluate in PICKS:
        check += f", {evaluate} evaluation"
    text = _word_measured(cell)
    hopeless = not cell.values and bool(measured.runs)
    return check, Found(text, _decide(name, judgement.answer), _needed(cell), cell, hopeless)


def _judge(
    name: str, published: PublishedResult, values: Sequence[float], measured: ConfigurationResult
) -> Judgement:
    """Judge values; with `replicates=auto`, so that looking at them often misleads no more.

    A higher confidence makes it harder to show a difference or equivalence. It would make it
    easier to be compatible, so that runs are compatible at the confidence asked for, and different
    only at the higher one too.
    """
    alone = JUDGES[name](published, values, measured.confidence)
    shared = share_over_looks(measured)
    if shared == measured.confidence or alone.answer is Answer.COMPATIBLE:
        return alone
    together = JUDGES[name](published, values, shared)
    if together.answer is Answer.COMPATIBLE:
        return replace(alone, answer=Answer.INCONCLUSIVE)
    return together


def word_published(published: PublishedResult) -> str:
    """Return a published result in the unit of its publication, such as `68 ± 2 (n=3)`."""
    scale = published.scale
    sign = "%" if published.percent else ""
    given = published.of
    if isinstance(given, PublishedRange):
        return f"{given.low * scale:.4g} to {given.high * scale:.4g}{sign}"
    return f"{given.mean * scale:.4g} ± {given.sd * scale:.2g}{sign} (n={given.n})"


def word_values(cell: Cell) -> str:
    """Return what was measured for a cell in its publication's unit, such as `64.8 ± 0.34`."""
    if not cell.values:
        return "-"
    scale = cell.published.scale
    mean = f"{float(np.mean(cell.values)) * scale:.4g}"
    if len(cell.values) < 2:
        return mean
    return f"{mean} ± {float(np.std(cell.values, ddof=1)) * scale:.2g}"


def _link(name: str) -> str:
    return {"compatible": "with", "equivalent": "to", "different": "from"}[name]


def _decide(name: str, answer: Answer) -> Result:
    if answer is HOLDING[name]:
        return Result.HOLDS
    return Result.REFUTED if answer is Answer.DIFFERENT else Result.INCONCLUSIVE


def _needed(cell: Cell) -> int | None:
    return 2 if len(cell.values) == 1 else cell.judgement.needed


def _word_measured(cell: Cell) -> str:
    if not cell.values:
        return f"no run has {cell.metric}{' of evaluations' if cell.evaluate in PICKS else ''}"
    sign = "%" if cell.published.percent else ""
    text = f"{word_values(cell)}{sign} ({plural(len(cell.values), 'run')})"
    return f"{text}: {cell.judgement.answer}{_word_interval(cell.judgement, cell.published)}"


def _word_interval(judgement: Judgement, published: PublishedResult) -> str:
    if judgement.low is None or judgement.high is None:
        return ""
    low, high = judgement.low * published.scale, judgement.high * published.scale
    text = f", {judgement.interval} {low:.4g} to {high:.4g}"
    if published.margin is not None:
        text += f", margin {published.margin * published.scale:.4g}"
    return text


def _read_values(metric: str, evaluate: str, runs: Sequence[StoredRun]) -> list[float]:
    """Return a metric of the first build of each run that has it."""
    if evaluate == "final":
        return [each.first_metrics[metric] for each in runs if metric in each.first_metrics]
    histories = [each.record.history[0] for each in runs if each.record.history]
    found = [history.get(f"{EVALUATED}{metric}", []) for history in histories]
    return [PICKS[evaluate](values) for values in found if values]
