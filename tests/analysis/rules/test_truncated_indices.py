"""OBS301, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, between, count


def embedding(fractions: int, inputs: tuple, taken: tuple, where: str = "embedding") -> list:
    """What a build's embedding received: 12 numbers, of which some are fractions."""
    numbers = {
        "size": count(12),
        "fractions": count(fractions),
        "negative": count(0),
        "beyond": count(0),
        "rows": count(9),
        "inputs": between(*inputs),
        "taken": between(*taken),
    }
    return [[], [Clause("embedding-inputs", where, numbers=numbers)]]


@pytest.mark.parametrize(
    ("inputs", "taken", "become"),
    [((0, 0.9996), (0, 0), "all become 0"), ((0.1, 7.9), (0, 7), "become 0 to 7")],
)
def test_fires(tmp_path, inputs, taken, become):
    runs = [{"build_facts": embedding(11, inputs, taken)}] * 3
    (found,) = of_code(find_in(tmp_path, runs), "OBS301")
    assert found.observation.seen == (
        f"embedding takes whole numbers: its inputs, {inputs[0]} to {inputs[1]}, {become}"
        " (11 of 12 are fractions)."
    )
    assert (found.observation.affected, found.observation.total) == (3, 3)


def test_fires_for_each_layer(tmp_path):
    facts = [[], embedding(1, (0, 3.5), (0, 3))[1] + embedding(2, (0, 0.5), (0, 0), "b")[1]]
    found = of_code(find_in(tmp_path, [{"build_facts": facts}] * 2), "OBS301")
    assert [each.observation.where for each in found] == ["embedding", "b"]


def test_quiet(tmp_path):
    runs = [{"build_facts": embedding(0, (0, 8), (0, 8))}, {"build_facts": []}]
    assert not of_code(find_in(tmp_path, runs), "OBS301")
