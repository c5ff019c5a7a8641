"""One sentence on a configuration: what was found, and in how many runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runner.analysis.divergence import Divergence
from runner.analysis.variance import Comparison
from runner.analysis.verdict import MIN_RUNS
from runner.numeric.verdicts import State, Verdict
from runner.text import plural


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
    runs = plural(comparison.runs, "run")
    shared = hash_seeds is not None and hash_seeds < comparison.runs
    equal = f"{runs} under {plural(hash_seeds or 0, 'hash seed')}" if shared else runs
    match verdict:
        case Verdict.FAILED:
            return f"No run succeeded, {comparison.failed} failed."
        case Verdict.NON_FINITE:
            text = f"{comparison.nonfinite_runs} of {runs} returned NaN or infinite outputs."
        case Verdict.COLLAPSED:
            rounding = " up to rounding" if comparison.across_inputs is State.ROUNDING else ""
            text = (
                f"In {comparison.collapsed_runs} of {runs} the output is the same for every input"
                f"{rounding}."
            )
        case Verdict.DETERMINISTIC:
            bound = _bound(comparison, confidence)
            text = f"{equal} gave bitwise the same output, and so did every build and call{bound}."
        case Verdict.REPEATABLE:
            further = _bound(comparison, confidence) + _within(comparison, divergence)
            text = f"{equal} gave bitwise the same output{further}."
        case _:
            text = _describe_difference(verdict, comparison, divergence, strategy)
    if comparison.failed:
        text += f" {plural(comparison.failed, 'further run')} failed."
    return text


def _describe_difference(
    verdict: Verdict, comparison: Comparison, divergence: Divergence, strategy: str
) -> str:
    """Say what was found of runs that are not the same, or that could not be compared."""
    runs = plural(comparison.runs, "run")
    where = f", first at {divergence.first}" if divergence.first else ""
    if verdict is Verdict.ROUNDING:
        return f"{runs} gave the same output up to rounding{where}."
    if verdict is Verdict.SEED_DRIVEN:
        return (
            f"{runs} differ{where}; {plural(comparison.replays, 'replay')} with recorded seeds"
            " gave bitwise the same output, so the seeds explain it."
        )
    if verdict is Verdict.UNCONTROLLED:
        # Only a replay gave something else.
        alike = comparison.max_abs_diff == 0 and divergence.first is None
        found, link = ("gave the same output", "but") if alike else ("differ", "and")
        return f"{runs} {found}{where}, {link} {_unexplained(comparison, strategy)}."
    assert verdict is Verdict.INSUFFICIENT
    if comparison.runs < MIN_RUNS:
        return f"Only {runs} succeeded; at least two are needed to compare."
    if comparison.across_runs is State.DIFFERS:
        return f"{runs} differ{where}, and no replay says whether the seeds explain it."
    return f"{runs} returned nothing that can be compared."


def describe_unseen(verdict: Verdict, divergence: Divergence, metrics: Sequence[str]) -> str:
    """What varies although outputs on the probe are the same; empty when nothing does.

    Args:
        verdict: on the outputs.
        divergence: of the runs' fingerprints.
        metrics: names of those that are not the same in all runs.
    """
    if verdict.runs is not State.SAME:
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
