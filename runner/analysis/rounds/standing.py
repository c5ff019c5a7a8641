"""Finds how far a configuration has come, from its runs."""

from __future__ import annotations

from collections.abc import Sequence

from runner.analysis.claims.check import check_claims
from runner.analysis.claims.checked import Checked
from runner.analysis.measurement import ConfigurationResult, measure
from runner.analysis.rounds.budget import Standing, share_runs
from runner.analysis.rounds.stopping import Made, Stop, find_stop
from runner.record.reader import StoredRun


def find_standing(group: Sequence[StoredRun]) -> Standing:
    """Return how far a configuration has come.

    Args:
        group: all of its runs, replays, resumed and failed ones included; at least one.

    Raises:
        RecordError: no type holds the outputs of all runs exactly.
    """
    made = Made.of(group)
    if group[0].configuration.rounds is None:
        return Standing(made, None, None)
    measured = measure(group)
    return stand(made, measured, check_claims(measured))


def stand(made: Made, measured: ConfigurationResult, claims: Sequence[Checked]) -> Standing:
    """Return how far a configuration has come, given what it measured."""
    rounds = measured.configuration.rounds
    if rounds is None:
        return Standing(made, None, None)
    return Standing(made, rounds, find_stop(rounds, made.replicates, measured, claims))


def name_stops(standings: Sequence[Standing]) -> list[Stop | None]:
    """Return why each configuration of a whole sweep got no further run.

    What is open although the budget allows no further run was ended by the budget.
    """
    shares = share_runs(standings)
    return [
        Stop.BUDGET if each.stop is Stop.OPEN and not share else each.stop
        for each, share in zip(standings, shares, strict=True)
    ]
