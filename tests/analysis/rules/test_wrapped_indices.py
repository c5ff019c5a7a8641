"""OBS302, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, between, count


def embedding(negative: int, beyond: int, taken: tuple) -> list:
    """What a build's embedding of 9 rows received: 12 numbers."""
    numbers = {
        "size": count(12),
        "fractions": count(0),
        "negative": count(negative),
        "beyond": count(beyond),
        "rows": count(9),
        "inputs": between(*taken),
        "taken": between(*taken),
    }
    return [[], [Clause("embedding-inputs", "embedding", numbers=numbers)]]


@pytest.mark.parametrize(
    ("negative", "beyond", "taken"), [(2, 0, (-1, 8)), (0, 2, (0, 9)), (1, 1, (-2, 40))]
)
def test_fires(tmp_path, negative, beyond, taken):
    runs = [{"build_facts": embedding(negative, beyond, taken)}, {"build_facts": []}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS302")
    assert found.observation.seen == (
        "embedding has rows 0 to 8, and 2 of 12 of its inputs are others"
        f" ({taken[0]} to {taken[1]} in all)."
    )
    assert (found.observation.affected, found.observation.total) == (1, 1)


def test_quiet(tmp_path):
    runs = [{"build_facts": embedding(0, 0, (0, 8))}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS302")
