"""From fingerprints and a verdict to the reason: where runs part, what drives it, a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runner.compare import Comparison, State
from runner.verdict import MIN_RUNS, Verdict

Fingerprints = dict[str, str]
"""Stage to digest, in causal order."""

RESULTS = ("weights", "outputs")
"""Stages that follow from the sources, and are no source themselves."""

IMPLEMENTATION = "implementation"
"""The source of a difference that none of the recorded ones has."""


@dataclass(frozen=True)
class Divergence:
    """Where runs part."""

    first: str | None
    """The first stage that is not the same in all runs; None when all are."""
    sources: tuple[str, ...]
    """Every source of randomness that is not the same in all runs."""


def find_divergence(runs: Sequence[Sequence[Fingerprints]]) -> Divergence:
    """Compare the stages of each run, build by build, with those of the first run.

    A stage that only one of two runs has, such as a further epoch, counts as different.
    """
    if not runs:
        return Divergence(None, ())
    differing: dict[str, None] = {}
    for run in runs[1:]:
        for ours, theirs in zip(run, runs[0], strict=False):
            for stage in {**theirs, **ours}:
                if ours.get(stage) != theirs.get(stage):
                    differing[stage] = None
    ordered = [stage for stage in _causal(runs) if stage in differing]
    sources = dict.fromkeys(stage.partition("/")[0] for stage in ordered)
    named = tuple(source for source in sources if source not in RESULTS)
    if ordered and not named:
        named = (IMPLEMENTATION,)
    return Divergence(ordered[0] if ordered else None, named)


def describe(
    verdict: Verdict,
    comparison: Comparison,
    divergence: Divergence,
    strategy: str,
    confidence: float = 0.95,
    hash_seeds: int | None = None,
) -> str:
    """One sentence that says what was found, and in how many runs.

    Args:
        verdict: on the comparison.
        comparison: of the configuration's outputs.
        divergence: of its runs' fingerprints.
        strategy: name of the seed strategy.
        confidence: of `comparison.p_differ_upper`.
        hash_seeds: different ones among the runs; None when not known. Said of equal runs that
            share some, as code that depends on the order of a set may agree under so few.
    """
    runs = _count(comparison.runs, "run")
    shared = hash_seeds is not None and hash_seeds < comparison.runs
    under = f" under {_count(hash_seeds or 0, 'hash seed')}" if shared else ""
    bound = _bound(comparison, confidence)
    where = f", first at {divergence.first}" if divergence.first else ""
    text = {
        Verdict.FAILED: f"No run succeeded, {comparison.failed} failed.",
        Verdict.NON_FINITE: (
            f"{comparison.nonfinite_runs} of {runs} returned NaN or infinite outputs."
        ),
        Verdict.COLLAPSED: (
            f"In {comparison.collapsed_runs} of {runs} the output is the same for every input"
            f"{' up to rounding' if comparison.across_inputs is State.ROUNDING else ''}."
        ),
        Verdict.INSUFFICIENT: (
            f"Only {runs} succeeded; at least two are needed to compare."
            if comparison.runs < MIN_RUNS
            else f"{runs} differ{where}, and no replay says whether the seeds explain it."
            if comparison.across_runs is State.DIFFERS
            else f"{runs} returned nothing that can be compared."
        ),
        Verdict.DETERMINISTIC: (
            f"{runs}{under} gave bitwise the same output, and so did every build and call{bound}."
        ),
        Verdict.REPEATABLE: (
            f"{runs}{under} gave bitwise the same output{bound}{_within(comparison)}."
        ),
        Verdict.ROUNDING: f"{runs} gave the same output up to rounding{where}.",
        Verdict.SEED_DRIVEN: (
            f"{runs} differ{where}; {_count(comparison.replays, 'replay')} with recorded seeds"
            " gave bitwise the same output, so the seeds explain it."
        ),
        Verdict.UNCONTROLLED: (f"{runs} differ{where}, and {_unexplained(comparison, strategy)}."),
    }[verdict]
    if comparison.failed and verdict is not Verdict.FAILED:
        text += f" {_count(comparison.failed, 'further run')} failed."
    return text


def describe_unseen(verdict: Verdict, divergence: Divergence, metrics: Sequence[str]) -> str:
    """What varies although outputs on the probe are the same; empty when nothing does.

    Args:
        verdict: on the outputs.
        divergence: of the runs' fingerprints.
        metrics: names of those that are not the same in all runs.
    """
    if verdict not in (Verdict.DETERMINISTIC, Verdict.REPEATABLE):
        return ""
    text = ""
    if divergence.first is not None:
        text += f" Runs differ at {divergence.first}, which outputs on the probe do not show."
    if metrics:
        text += f" Not the same in all runs: {', '.join(metrics)}."
    return text


def _causal(runs: Sequence[Sequence[Fingerprints]]) -> list[str]:
    """All stages: those of the longest build, with others after what they follow elsewhere."""
    builds = sorted((b for run in runs for b in run), key=len, reverse=True)
    order = list(builds[0]) if builds else []
    for build in builds[1:]:
        if set(build).issubset(order):
            continue
        place = 0
        for stage in build:
            if stage not in order:
                order.insert(place, stage)
            place = order.index(stage) + 1
    return order


def _within(comparison: Comparison) -> str:
    axes = {"builds": comparison.across_builds, "calls": comparison.across_calls}
    parts = [
        f", {name} inside a run {state}"
        for name, state in axes.items()
        if state in (State.DIFFERS, State.ROUNDING)
    ]
    parts += [
        f", {name} were not compared" for name, state in axes.items() if state is State.UNMEASURED
    ]
    return "".join(parts).replace(" rounding", " differ by rounding").replace("differs", "differ")


def _bound(comparison: Comparison, confidence: float) -> str:
    """What "the same" leaves open, for so few runs."""
    if comparison.p_differ_upper is None:
        return ""
    # Up, or a bound would claim more than was measured; but not for the last bit of a float.
    percent = math.ceil(round(100 * comparison.p_differ_upper, 6))
    return f" (with {100 * confidence:g}% confidence, at most {percent}% of runs differ)"


def _unexplained(comparison: Comparison, strategy: str) -> str:
    if strategy == "unset":
        return "nothing was seeded"
    if comparison.equal_seeds not in (State.SAME, State.UNMEASURED):
        return "runs with the same seed are among them"
    if comparison.replay is State.UNMEASURED:
        return "no replay says whether the seeds explain it"
    return "a replay with the recorded seeds did not repeat its run"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
