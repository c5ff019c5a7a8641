"""Which runs a sweep makes, in which order, with which seeds, and under which warm parent."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.config.schema import Config, Seed, Strategy
from runner.errors import ConfigError
from runner.plan.schedule import MIN_PARENTS, Repetition, Run, plan_runs, repetition

quick = settings(max_examples=300, deadline=None)

parent_counts = st.integers(MIN_PARENTS, 8)
repetitions = st.builds(Repetition, st.integers(1, 9), st.integers(0, 10), st.booleans())
plans = st.lists(repetitions, max_size=9)
even_grids = st.builds(
    lambda wanted, count: [wanted] * count, repetitions, st.sampled_from([1, 2, 3, 4, 6, 8, 16])
)
grids = st.one_of(plans, even_grids)


def count_up(number):
    """Draw seeds 0, 1, ...: known ones, with 0 among them."""
    return list(range(number))


def of_configuration(runs, index, replays=False):
    chosen = [r for r in runs if r.configuration == index and (r.replay_of is not None) == replays]
    return sorted(chosen, key=lambda run: run.replicate)


# --- order


def test_replicates_are_interleaved_and_replays_come_last():
    runs = plan_runs([Repetition(3), Repetition(3, replays=1), Repetition(3, replays=2)], 2)
    assert [(r.configuration, r.replicate, r.replay_of) for r in runs] == [
        (0, 0, None), (1, 0, None), (2, 0, None),
        (0, 1, None), (1, 1, None), (2, 1, None),
        (0, 2, None), (1, 2, None), (2, 2, None),
        (1, 0, 1), (2, 0, 2), (2, 1, 5),
    ]  # fmt: skip
    assert [r.job for r in runs] == list(range(12))


def test_replicates_may_differ_by_configuration():
    runs = plan_runs([Repetition(1), Repetition(3), Repetition(2)], 2)
    pairs = [(r.configuration, r.replicate) for r in runs]
    assert pairs == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (1, 2)]


def test_nothing_to_run_is_an_empty_plan():
    assert plan_runs([], 2) == []


@quick
@given(grids, parent_counts)
def test_every_replicate_and_replay_is_planned_once(wanted, parents):
    runs = plan_runs(wanted, parents, count_up)
    assert [run.job for run in runs] == list(range(len(runs)))
    for index, each in enumerate(wanted):
        originals = of_configuration(runs, index)
        assert [run.replicate for run in originals] == list(range(each.replicates))
        replays = of_configuration(runs, index, replays=True)
        repeated = [runs[run.replay_of].replicate for run in replays if run.replay_of is not None]
        assert repeated == list(range(min(each.replays, each.replicates)))
    rounds = [run.replicate for run in runs if run.replay_of is None]
    assert rounds == sorted(rounds)
    assert all(run.replay_of is not None for run in runs[len(rounds) :])


# --- parents


@quick
@given(grids, parent_counts)
def test_consecutive_replicates_never_share_a_parent(wanted, parents):
    runs = plan_runs(wanted, parents, count_up)
    for index in range(len(wanted)):
        for one, next_one in itertools.pairwise(of_configuration(runs, index)):
            assert one.parent != next_one.parent


@quick
@given(grids, parent_counts)
def test_a_replay_runs_under_another_parent_with_the_seed_of_its_original(wanted, parents):
    runs = plan_runs(wanted, parents, count_up)
    for run in runs:
        if run.replay_of is not None:
            original = runs[run.replay_of]
            assert original.replay_of is None
            assert run.parent != original.parent
            assert (run.configuration, run.seed) == (original.configuration, original.seed)
            # With a seed of its own a run must not need its index, which is another one here.
            own = run.seed is not None
            count = wanted[run.configuration].replicates
            assert run.replicate == original.replicate + (count if own else 0)


@quick
@given(grids, parent_counts, st.lists(st.integers(1, 9), max_size=4, unique=True))
def test_a_resumed_run_goes_on_under_another_parent_with_the_seed_of_its_original(
    wanted, parents, epochs
):
    asked = [replace(each, resumes=tuple(epochs)) for each in wanted]
    runs = plan_runs(asked, parents, count_up)
    assert len(runs) == sum(each.runs for each in asked)
    plain = plan_runs(wanted, parents, count_up)
    assert runs[: len(plain)] == plain
    for index in range(len(wanted)):
        resumed = [r for r in runs[len(plain) :] if r.configuration == index]
        assert [run.resume_at for run in resumed] == epochs
        for run in resumed:
            original = runs[run.resume_of]
            assert (original.replicate, original.replay_of) == (0, None)
            assert original.configuration == index
            assert (run.replicate, run.seed) == (original.replicate, original.seed)
            assert run.parent_before == original.parent != run.parent
            assert 0 <= run.parent < parents


@quick
@given(grids, parent_counts)
def test_parents_get_equally_many_runs_within_one(wanted, parents):
    runs = plan_runs(wanted, parents, count_up)
    loads = Counter(run.parent for run in runs)
    assert set(loads) <= set(range(parents))
    counts = [loads[parent] for parent in range(parents)]
    assert max(counts) - min(counts) <= 1


@quick
@given(grids, parent_counts)
def test_a_repeated_configuration_runs_under_several_parents(wanted, parents):
    runs = plan_runs(wanted, parents, count_up)
    for index, each in enumerate(wanted):
        used = {run.parent for run in of_configuration(runs, index)}
        assert len(used) == min(each.replicates, parents)


@pytest.mark.parametrize("parents", [2, 4])
def test_a_round_of_full_cycles_is_spread_over_the_parents(parents):
    # The default, 5 replicates and a replay, on two parents; 3 and 1 on four.
    runs = plan_runs([Repetition(5 if parents == 2 else 3, replays=1)] * parents, parents)
    assert {run.parent for run in runs[:parents]} == set(range(parents))


@pytest.mark.parametrize("parents", [-1, 0, 1])
def test_fewer_than_two_parents_are_refused(parents):
    with pytest.raises(ValueError, match=f"at least 2. Received: {parents}"):
        plan_runs([Repetition(1)], parents)


# --- seeds


def test_each_replicate_draws_its_own_seed_and_others_none():
    wanted = [Repetition(2, draws=True), Repetition(2), Repetition(2, replays=1, draws=True)]
    runs = plan_runs(wanted, 2, count_up)
    assert [run.seed for run in runs] == [0, None, 1, 2, None, 3, 1]


def test_seeds_are_drawn_once_for_the_whole_sweep():
    asked = []
    plan_runs(
        [Repetition(2, draws=True), Repetition(3, 3, draws=True), Repetition(4)],
        2,
        lambda number: asked.append(number) or count_up(number),
    )
    assert asked == [5]


def test_by_default_seeds_come_from_the_operating_system_and_are_distinct():
    runs = plan_runs([Repetition(20, draws=True)] * 3, 2)
    assert len({run.seed for run in runs}) == 60


# --- what a run says of itself


@pytest.mark.parametrize(
    ("run", "values"),
    [
        (Run(4, 1, 2, None, None, 0), {"replicate": 2}),
        (Run(4, 1, 0, 0, None, 0), {"replicate": 0, "seed.value": 0}),
        (Run(9, 1, 0, None, 0, 1), {"replicate": 0, "replay_of": 0}),
        (Run(9, 1, 2, 7, 4, 1), {"replicate": 2, "seed.value": 7, "replay_of": 4}),
        (
            Run(9, 1, 0, 7, None, 1, 4, 2, 0),
            {"replicate": 0, "seed.value": 7, "resume_of": 4, "resume_at": 2},
        ),
    ],
)
def test_values_say_what_tells_a_run_apart(run, values):
    assert run.values() == values


# --- what a config asks for


def ask(strategy, replicates=5, replays=1, **seed):
    node = Seed(strategy=strategy, **seed)
    return repetition(Config(replicates=replicates, replays=replays, seed=node))


def test_unset_and_fixed_have_nothing_to_replay():
    assert ask(Strategy.unset) == Repetition(5)
    assert ask(Strategy.fixed, value=0, replays=3) == Repetition(5)


@pytest.mark.parametrize("strategy", [Strategy.fixed, Strategy.random, Strategy.derived])
def test_seeded_runs_are_resumed_once_at_each_epoch(strategy):
    asked = repetition(Config(resumes=[2, 4, 2], seed=Seed(strategy=strategy)))
    assert asked.resumes == (2, 4)


def test_unseeded_runs_are_not_resumed():
    assert repetition(Config(resumes=[2])).resumes == ()


def test_random_draws_and_replays():
    assert ask(Strategy.random) == Repetition(5, replays=1, draws=True)


def test_derived_replays_and_draws_nothing():
    assert ask(Strategy.derived, value=0) == Repetition(5, replays=1)
    assert ask(Strategy.derived, value=0, vary=["init"]) == Repetition(5, replays=1)


def test_derived_with_no_source_to_vary_is_a_fixed_seed():
    assert ask(Strategy.derived, value=0, vary=[]) == Repetition(5)


@pytest.mark.parametrize(("replays", "expected"), [(0, 0), (2, 2), (3, 3), (4, 3)])
def test_at_most_all_replicates_are_replayed(replays, expected):
    assert ask(Strategy.random, replicates=3, replays=replays).replays == expected


@pytest.mark.parametrize("value", [0, 42])
def test_one_run_may_be_given_the_seed_that_random_drew(value):
    assert ask(Strategy.random, replicates=1, value=value) == Repetition(1, replays=1)


@pytest.mark.parametrize("value", [0, 42])
def test_several_random_runs_cannot_be_given_one_seed(value):
    with pytest.raises(ConfigError) as caught:
        ask(Strategy.random, replicates=2, value=value)
    assert str(caught.value) == (
        "seed.value: is drawn for each run by seed=random."
        f" Received: {value}. To repeat one seed use seed=fixed"
    )


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_a_replay_is_on_another_node_than_the_run_that_it_repeats(nodes):
    for replicates in range(1, 14):
        repetitions = [Repetition(replicates, replays=min(3, replicates), draws=True)] * 3
        runs = plan_runs(repetitions, 2 * nodes, nodes=nodes)
        node = {run.job: run.parent % nodes for run in runs}
        repeated = [run for run in runs if run.replay_of is not None]
        assert repeated
        assert all(node[run.replay_of] != node[run.job] for run in repeated)
