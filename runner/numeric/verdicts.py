"""Declares the words of a measurement: states of two arrays, and verdicts on a configuration."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How two arrays, or the worst of many pairs of arrays, compare."""

    SAME = "same"
    """The arrays are bitwise equal."""
    ROUNDING = "rounding"
    """The arrays are not bitwise equal, but every element is within the tolerance. This includes
    -0.0 against 0.0 and NaNs with different bits; integers never round."""
    DIFFERS = "differs"
    """At least one element is outside the tolerance, or is present on one side only."""
    UNMEASURED = "unmeasured"
    """There were not two things to compare, so nothing is claimed."""


MEASURED = (State.SAME, State.ROUNDING, State.DIFFERS)
"""The states that a comparison of two things can find, from the most alike to the least."""


class Verdict(StrEnum):
    """What a configuration does; `judge` tries the verdicts in this order.

    Each member gives its word, its colour, its meaning as docs/verdicts.md has it and, if the
    verdict says anything about them, how runs and runs with equal seeds compare. "Same" means that
    the compared runs did not differ, not that a further run cannot.
    """

    colour: str
    """The colour of the word in a terminal."""
    meaning: str
    """What the verdict says of the outputs, as in docs/verdicts.md, without a final full stop."""
    runs: State
    """How the verdict says that runs compare; UNMEASURED if it does not say."""
    repeats: bool | None
    """Whether a run with the same seeds gives the same bits; None if the verdict does not say."""

    FAILED = (
        "failed",
        "red",
        "no run succeeded",
    )
    """If only some runs failed, the verdict speaks of the others."""
    NON_FINITE = (
        "non-finite",
        "red",
        "an output is NaN or infinite",
    )
    """One such run is enough."""
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
    """This also applies if runs returned nothing that can be compared."""
    DETERMINISTIC = (
        "deterministic",
        "green",
        "the same across runs, builds and calls",
        State.SAME,
        True,
    )
    """The outputs are bitwise the same, and each of the three axes was measured."""
    REPEATABLE = (
        "repeatable",
        "green",
        "the same across runs, but different or unmeasured across builds or calls",
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
    """Every replay is bitwise the same as the run that it repeats, and so are runs with equal
    seeds, if there are any."""
    UNCONTROLLED = (
        "uncontrolled",
        "red",
        "runs differ, or a replay differs from its original, and the recorded seeds do not explain"
        " it",
        State.DIFFERS,
        False,
    )
    """Nothing was seeded or replayed, or a replay or a fixed seed did not reproduce a run."""

    def __new__(
        cls,
        word: str,
        colour: str = "",
        meaning: str = "",
        runs: State = State.UNMEASURED,
        repeats: bool | None = None,
    ) -> Verdict:
        """Make a member whose value, as in records and configs, is the word alone."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.colour, member.meaning = colour, meaning
        member.runs, member.repeats = runs, repeats
        return member

    @property
    def refutable(self) -> bool:
        """Whether one more run could refute the verdict, however many agreed."""
        return self.runs in (State.SAME, State.ROUNDING)
