"""OBS108, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from epoch_facts_of import orders
from findings_of import find_in, of_code

CACHED = "shuffle, cache, batch"


def found(tmp_path, fact):
    return of_code(find_in(tmp_path, [{"build_facts": [[fact]] * 2}] * 2), "OBS108")


@pytest.mark.parametrize(("same", "how"), [(3, "each of 3"), (2, "2 of 3")])
def test_fires(tmp_path, same, how):
    (finding,) = found(tmp_path, orders(CACHED, same))
    assert finding.observation.seen == (
        f"The rows come in the same order in {how} epochs, although they are shuffled (in 4 of 4"
        " builds)."
    )
    assert finding.observation.change == "Put the stage cache before shuffle in train.pipeline."


def test_fires_without_a_cause_where_none_is_known(tmp_path):
    (finding,) = found(tmp_path, orders("cache, shuffle, batch", 3))
    assert finding.observation.change == ""


def test_fires_with_a_small_buffer(tmp_path):
    assert found(tmp_path, orders(CACHED, 3, items=100, buffer=2))


@pytest.mark.parametrize(
    "fact",
    [
        orders(CACHED, 1),
        orders("cache, batch", 3),  # nothing is shuffled
        orders(CACHED, 3, reshuffle=False),  # as is meant
        orders(CACHED, 3, items=4, buffer=4),  # by chance
        orders(CACHED, 3, items=100, buffer=1),  # a buffer of one changes no order
        orders("batch, shuffle", 3, items=1, buffer=1),  # one batch
        orders(CACHED, 1, epochs=1),
    ],
)
def test_quiet(tmp_path, fact):
    assert not found(tmp_path, fact)
