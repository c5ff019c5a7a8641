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

    A row is the word, what the verdict says of runs and of runs with equal seeds, the colour, and
    what README says it means. "Same" means that the runs compared did not differ, not that a
    further one cannot.
    """

    runs: State
    """How runs compare with each other, as the verdict has it; UNMEASURED: it does not say."""
    repeats: bool | None
    """Whether a run with the same seeds gives the same bits; None: it does not say."""
    colour: str
    """Of the word in a terminal."""
    meaning: str
    """What it says of the outputs, without an end of sentence, as in README's table."""

    FAILED = (
        "failed",
        State.UNMEASURED,
        None,
        "red",
        "no run succeeded",
    )
    """Where only some runs failed, the verdict speaks of the others."""
    NON_FINITE = (
        "non-finite",
        State.UNMEASURED,
        None,
        "red",
        "an output is NaN or infinite",
    )
    """In at least one run."""
    COLLAPSED = (
        "collapsed",
        State.UNMEASURED,
        None,
        "red",
        "the output does not depend on the input beyond `compare.rtol` and `compare.atol`, in at"
        " least one run",
    )
    INSUFFICIENT = (
        "insufficient",
        State.UNMEASURED,
        None,
        "yellow",
        "fewer than two runs succeeded, or they differ and no replay says why",
    )
    """Also where runs returned nothing that can be compared."""
    DETERMINISTIC = (
        "deterministic",
        State.SAME,
        True,
        "green",
        "the same across runs, builds and calls",
    )
    """Bitwise, and each of the three was measured."""
    REPEATABLE = (
        "repeatable",
        State.SAME,
        True,
        "green",
        "the same across runs, not (or not measured) across builds or calls",
    )
    ROUNDING = (
        "rounding",
        State.ROUNDING,
        False,
        "yellow",
        "runs differ within the tolerance",
    )
    SEED_DRIVEN = (
        "seed-driven",
        State.DIFFERS,
        True,
        "cyan",
        "runs differ, and a replay with the recorded seeds gives the same bits: the seeds explain"
        " it",
    )
    """Every replay is bitwise the same as the run it repeats, and so are runs with equal seeds,
    where there are any."""
    UNCONTROLLED = (
        "uncontrolled",
        State.DIFFERS,
        False,
        "red",
        "runs differ, or a replay does, and no recorded seed explains it",
    )
    """Nothing was seeded or replayed, or a replay or a fixed seed did not reproduce."""

    def __new__(
        cls, word: str, runs: State, repeats: bool | None, colour: str, meaning: str
    ) -> Verdict:
        """Make a member whose value, as records and configs have it, is the word alone."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.runs, member.repeats = runs, repeats
        member.colour, member.meaning = colour, meaning
        return member

    @classmethod
    def parse(cls, word: str) -> Verdict:
        """Return the verdict that a word names.

        Raises:
            ValueError: it names none.
        """
        for each in cls:
            if each == word:
                return each
        raise ValueError(f"{word!r} is not a valid Verdict")

    @property
    def refutable(self) -> bool:
        """Whether one more run could refute it, however many agreed."""
        return self.runs in (State.SAME, State.ROUNDING)
