"""OBS306, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, count


def spread(outputs=1.1, targets=10.2, explained=0.05, neighbours: float | None = 0.6) -> list:
    """The outputs of a build and its targets, on 20 rows."""
    numbers = {"outputs": outputs, "targets": targets, "explained": explained}
    if neighbours is not None:
        numbers["neighbours"] = neighbours
    singles = {name: Number(each, each) for name, each in numbers.items()}
    return [[], [Clause("spread", numbers={"rows": count(20), **singles})]]


def test_fires(tmp_path):
    runs = [{"build_facts": spread()}, {"build_facts": spread(outputs=9.0, explained=0.9)}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS306")
    assert found.observation.seen == (
        "Outputs have a standard deviation of 1.1, the targets of 10.2: the model predicts nearly"
        " their mean. The mean of the 5 nearest training rows explains 60% of the variance, the"
        " model 5%."
    )
    assert (found.observation.affected, found.observation.total) == (1, 2)


def test_fires_for_a_model_that_is_worse_than_the_mean(tmp_path):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": spread(explained=-3.0)}]), "OBS306")
    assert "the model predicts nearly one number." in found.observation.seen
    assert found.observation.seen.endswith("the model 0%.")


@pytest.mark.parametrize(
    "fact",
    [
        spread(outputs=6.0),
        spread(explained=0.3),
        spread(neighbours=0.1),
        spread(neighbours=None),
    ],
)
def test_quiet(tmp_path, fact):
    assert not of_code(find_in(tmp_path, [{"build_facts": fact}] * 2), "OBS306")


def test_quiet_without_a_regression(tmp_path):
    assert not of_code(find_in(tmp_path, [{"build_facts": [[], []]}]), "OBS306")
