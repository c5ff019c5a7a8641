"""The runs of a further round: numbers, seeds, warm parents and replays go on where they ended."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.plan.extension import Further, extend_runs
from runner.plan.schedule import Repetition, plan_runs


def draw(count, taken=()):
    free = (seed for seed in range(10_000) if seed not in taken)
    return [next(free) for _ in range(count)]


def first_round(*wanted, parents=2):
    return plan_runs(wanted, parents, draw)


def originals(runs, configuration):
    return [r for r in runs if r.configuration == configuration and r.replay_of is None]


def test_numbers_go_on():
    first = first_round(Repetition(2), Repetition(2))
    added = extend_runs(first, [Further(3), Further(0)], 2, draw)
    assert [run.job for run in added] == [4, 5, 6]
    assert [run.replicate for run in added] == [2, 3, 4]
    assert {run.configuration for run in added} == {0}


def test_drawn_seeds_are_other_ones():
    first = first_round(Repetition(2, replays=1, draws=True, most=30))
    added = extend_runs(first, [Further(3, replays=1, draws=True, most=30)], 2, draw)
    seeds = [run.seed for run in [*first, *added] if run.replay_of is None]
    assert len(set(seeds)) == 5
    assert not [run for run in added if run.replay_of is not None]


def test_replays_that_the_first_round_was_too_short_for_are_made_up_for():
    first = first_round(Repetition(2, replays=2, draws=True, most=30))
    added = extend_runs(first, [Further(3, replays=4, draws=True, most=30)], 2, draw)
    whole = {run.job: run for run in [*first, *added]}
    replays = [run for run in whole.values() if run.replay_of is not None]
    assert [whole[run.replay_of].replicate for run in replays] == [0, 1, 2, 3]
    assert all(run.seed == whole[run.replay_of].seed for run in replays)
    # An index beyond all others: code that follows the index instead of the seed is found.
    assert [run.replicate for run in replays] == [30, 31, 32, 33]


def test_a_configuration_that_gets_no_run_gets_no_replay():
    first = first_round(Repetition(2))
    assert extend_runs(first, [Further(0, replays=2)], 2, draw) == []


counts = st.integers(0, 6)


@given(st.lists(st.tuples(counts, st.integers(0, 4), st.booleans()), min_size=1, max_size=4),
       st.integers(2, 5))  # fmt: skip
def test_no_parent_is_shared_and_no_run_is_made_twice(wanted, parents):
    first = first_round(
        *(Repetition(2, min(replays, 2), draws, most=20) for _, replays, draws in wanted),
        parents=parents,
    )
    asked = [Further(count, replays, draws, 20) for count, replays, draws in wanted]
    added = extend_runs(first, asked, parents, draw)
    whole = [*first, *added]
    assert [run.job for run in whole] == list(range(len(whole)))
    assert len({(r.configuration, r.replicate, r.replay_of) for r in whole}) == len(whole)
    by_job = {run.job: run for run in whole}
    for index, each in enumerate(asked):
        runs = originals(whole, index)
        assert [run.replicate for run in runs] == list(range(2 + each.replicates))
        assert all(one.parent != other.parent for one, other in pairwise(runs))
    for run in whole:
        if run.replay_of is not None:
            assert run.parent != by_job[run.replay_of].parent


@pytest.mark.parametrize("parents", [2, 3])
def test_configurations_take_turns(parents):
    first = first_round(Repetition(2), Repetition(2), parents=parents)
    added = extend_runs(first, [Further(2), Further(2)], parents, draw)
    assert [run.configuration for run in added] == [0, 1, 0, 1]
