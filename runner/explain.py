"""From fingerprints and a verdict to the reason: where runs part, what drives it, a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.compare import Comparison, State
from runner.verdict import MIN_RUNS, Verdict

Fingerprints = dict[str, str]
"""Stage to digest, in causal order."""

KINDS = (
    "data", "split", "init", "dropout", "order", "augment", "step", "weights", "outputs",
)  # fmt: skip
"""What stages are of, the part of their names before the first slash, in causal order."""

STEP = "step"
"""Stages that a run has only where it was traced by steps."""

RESULTS = (STEP, "weights", "outputs")
"""Stages that follow from the sources, and are no source themselves."""

IMPLEMENTATION = "implementation"
"""The source of a difference that none of the recorded ones has."""

TRACED = ("data", "init", "weights")
"""Stages that a run has whose every source is recorded."""


@dataclass(frozen=True)
class Divergence:
    """Where runs part, and where the builds of a run and the calls of a build do."""

    first: str | None
    """The first stage that is not the same in all runs; None when all are."""
    sources: tuple[str, ...]
    """Every source of randomness that is not the same in all runs."""
    builds: str | None = None
    """The first stage that is not the same in all builds of a run, in any of the runs; None when
    all are, and when no run has two builds."""
    calls: str | None = None
    """`outputs`, the only stage of a call, when calls of one build gave different bits; None when
    they did not, and when they were not compared."""


def find_divergence(
    runs: Sequence[Sequence[Fingerprints]], across_calls: State = State.UNMEASURED
) -> Divergence:
    """Compare the stages of all runs, build by build, and those of the builds of each run.

    A stage that only some have, such as a further epoch, counts as different; but runs that were
    not traced by steps say nothing of steps. The order of the runs does not matter.

    Args:
        runs: the builds of each successful run.
        across_calls: state of the outputs, as in Comparison.
    """
    ordered = order_stages([build for run in runs for build in run])
    most = max((len(run) for run in runs), default=0)
    alike = [find_differing([run[b] for run in runs if b < len(run)]) for b in range(most)]
    differing = set().union(*alike)
    within = set().union(*map(find_differing, runs))
    found = [stage for stage in ordered if stage in differing]
    named = tuple(dict.fromkeys(k for k in map(kind_of, found) if k not in RESULTS))
    # Of code that names fewer stages nobody knows what else it drew.
    if found and not named and set(map(kind_of, ordered)).issuperset(TRACED):
        named = (IMPLEMENTATION,)
    return Divergence(
        first=found[0] if found else None,
        sources=named,
        builds=next((stage for stage in ordered if stage in within), None),
        calls="outputs" if across_calls in (State.ROUNDING, State.DIFFERS) else None,
    )


def find_differing(builds: Sequence[Fingerprints]) -> set[str]:
    """The stages that are not the same in all of these, or that some lack.

    A step is compared only among builds that were traced by steps.
    """
    stages = {stage for build in builds for stage in build}
    traced = [build for build in builds if is_traced(build)]
    differing = set()
    for stage in stages:
        compared = traced if kind_of(stage) == STEP else builds
        if len({build.get(stage) for build in compared}) > 1:
            differing.add(stage)
    return differing


def is_traced(build: Fingerprints) -> bool:
    """Whether a build has stages of single steps."""
    return any(kind_of(stage) == STEP for stage in build)


def kind_of(stage: str) -> str:
    """`init` of `init/dense/kernel`."""
    return stage.partition("/")[0]


def order_stages(builds: Iterable[Fingerprints]) -> list[str]:
    """All stages in causal order, which does not depend on the order of the builds.

    Those of the longest build, with others after what they follow elsewhere.
    """
    # Few builds of a run or runs of a configuration have other stages than the rest.
    distinct = sorted({tuple(build) for build in builds}, key=lambda each: (-len(each), each))
    order = list(distinct[0]) if distinct else []
    for stages in distinct[1:]:
        known = set(order)
        place = 0
        for stage in stages if not known.issuperset(stages) else ():
            if stage not in known:
                order.insert(place, stage)
                known.add(stage)
            place = order.index(stage) + 1
    if all(kind_of(stage) in KINDS for stage in order):
        # Between stages that no build has both of, what they are of decides.
        order.sort(key=lambda stage: KINDS.index(kind_of(stage)))
    return order


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
    # Only a replay gave something else.
    alike = comparison.max_abs_diff == 0 and divergence.first is None
    found, link = ("gave the same output", "but") if alike else ("differ", "and")
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
            f"{runs}{under} gave bitwise the same output{bound}{_within(comparison, divergence)}."
        ),
        Verdict.ROUNDING: f"{runs} gave the same output up to rounding{where}.",
        Verdict.SEED_DRIVEN: (
            f"{runs} differ{where}; {_count(comparison.replays, 'replay')} with recorded seeds"
            " gave bitwise the same output, so the seeds explain it."
        ),
        Verdict.UNCONTROLLED: (
            f"{runs} {found}{where}, {link} {_unexplained(comparison, strategy)}."
        ),
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


def _within(comparison: Comparison, divergence: Divergence) -> str:
    axes = (
        ("builds", comparison.across_builds, divergence.builds),
        ("calls", comparison.across_calls, None),
    )
    verbs = {State.DIFFERS: "differ", State.ROUNDING: "differ by rounding"}
    parts = [
        f", {name} inside a run {verbs[state]}{f', first at {first}' if first else ''}"
        for name, state, first in axes
        if state in verbs
    ]
    parts += [f", {name} were not compared" for name, state, _ in axes if state is State.UNMEASURED]
    return "".join(parts)


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
