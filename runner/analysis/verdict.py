"""Turns numbers into a verdict: one word for what outputs do when a configuration runs again."""

from __future__ import annotations

from runner.analysis.variance import Comparison
from runner.numeric.verdicts import State, Verdict

MIN_RUNS = 2
"""How many successful runs it takes to say anything about running again."""
MIN_NONFINITE_RUNS = 1
"""How many runs with a NaN or an infinity make the verdict non-finite."""
MIN_COLLAPSED_RUNS = 1
"""How many runs that ignore their input make the verdict collapsed: a person must see even one."""


def judge(comparison: Comparison) -> Verdict:
    """Return the first verdict that applies.

    "Same" means that the runs compared did not differ, not that a further one cannot:
    `Comparison.p_differ_upper` bounds that chance.
    """
    if comparison.runs == 0:
        return Verdict.FAILED
    if comparison.nonfinite_runs >= MIN_NONFINITE_RUNS:
        return Verdict.NON_FINITE
    if comparison.collapsed_runs >= MIN_COLLAPSED_RUNS:
        return Verdict.COLLAPSED
    if comparison.parted and comparison.across_runs is not State.ROUNDING:
        return Verdict.UNCONTROLLED
    if comparison.runs < MIN_RUNS or comparison.across_runs is State.UNMEASURED:
        return Verdict.INSUFFICIENT
    if comparison.across_runs is State.SAME:
        within = (comparison.across_builds, comparison.across_calls)
        everywhere = all(state is State.SAME for state in within)
        return Verdict.DETERMINISTIC if everywhere else Verdict.REPEATABLE
    if comparison.across_runs is State.ROUNDING:
        return Verdict.ROUNDING
    untested = (comparison.replay, comparison.equal_seeds) == (State.UNMEASURED, State.UNMEASURED)
    if comparison.seeded and untested:
        return Verdict.INSUFFICIENT
    explained = comparison.replay is State.SAME and comparison.equal_seeds in (
        State.SAME,
        State.UNMEASURED,
    )
    return Verdict.SEED_DRIVEN if explained else Verdict.UNCONTROLLED
