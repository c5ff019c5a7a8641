"""Shares what is left of a sweep's budget over the configurations that need further runs."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from runner.analysis.rounds.looks import find_next_look
from runner.analysis.rounds.stopping import Made, Stop
from runner.record.record import Rounds

SECONDS = 3600
"""Seconds in an hour."""


@dataclass(frozen=True)
class Standing:
    """How far a configuration has come."""

    made: Made
    rounds: Rounds | None
    """How far it may go; None: its number of runs was fixed before."""
    stop: Stop | None
    """Why it needs no further run; Stop.OPEN if it does, None without rounds."""

    def cost(self, replicates: int) -> int:
        """Return how many runs so many further replicates take, with their replays."""
        if self.rounds is None or not replicates:
            return 0
        owed = min(self.rounds.replays, self.made.replicates + replicates) - self.made.replays
        return replicates + max(0, owed)


def share_runs(standings: Sequence[Standing]) -> list[int]:
    """Return the number of further replicates of each configuration in the next round.

    A round brings every open configuration to its next look. If the budget does not suffice, the
    configurations that have the fewest runs get one first, so that all end up with equally many.
    """
    wanted = [_count_wanted(each) for each in standings]
    limit = count_affordable(standings)
    if limit is None:
        return wanted
    given = [0] * len(standings)
    queue = [(each.made.replicates, i) for i, each in enumerate(standings) if wanted[i]]
    heapq.heapify(queue)
    while queue:
        runs, index = heapq.heappop(queue)
        each = standings[index]
        cost = each.cost(given[index] + 1) - each.cost(given[index])
        if cost > limit:
            continue
        limit -= cost
        given[index] += 1
        if given[index] < wanted[index]:
            heapq.heappush(queue, (runs + 1, index))
    return given


def count_affordable(standings: Sequence[Standing]) -> int | None:
    """Return how many further runs the budget allows; None: any number.

    Of hours, it is as many as their mean duration so far allows, and one more until the hours are
    used up.
    """
    budgets = [each.rounds for each in standings if each.rounds is not None]
    allowed = []
    made = sum(each.made.runs for each in standings)
    spent = sum(each.made.seconds for each in standings) / SECONDS
    for rounds in budgets[:1]:
        if rounds.budget_runs is not None:
            allowed.append(max(0, rounds.budget_runs - made))
        if rounds.budget_hours is not None:
            left = rounds.budget_hours - spent
            fits = math.floor(left * made / spent) if spent > 0 else made
            allowed.append(0 if left <= 0 else max(1, fits))
    return min(allowed) if allowed else None


def _count_wanted(standing: Standing) -> int:
    if standing.rounds is None or standing.stop is not Stop.OPEN:
        return 0
    look = find_next_look(standing.rounds, standing.made.replicates)
    return 0 if look is None else look - standing.made.replicates
