"""Describes a configuration in one sentence: what was found, and in how many runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runner.analysis.divergence import Divergence
from runner.analysis.variance import Comparison
from runner.analysis.verdict import MIN_RUNS
from runner.numeric.verdicts import State, Verdict
from runner.text import plural

AS_WRITTEN = "as written"
"""Stands for the seed strategy of a script that is left to seed as it does, or not at all."""

AS_CALLED = "as called"
"""Stands for the seed strategy of a function that is left to seed as it does, or not at all."""

TAKEN_AWAY = "taken away"
"""Stands for the seed strategy of a script whose own seeds are taken away."""


def describe(
    verdict: Verdict,
    comparison: Comparison,
    divergence: Divergence,
    strategy: str,
    confidence: float = 0.95,
    hash_seeds: int | None = None,
    machines: int | None = None,
) -> str:
    """Return one sentence that says what was found, and in how many runs.

    Args:
        verdict: the verdict on the configuration.
        comparison: how its outputs compare.
        divergence: where the fingerprints of its runs part.
        strategy: the name of the seed strategy, AS_WRITTEN, AS_CALLED or TAKEN_AWAY.
        confidence: of `comparison.p_differ_upper`, in (0, 1).
        hash_seeds: the number of distinct hash seeds among the runs; None if it is not known. The
            sentence mentions it of equal runs, because code that depends on the order of a set may
            agree under so few.
        machines: the number of machines on which the runs were made; None if it is not known. The
            sentence mentions it if equal runs were made on several.
    """
    runs = plural(comparison.runs, "run")
    known = hash_seeds is not None
    equal = f"{runs} under {plural(hash_seeds or 0, 'hash seed')}" if known else runs
    if machines is not None and machines > 1:
        equal += f" on {machines} machines"
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
    if comparison.ended:
        text += _describe_ended(comparison, divergence)
    if comparison.failed:
        text += f" {plural(comparison.failed, 'further run')} failed."
    return text


def _describe_difference(
    verdict: Verdict, comparison: Comparison, divergence: Divergence, strategy: str
) -> str:
    """Return what was found of runs that are not the same, or that could not be compared."""
    runs = plural(comparison.runs, "run")
    if comparison.ended and comparison.across_runs is State.UNMEASURED:
        return f"Only {runs} of {comparison.runs + comparison.ended} {_was(comparison.runs)} whole."
    where = f", first at {divergence.first}" if divergence.first else ""
    if verdict is Verdict.ROUNDING:
        return f"{runs} gave the same output up to rounding{where}."
    if verdict is Verdict.SEED_DRIVEN:
        return (
            f"{runs} differ{where}; {plural(comparison.replays, 'replay')} with recorded seeds"
            " gave bitwise the same output, so the seeds explain it."
        )
    if verdict is Verdict.UNCONTROLLED:
        # Runs can be alike here, because only a replay gave something else.
        alike = comparison.max_abs_diff == 0 and divergence.first is None
        found, link = ("gave the same output", "but") if alike else ("differ", "and")
        return f"{runs} {found}{where}, {link} {_unexplained(comparison, strategy)}."
    assert verdict is Verdict.INSUFFICIENT
    if comparison.runs < MIN_RUNS:
        return f"Only {runs} succeeded; at least two are needed to compare."
    if comparison.across_runs is State.DIFFERS:
        return f"{runs} differ{where}, and no replay says whether the seeds explain it."
    return f"{runs} returned nothing that can be compared."


def _describe_ended(comparison: Comparison, divergence: Divergence) -> str:
    """Return where further runs parted and were ended, and what is not known therefore."""
    text = ""
    if comparison.parted:
        others = plural(comparison.parted, "run")
        text = (
            f" {others} parted from another one with the same seeds, first at {divergence.ended},"
            f" and {_was(comparison.parted)} ended there: whether outputs differ too was not"
            " compared. With stop_at=never all runs are made whole."
        )
    if unseen := comparison.ended - comparison.parted:
        text += (
            f" {plural(unseen, 'run')} {_was(unseen)} ended, but no whole run here shows that"
            " it parted."
        )
    return text


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def describe_unseen(verdict: Verdict, divergence: Divergence, metrics: Sequence[str]) -> str:
    """Return what varies although outputs on the probe are the same; empty if nothing does.

    Args:
        verdict: the verdict on the configuration.
        divergence: where the fingerprints of its runs part.
        metrics: the names of the metrics that are not the same in all runs.
    """
    if verdict.runs is not State.SAME:
        return ""
    text = ""
    if divergence.first is not None:
        text += f" Runs differ at {divergence.first}, which the outputs do not show."
    if metrics:
        text += f" Not the same in all runs: {', '.join(metrics)}."
    return text


def _within(comparison: Comparison, divergence: Divergence) -> str:
    """Return how builds and calls inside a run compare, unless they are the same."""
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
    left_out = " and ".join(name for name, state, _ in axes if state is State.UNMEASURED)
    return "".join(parts) + (f", {left_out} were not compared" if left_out else "")


def _bound(comparison: Comparison, confidence: float) -> str:
    """Return how many further runs could differ all the same; empty if there is no bound."""
    if comparison.p_differ_upper is None:
        return ""
    # The bound is rounded up, or it would claim more than was measured. Rounding to 6 digits first
    # keeps the last bit of a float from adding 1%.
    percent = math.ceil(round(100 * comparison.p_differ_upper, 6))
    return f" (with {100 * confidence:g}% confidence, at most {percent}% of runs differ)"


def _unexplained(comparison: Comparison, strategy: str) -> str:
    """Return why seeds do not explain that runs differ."""
    if strategy == "unset":
        return "nothing was seeded"
    if strategy == AS_WRITTEN:
        return "seeds were left as the script sets them"
    if strategy == AS_CALLED:
        return "seeds were left as the function sets them"
    if strategy == TAKEN_AWAY:
        return "the seeds that the script sets were taken away"
    if comparison.parted:
        return "a run with the same seeds is among those that part"
    if comparison.equal_seeds not in (State.SAME, State.UNMEASURED):
        return "runs with the same seed are among them"
    if comparison.replay is State.UNMEASURED:
        return "no replay says whether the seeds explain it"
    return "a replay with the recorded seeds did not repeat its run"
