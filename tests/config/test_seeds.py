"""Strategies, derived seeds and the seeds of builds: what is distinct, what stays the same."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.config import seeds as seeds_module
from runner.config.schema import MAX_SEED, SOURCES, Scope, Seed, Strategy
from runner.config.seeds import Seeds, build_seed, derive, draw, run_seeds
from runner.record.reader import seed_key

# The same examples each time: two of n seeds may coincide by chance (n**2 / 2**33), and a test
# that draws new ones each time would some day find such a pair.
quick = settings(max_examples=50, deadline=None, derandomize=True)

roots = st.integers(0, MAX_SEED)
replicates = st.integers(0, 100)
configurations = st.text("0123456789abcdef", min_size=12, max_size=12)
some_sources = st.lists(st.sampled_from(SOURCES), unique=True)


def derived(replicate, configuration="0" * 12, value=0, **settings):
    """The recorded seeds of one run under the derived strategy."""
    node = Seed(strategy=Strategy.derived, value=value, **settings)
    return run_seeds(node, replicate, configuration).recorded()


# --- strategies


def test_unset_seeds_nothing():
    seeds = run_seeds(Seed(strategy=Strategy.unset), 3, "a")
    assert seeds == Seeds()
    assert seeds.recorded() == {}
    assert seed_key(seeds.recorded()) is None


@pytest.mark.parametrize("strategy", [Strategy.fixed, Strategy.random])
@pytest.mark.parametrize("value", [0, 42, MAX_SEED])
def test_fixed_and_random_seed_the_global_generators_with_the_value(strategy, value):
    runs = [run_seeds(Seed(strategy=strategy, value=value), r, c) for r in (0, 1) for c in "ab"]
    assert [each.recorded() for each in runs] == [{"value": value}] * 4


@pytest.mark.parametrize("strategy", [Strategy.fixed, Strategy.random, Strategy.derived])
def test_zero_is_a_seed_like_any_other(strategy):
    zero = run_seeds(Seed(strategy=strategy, value=0), 0, "")
    one = run_seeds(Seed(strategy=strategy, value=1), 0, "")
    assert zero.recorded()
    assert seed_key(zero.recorded()) is not None
    assert zero != one


def test_a_seed_of_zero_is_recorded_and_a_missing_one_is_not():
    assert Seeds(value=0).recorded() == {"value": 0}
    assert seed_key(Seeds(value=0, init=None).recorded()) == '{"value": 0}'


def test_the_text_tells_seeds_apart():
    different = [
        Seeds(value=1),
        Seeds(value=2),
        Seeds(init=1),
        Seeds(order=1),
        Seeds(1, 1),
        Seeds(),
    ]
    assert len({seed_key(each.recorded()) for each in different}) == len(different)
    assert seed_key(Seeds(init=1, order=2).recorded()) == seed_key(
        Seeds(order=2, init=1).recorded()
    )


@quick
@given(roots, replicates, configurations)
def test_derived_seeds_every_source_and_no_global_value(root, replicate, configuration):
    seeds = run_seeds(Seed(strategy=Strategy.derived, value=root), replicate, configuration)
    assert seeds.value is None
    assert tuple(seeds.recorded()) == SOURCES
    assert all(0 <= seed <= MAX_SEED for seed in seeds.recorded().values())


# --- derived: distinct


@quick
@given(roots, st.integers(1, 30))
def test_all_seeds_of_a_paired_plan_are_distinct(root, count):
    made = [seed for r in range(count) for seed in derived(r, value=root).values()]
    assert len(set(made)) == len(SOURCES) * count


@quick
@given(roots, st.integers(1, 8), st.lists(configurations, min_size=1, max_size=5, unique=True))
def test_all_seeds_of_an_unpaired_plan_are_distinct(root, count, ids):
    made = [
        seed
        for r, c in itertools.product(range(count), ids)
        for seed in derived(r, c, value=root, paired=False).values()
    ]
    assert len(set(made)) == len(SOURCES) * count * len(ids)


@quick
@given(st.lists(roots, min_size=2, max_size=10, unique=True))
def test_neighbouring_and_other_roots_share_no_seed(given_roots):
    made = [seed for root in given_roots for seed in derived(0, value=root).values()]
    assert len(set(made)) == len(SOURCES) * len(given_roots)


def test_neighbouring_replicates_are_unrelated():
    # seed + i would have differences of 1, and a source's seeds in another's a replicate later.
    firsts = [derive(0, "init", replicate) for replicate in range(1000)]
    steps = {later - earlier for earlier, later in itertools.pairwise(firsts)}
    assert len(steps) > 990
    ones = sum(seed.bit_count() for seed in firsts)
    assert ones == pytest.approx(16 * 1000, rel=0.03)


# --- derived: what does not move


@quick
@given(roots, st.integers(1, 10), st.integers(1, 10), configurations)
def test_further_replicates_move_no_seed(root, count, further, configuration):
    few = [derived(r, configuration, root) for r in range(count)]
    many = [derived(r, configuration, root) for r in range(count + further)]
    assert many[:count] == few
    assert all(each not in few for each in many[count:])


@quick
@given(roots, replicates, configurations, configurations, st.booleans())
def test_another_configuration_moves_no_seed(root, replicate, ours, other, paired):
    alone = derived(replicate, ours, root, paired=paired)
    derived(replicate, other, root, paired=paired)
    assert derived(replicate, ours, root, paired=paired) == alone


def test_a_further_source_moves_no_seed(monkeypatch):
    before = {source: derive(0, source, 1) for source in SOURCES}
    monkeypatch.setattr(seeds_module, "SOURCES", (*SOURCES, "further"))
    assert {source: derive(0, source, 1) for source in SOURCES} == before
    assert derive(0, "further", 1) not in before.values()


@quick
@given(roots, replicates, replicates, some_sources)
def test_vary_keeps_the_other_sources_constant(root, one, other, vary):
    a, b = derived(one, value=root, vary=vary), derived(other, value=root, vary=vary)
    for source in SOURCES:
        assert (a[source] == b[source]) == (one == other or source not in vary), source


@quick
@given(roots, replicates, some_sources)
def test_what_varies_has_the_seeds_that_it_has_when_all_do(root, replicate, vary):
    some, everything = derived(replicate, value=root, vary=vary), derived(replicate, value=root)
    for source in SOURCES:
        assert (some[source] == everything[source]) == (source in vary), source


def test_vary_all_is_the_list_of_all_sources():
    assert derived(2, vary="all") == derived(2, vary=list(SOURCES))


# --- derived: pairing


@quick
@given(roots, replicates, configurations, configurations)
def test_paired_replicates_have_the_same_seeds_in_every_configuration(root, replicate, one, other):
    assert derived(replicate, one, root) == derived(replicate, other, root)


@quick
@given(roots, replicates, st.lists(configurations, min_size=2, max_size=2, unique=True))
def test_unpaired_replicates_share_no_seed_with_another_configuration(root, replicate, ids):
    a, b = (derived(replicate, each, root, paired=False) for each in ids)
    assert not set(a.values()) & set(b.values())


def test_unpaired_constant_sources_differ_by_configuration_too():
    a, b = (derived(0, each * 12, vary=[], paired=False) for each in "ab")
    assert not set(a.values()) & set(b.values())


# --- known answers: a change of the derivation breaks every recorded study


def test_known_answers_of_derive():
    varying = [derive(0, source, 0) for source in SOURCES]
    constant = [derive(0, source, None) for source in SOURCES]
    assert varying == [1246905493, 3952790413, 2167735256, 92121213, 2504199279, 1920335277]
    assert constant == [4088532484, 3953331965, 1961512366, 2377455350, 1905993885, 3819687176]
    assert derive(42, "init", 1) == 3045430712
    assert derive(42, "init", 1, (0x01234567, 0x89AB)) == 32291433


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [2155969270, 2239791764, 672788840, 3013205371, 1363512868, 2048679378]),
        ({"vary": []}, [393969088, 75971499, 1685402102, 2234724314, 3018317685, 2673742827]),
        (
            {"vary": ["init"]},
            [393969088, 75971499, 672788840, 2234724314, 3018317685, 2673742827],
        ),
        (
            {"paired": False},
            [2391582397, 1365993711, 3137362371, 2951698904, 2802762928, 3027755497],
        ),
    ],
)
def test_known_answers_of_run_seeds(settings, expected):
    assert list(derived(3, "0123456789ab", 7, **settings).values()) == expected


def test_known_answers_of_build_seed():
    assert build_seed(42, 1, Scope.process) == 4091952314
    assert build_seed(42, 0, Scope.process, 0) == 3142992634
    assert build_seed(42, 1, Scope.process, 2) == 4007147622
    assert build_seed(42, 1, Scope.build, 2) == 2518636028


# --- builds


@quick
@given(roots, st.integers(0, 20), st.one_of(st.none(), st.integers(0, 20)))
def test_scope_build_gives_every_build_the_same_seed(seed, build, stream):
    assert build_seed(seed, build, Scope.build, stream) == build_seed(seed, 0, Scope.build, stream)


@quick
@given(roots, st.one_of(st.none(), st.integers(0, 20)))
def test_scope_process_gives_every_build_another_seed(seed, stream):
    made = [build_seed(seed, build, Scope.process, stream) for build in range(10)]
    assert len(set(made)) == 10
    assert made[0] == build_seed(seed, 0, Scope.build, stream)


@quick
@given(roots, st.sampled_from(Scope))
def test_the_first_build_has_the_seed_itself(seed, scope):
    assert build_seed(seed, 0, scope) == seed


@quick
@given(roots, st.integers(0, 5), st.sampled_from(Scope))
def test_streams_differ_from_each_other_and_from_the_seed(seed, build, scope):
    made = [build_seed(seed, build, scope, stream) for stream in (None, *range(20))]
    assert len(set(made)) == 21
    assert all(0 <= each <= MAX_SEED for each in made)


# --- drawn seeds


@pytest.mark.parametrize("count", [0, 1, 500])
def test_drawn_seeds_are_distinct_and_in_range(count):
    drawn = draw(count)
    assert len(drawn) == len(set(drawn)) == count
    assert all(0 <= seed <= MAX_SEED for seed in drawn)


def test_what_is_drawn_twice_or_taken_is_drawn_again(monkeypatch):
    answers = iter([7, 7, 3, 0, 9, 11])
    monkeypatch.setattr(seeds_module.secrets, "randbelow", lambda below: next(answers))
    assert draw(3, taken=[3, 9]) == [7, 0, 11]


def test_seeds_are_drawn_from_the_whole_range(monkeypatch):
    asked = []
    monkeypatch.setattr(seeds_module.secrets, "randbelow", lambda below: asked.append(below) or 5)
    assert draw(1) == [5]
    assert asked == [2**32]


def test_drawing_again_gives_others():
    # 20 of 2**32 coincide by chance once in 10**7 runs of this test.
    assert not set(draw(20)) & set(draw(20))
