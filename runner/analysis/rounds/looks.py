"""The numbers of runs after which a configuration with `replicates=auto` is looked at.

What one run can refute (that runs are the same, that something never happens) may be looked at
after any run, see `runner.numeric.intervals.bound_differing`. An interval may not: if one looks
often enough at intervals of 95%, the mean is outside of one of them.

So claims with an interval are looked at after a few numbers of runs, which are fixed before the
first run, and each of the k intervals gets the confidence 1 - alpha/k. By Bonferroni's inequality,
all of them hold together with confidence 1 - alpha, whenever one stops (Dunn, Multiple Comparisons
among Means, JASA 56:52, 1961; for looks at growing data, Jennison and Turnbull, Group Sequential
Methods, 2000).
"""

from __future__ import annotations

from dataclasses import replace

from runner.analysis.measurement import ConfigurationResult
from runner.config.schema import FIRST_ROUND
from runner.numeric.intervals import share_confidence
from runner.record.record import Rounds


def list_looks(rounds: Rounds) -> list[int]:
    """Return the numbers of runs, without replays, at which rounds end.

    They are 2, `same_replicates`, twice as many again and again, and `max_replicates`.
    """
    looks, count = [FIRST_ROUND], rounds.same_replicates
    while count < rounds.max_replicates:
        looks.append(count)
        count *= 2
    return [*looks, rounds.max_replicates]


def find_next_look(rounds: Rounds, made: int) -> int | None:
    """Return the number of runs at which the next round ends; None if all were made."""
    return next((look for look in list_looks(rounds) if look > made), None)


def take_last_look(measured: ConfigurationResult) -> ConfigurationResult:
    """Return a configuration with the runs that its intervals may be of.

    They are the first ones, as many as the last look had; all of them without rounds.
    """
    rounds = measured.configuration.rounds
    if rounds is None:
        return measured
    seen = max((look for look in list_looks(rounds) if look <= len(measured.runs)), default=0)
    return replace(measured, runs=measured.runs[:seen])


def share_over_looks(measured: ConfigurationResult) -> float:
    """Return the confidence of each interval, so that those of all looks hold together."""
    rounds = measured.configuration.rounds
    if rounds is None:
        return measured.confidence
    return share_confidence(measured.confidence, len(list_looks(rounds)))
