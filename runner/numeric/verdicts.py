"""The words of a measurement: states of two arrays, and verdicts on a configuration, a row each."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How two arrays, or the worst of many pairs of arrays, compare."""

    SAME = "same"
    """Bitwise equal."""
    ROUNDING = "rounding"
    """Not bitwise equal, but every element is within the tolerance: also -0.0 against 0.0, and NaNs
    with different bits. Never said of integers."""
    DIFFERS = "differs"
    """At least one element is outside the tolerance, or present on one side only."""
    UNMEASURED = "unmeasured"
    """There were not two things to compare. It is no claim of any kind."""


MEASURED = (State.SAME, State.ROUNDING, State.DIFFERS)
"""What a comparison of two things can find, from the most alike."""


class Verdict(StrEnum):
    """What a configuration does, in the order in which `judge` decides: the first that applies.

    A row is the word, its colour, what README says it means, and what it says of runs and of runs
    with equal seeds, where it says anything. "Same" means that the runs compared did not differ,
    not that a further one cannot.
    """

    colour: str
    """Of the word in a terminal."""
    meaning: str
    """What it says of the outputs, without an end of sentence, as in README's table."""
    runs: State
    """How runs compare with each other, as the verdict has it; UNMEASURED: it does not say."""
    repeats: bool | None
    """Whether a run with the same seeds gives the same bits; None: it does not say."""

    FAILED = (
        "failed",
        "red",
        "no run succeeded",
    )
    """Where only some runs failed, the verdict speaks of the others."""
    NON_FINITE = (
        "non-finite",
        "red",
        "an output is NaN or infinite",
    )
    """In at least one run."""
    COLLAPSED = (
        "collapsed",
        "red",
        "the output does not depend on the input beyond `compare.rtol` and `compare.atol`, in at"
        " least one run",
    )
    INSUFFICIENT = (
        "insufficient",
        "yellow",
        "fewer than two runs succeeded, or they differ and no replay says why",
    )
    """Also where runs returned nothing that can be compared."""
    DETERMINISTIC = (
        "deterministic",
        "green",
        "the same across runs, builds and calls",
        State.SAME,
        True,
    )
    """Bitwise, and each of the three was measured."""
    REPEATABLE = (
        "repeatable",
        "green",
        "the same across runs, not (or not measured) across builds or calls",
        State.SAME,
        True,
    )
    ROUNDING = (
        "rounding",
        "yellow",
        "runs differ within the tolerance",
        State.ROUNDING,
        False,
    )
    SEED_DRIVEN = (
        "seed-driven",
        "cyan",
        "runs differ, and a replay with the recorded seeds gives the same bits: the seeds explain"
        " it",
        State.DIFFERS,
        True,
    )
    """Every replay is bitwise the same as the run it repeats, and so are runs with equal seeds
    where there are any."""
    UNCONTROLLED = (
        "uncontrolled",
        "red",
        "runs differ, or a replay does, and no recorded seed explains it",
        State.DIFFERS,
        False,
    )
    """Nothing was seeded or replayed, or a replay or a fixed seed did not reproduce."""

    def __new__(
        cls,
        word: str,
        colour: str = "",
        meaning: str = "",
        runs: State = State.UNMEASURED,
        repeats: bool | None = None,
    ) -> Verdict:
        """Make a member whose value, as records and configs have it, is the word alone."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.colour, member.meaning = colour, meaning
        member.runs, member.repeats = runs, repeats
        return member

    @property
    def refutable(self) -> bool:
        """Whether one more run could refute it, however many agreed."""
        return self.runs in (State.SAME, State.ROUNDING)
