"""Numbers to a verdict: one word that says what a configuration's outputs do when run again."""

from __future__ import annotations

from enum import StrEnum

from runner.analysis.variance import Comparison
from runner.numeric.bitwise import State

MIN_RUNS = 2
"""Successful runs below which nothing can be said about running again."""
MIN_NONFINITE_RUNS = 1
"""Runs with a NaN or an infinity from which the verdict is non-finite."""
MIN_COLLAPSED_RUNS = 1
"""Runs that ignore their input from which the verdict is collapsed: a person must see even one."""


class Verdict(StrEnum):
    """What a configuration does, in the order of `judge`: the first that applies."""

    FAILED = "failed"
    """No run succeeded. Where only some failed, the verdict speaks of the others."""
    NON_FINITE = "non-finite"
    """At least one run has an output that is NaN or infinite."""
    COLLAPSED = "collapsed"
    """The outputs do not depend on the input, beyond rounding, in at least one run."""
    INSUFFICIENT = "insufficient"
    """Fewer than two runs succeeded, or they returned nothing that can be compared, or they differ
    and nothing was measured that could tell whether the recorded seeds explain it."""
    DETERMINISTIC = "deterministic"
    """Bitwise the same across runs, builds and calls, each of which was measured."""
    REPEATABLE = "repeatable"
    """Bitwise the same across runs; across builds or calls it is not, or was not measured."""
    ROUNDING = "rounding"
    """Runs differ, everywhere within the tolerance."""
    SEED_DRIVEN = "seed-driven"
    """Runs differ, and the recorded seeds explain all of it: every replay is bitwise the same as
    the run it repeats, and so are runs with equal seeds where there are any."""
    UNCONTROLLED = "uncontrolled"
    """Runs differ, and no recorded seed explains it: nothing was seeded or replayed, or a replay or
    a fixed seed did not reproduce."""


def judge(comparison: Comparison) -> Verdict:
    """The first verdict that applies.

    "Same" means that the runs compared did not differ, not that a further one cannot:
    `Comparison.p_differ_upper` bounds that chance.
    """
    if comparison.runs == 0:
        return Verdict.FAILED
    if comparison.nonfinite_runs >= MIN_NONFINITE_RUNS:
        return Verdict.NON_FINITE
    if comparison.collapsed_runs >= MIN_COLLAPSED_RUNS:
        return Verdict.COLLAPSED
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
