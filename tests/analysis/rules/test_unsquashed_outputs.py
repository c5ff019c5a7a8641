"""OBS308, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, between, count


def loss(outside: int, logits: bool = False) -> list:
    """The cross-entropy of a build, which is given 640 outputs."""
    numbers = {
        "logits": count(int(logits)),
        "size": count(640),
        "outside": count(outside),
        "given": between(-3.1, 4.2),
    }
    return [[], [Clause("loss-inputs", "loss", {"class": "binary_crossentropy"}, numbers)]]


def test_fires(tmp_path):
    runs = [{"build_facts": loss(300)}, {"build_facts": loss(0)}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS308")
    assert found.observation.seen == (
        "binary_crossentropy takes outputs for probabilities, and 300 of 640 are below 0 or above 1"
        " (-3.1 to 4.2 in all)."
    )
    assert (found.observation.affected, found.observation.total) == (1, 2)


@pytest.mark.parametrize("fact", [loss(0), loss(6), loss(300, logits=True)])
def test_quiet(tmp_path, fact):
    assert not of_code(find_in(tmp_path, [{"build_facts": fact}] * 2), "OBS308")
