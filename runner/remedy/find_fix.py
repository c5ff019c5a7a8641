"""Finds the remedies for a script whose runs differ: what was seen first, then everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.analysis.findings.script_causes import Cause
from runner.remedy.remedies import ALL, Outside, guess
from runner.remedy.search import minimize
from runner.remedy.trials import Trial, Trials


@dataclass(frozen=True)
class Fix:
    """Remedies that were seen to make runs repeat, and none of which can be left out."""

    remedies: tuple[Outside, ...]
    trial: Trial
    """The sweep in which runs repeated under them."""
    tried: int
    """Number of sweeps that were made to find them."""


def find_fix(causes: Sequence[Cause], trials: Trials) -> Fix | None:
    """Find a smallest set of remedies under which the runs of a script repeat.

    The remedies that the causes speak for are tried together first. Where they are not enough, all
    remedies are.

    Args:
        causes: the lines by which runs part, as far as they are known.
        trials: runs the script.

    Returns:
        What was found; None: runs differ under all remedies together.
    """
    likely = guess(causes)
    start: Sequence[Outside] = likely if likely and trials.works(likely) else ALL
    if start is ALL and not trials.works(ALL):
        return None
    chosen = minimize(start, trials.works)
    return Fix(tuple(chosen), trials.try_out(chosen), len(trials.done))
