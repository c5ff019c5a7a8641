"""OBS107, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from epoch_facts_of import draws, kept
from findings_of import find_in, of_code

MANY = {"distinct": 32}


def runs(*facts) -> list[dict]:
    return [{"build_facts": [list(facts)]}] * 2


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, runs(kept(1, 3), draws())), "OBS107")
    assert found.observation.seen == (
        "Given one row 32 times in each of two passes, the augmentation made 32 different rows of"
        " it in the first, and the same ones in the same order in the second (in 2 of 2 runs)."
    )
    assert "train=augmented_layer" in found.observation.change


def test_fires_for_flips(tmp_path):
    measured = draws(distinct=2, commonest=18)
    assert of_code(find_in(tmp_path, runs(kept(1, 3), measured)), "OBS107")


@pytest.mark.parametrize(
    "measured",
    [
        draws(same=0),  # it draws on
        draws(same=31),  # all but one
        draws(distinct=1),  # it draws nothing
        draws(distinct=2, commonest=30),  # it seldom acts: two passes may agree by chance
        draws("augment, shuffle, batch"),  # a row keeps what it gets: OBS101, if so
        draws("augment, batch"),
        draws("shuffle, augment, cache, batch"),  # the cache keeps the rows
    ],
)
def test_quiet(tmp_path, measured):
    assert not of_code(find_in(tmp_path, runs(kept(1, 3), measured)), "OBS107")


def test_quiet_where_rows_are_seen_to_repeat(tmp_path):
    stages = {f"augment/{epoch}": str(epoch) for epoch in range(3)}
    build = {"data": "d", "init/a": "i", **stages, "outputs": "o"}
    measured = [{**each, "fingerprints": [build]} for each in runs(kept(3, 3), draws())]
    found = find_in(tmp_path, measured)
    assert {each.rule.code for each in found} == {"OBS101"}


def test_quiet_where_runs_measured_other_things(tmp_path):
    found = find_in(tmp_path, [*runs(draws())[:1], *runs(draws(same=0))[:1]])
    assert not of_code(found, "OBS107")
