"""When a configuration with `replicates=auto` gets no further run, and how a budget is shared."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import outputs, write

from runner.analysis.claims.check import check_claims
from runner.analysis.measurement import measure
from runner.analysis.results import collate
from runner.analysis.rounds.budget import Standing, share_runs
from runner.analysis.rounds.looks import find_next_look, list_looks
from runner.analysis.rounds.standing import find_standing
from runner.analysis.rounds.stopping import Made, Stop
from runner.numeric.intervals import bound_differing, mean_interval, share_confidence
from runner.record.reader import read_stored
from runner.record.record import Rounds

ROUNDS = Rounds(5, 30)


def stop_of(sweep, runs, *, claims=(), rounds=ROUNDS, replays=(), **changes):
    """Why a configuration with runs of these outputs is left; None: a run failed.

    `replays` are the outputs of replays of the first runs.
    """
    shared = {"claims": list(claims), "rounds": rounds}
    for job, values in enumerate(runs):
        each = {name: value[job] for name, value in changes.items()}
        write(sweep, job, values, **{**shared, **each})
    for index, values in enumerate(replays):
        seeds = changes["seeds"][index]
        write(sweep, len(runs) + index, values, replay_of=index, seeds=seeds, **shared)
    stored, problems = read_stored(sweep)
    assert problems == []
    return find_standing(stored).stop


def equal(count):
    return [outputs()] * count


def different(count):
    return [outputs(seed) for seed in range(count)]


def nearly(count):
    """Outputs that differ by rounding only."""
    return [outputs() * np.float32(1 + index * 1e-7) for index in range(count)]


def drawn(count):
    return [{"value": index} for index in range(count)]


@pytest.mark.parametrize(
    ("runs", "stop"),
    [
        (different(2), Stop.SETTLED),
        ([*equal(4), outputs(1)], Stop.SETTLED),
        (equal(2), Stop.OPEN),
        (equal(4), Stop.OPEN),
        (equal(5), Stop.BOUNDED),
        (nearly(4), Stop.OPEN),
        (nearly(5), Stop.BOUNDED),
        ([outputs(), None], Stop.OPEN),
        ([None] * 4, Stop.OPEN),
        ([None] * 5, Stop.NO_VERDICT),
        # A failed run has shown nothing, so that four that agree are one too few.
        ([*equal(4), None], Stop.OPEN),
        ([*equal(5), None], Stop.BOUNDED),
        ([*equal(4), *[None] * 26], Stop.MAX),
    ],
)
def test_a_difference_settles_and_sameness_takes_as_many_runs_as_asked(tmp_path, runs, stop):
    assert stop_of(tmp_path, runs) is stop


@pytest.mark.parametrize(("count", "stop"), [(5, Stop.OPEN), (11, Stop.OPEN), (12, Stop.BOUNDED)])
def test_more_runs_may_be_asked_for(tmp_path, count, stop):
    assert stop_of(tmp_path, equal(count), rounds=Rounds(12, 30)) is stop


@pytest.mark.parametrize(("count", "stop"), [(2, Stop.OPEN), (4, Stop.OPEN), (5, Stop.BOUNDED)])
def test_seeds_that_explain_a_difference_are_a_sameness_of_replays(tmp_path, count, stop):
    runs = different(count)
    assert stop_of(tmp_path, runs, replays=runs[:1], seeds=drawn(count)) is stop


def test_a_replay_that_differs_settles(tmp_path):
    runs = different(2)
    assert stop_of(tmp_path, runs, replays=[outputs(9)], seeds=drawn(2)) is Stop.SETTLED


def test_nothing_says_why_seeded_runs_differ(tmp_path):
    assert stop_of(tmp_path / "a", different(4), seeds=drawn(4)) is Stop.OPEN
    assert stop_of(tmp_path / "b", different(5), seeds=drawn(5)) is Stop.NO_VERDICT


def collapsed(seed):
    return np.broadcast_to(outputs(seed)[:, :, :1], (2, 2, 4, 3)).copy()


def test_runs_that_are_the_same_and_ignore_their_input_are_still_called_the_same(tmp_path):
    assert stop_of(tmp_path / "a", [collapsed(0)] * 2) is Stop.OPEN
    assert stop_of(tmp_path / "b", [collapsed(0)] * 5) is Stop.BOUNDED
    assert stop_of(tmp_path / "c", [collapsed(0), collapsed(1)]) is Stop.SETTLED


SAME = {"text": "so they say", "across_runs": "same"}
DIFFERS = {"text": "so they say", "across_runs": "differs"}
REPLAY = {"text": "so they say", "replay": "same"}


@pytest.mark.parametrize(
    ("claim", "runs", "stop"),
    [
        (SAME, different(2), Stop.CLAIMS),
        (SAME, equal(5), Stop.OPEN),
        (SAME, equal(29), Stop.OPEN),
        (SAME, equal(30), Stop.CLAIMS),
        (DIFFERS, different(2), Stop.CLAIMS),
        (DIFFERS, equal(20), Stop.OPEN),
        (DIFFERS, equal(30), Stop.CLAIMS),
        # No replicate decides what replays do.
        (REPLAY, equal(5), Stop.BOUNDED),
        (REPLAY, different(2), Stop.SETTLED),
        ({"text": "?", "metric": "unknown", "mean": 1, "within": 1}, different(2), Stop.SETTLED),
        (SAME, [None] * 5, Stop.NO_VERDICT),
    ],
)
def test_claims_are_decided_before_a_configuration_is_left(tmp_path, claim, runs, stop):
    assert stop_of(tmp_path, runs, claims=[claim]) is stop


def test_at_the_largest_number_of_runs_a_claim_stays_open(tmp_path):
    stop = stop_of(tmp_path, equal(10), claims=[SAME], rounds=Rounds(5, 10))
    assert stop is Stop.MAX


# --- intervals


def metrics_of(values):
    return {"metrics": [[{"accuracy": float(value)}] for value in values]}


def check_mean(sweep, values, rounds, mean=0.5, within=0.1):
    claim = {"text": "?", "metric": "accuracy", "mean": mean, "within": within}
    runs = different(len(values))
    stop_of(sweep, runs, claims=[claim], rounds=rounds, **metrics_of(values))
    (checked,) = check_claims(measure(read_stored(sweep)[0]))
    return checked


def test_an_interval_that_is_looked_at_often_is_wider(tmp_path):
    values = 0.5 + 0.02 * np.random.default_rng(0).normal(size=10)
    once = check_mean(tmp_path / "a", values, None)
    often = check_mean(tmp_path / "b", values, ROUNDS)
    wide = mean_interval(values, share_confidence(0.95, len(list_looks(ROUNDS))))
    assert f"interval {wide.low:.4g} to {wide.high:.4g} (10 runs)" in often.measured
    assert once.measured != often.measured


def test_an_interval_is_of_the_runs_of_a_look_that_was_planned(tmp_path):
    values = 0.5 + 0.02 * np.random.default_rng(0).normal(size=12)
    assert check_mean(tmp_path, values, ROUNDS).measured.endswith("(10 runs)")


def test_looking_after_every_round_misleads_no_more_often_than_stated():
    rng, looks, repetitions = np.random.default_rng(3), list_looks(ROUNDS), 4000
    wrong = dict.fromkeys((1, len(looks)), 0)
    for _ in range(repetitions):
        values = rng.normal(size=looks[-1])
        for shares in wrong:
            confidence = share_confidence(0.95, shares)
            found = [mean_interval(values[:look], confidence) for look in looks]
            wrong[shares] += any(not each.low <= 0 <= each.high for each in found)
    assert wrong[len(looks)] / repetitions < 0.05
    # The interval for a single look does not survive them.
    assert wrong[1] / repetitions > 0.08


@pytest.mark.parametrize("differ", [0.05, 0.3, 0.6])
def test_the_bound_without_an_event_holds_whenever_one_stops(differ):
    """Who stops at the first difference, or after any number of runs without, is rarely wrong."""
    events = np.random.default_rng(5).random((20_000, 100)) < differ
    quiet = np.where(events.any(axis=1), events.argmax(axis=1), 100)
    # The bound only falls, so that the last look without an event is the one most often wrong.
    wrong = [count > 0 and bound_differing(int(count), 0.95) < differ for count in quiet]
    assert np.mean(wrong) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 20_000)


RANGE = {"text": "?", "metric": "accuracy", "compatible": {"range": [0.4, 0.6]}}


def test_compatibility_holds_only_once_all_runs_were_made(tmp_path):
    for count, stop in ((5, Stop.OPEN), (20, Stop.OPEN), (30, Stop.CLAIMS)):
        values = metrics_of(0.5 + 0.01 * np.arange(count))
        found = stop_of(tmp_path / str(count), different(count), claims=[RANGE], **values)
        assert found is stop


# --- looks and budgets


@pytest.mark.parametrize(
    ("rounds", "looks"),
    [
        (Rounds(5, 30), [2, 5, 10, 20, 30]),
        (Rounds(5, 5), [2, 5]),
        (Rounds(30, 30), [2, 30]),
        (Rounds(7, 100), [2, 7, 14, 28, 56, 100]),
    ],
)
def test_looks(rounds, looks):
    assert list_looks(rounds) == looks
    assert find_next_look(rounds, 0) == 2
    assert find_next_look(rounds, 2) == looks[1]
    assert find_next_look(rounds, looks[-1]) is None


def standing(replicates, stop=Stop.OPEN, seconds=0.0, replays=0, **rounds):
    return Standing(Made(replicates, replays, replicates + replays, seconds),
                    Rounds(5, 30, **rounds), stop)  # fmt: skip


def test_open_configurations_go_to_their_next_look():
    given = [standing(2), standing(2, Stop.SETTLED), standing(5), standing(30)]
    assert share_runs(given) == [3, 0, 5, 0]


@pytest.mark.parametrize(
    ("budget", "shares"), [(4, [0, 0]), (6, [1, 1]), (7, [2, 1]), (9, [3, 2]), (50, [3, 3])]
)
def test_runs_are_shared_equally(budget, shares):
    assert share_runs([standing(2, budget_runs=budget)] * 2) == shares


def test_who_is_settled_leaves_its_share_to_the_others():
    settled = standing(2, Stop.SETTLED, budget_runs=7)
    assert share_runs([settled, standing(2, budget_runs=7)]) == [0, 3]


def test_the_fewest_runs_come_first():
    assert share_runs([standing(5, budget_runs=9), standing(2, budget_runs=9)]) == [0, 2]


def test_a_replay_costs_a_run():
    # The third of three replays is owed with the third run.
    each = Standing(Made(2, 2, 4, 0.0), Rounds(5, 30, 3, budget_runs=6), Stop.OPEN)
    assert share_runs([each]) == [1]


def test_hours_are_shared_by_what_a_run_takes():
    # Two runs took an hour; three hours are left.
    assert share_runs([standing(2, seconds=3600, budget_hours=4)]) == [3]
    assert share_runs([standing(2, seconds=3600, budget_hours=2.1)]) == [2]
    assert share_runs([standing(2, seconds=3600, budget_hours=1.1)]) == [1]
    assert share_runs([standing(2, seconds=3600, budget_hours=1)]) == [0]


def test_the_table_says_what_the_budget_ended(tmp_path):
    for rounds, stop in ((Rounds(5, 30, budget_runs=3), "budget"), (ROUNDS, "open")):
        sweep = tmp_path / stop
        stop_of(sweep, equal(3), rounds=rounds)
        assert list(collate(sweep).table["stopped"]) == [stop]


def test_without_rounds_there_is_no_column(tmp_path):
    stop_of(tmp_path, equal(3), rounds=None)
    assert "stopped" not in collate(tmp_path).table
