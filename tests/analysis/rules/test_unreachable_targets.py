"""OBS304, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, between, count


def activation(name: str, beyond: int, targets: tuple, **limits: float) -> list:
    """The last activation of a build, and 200 targets."""
    numbers = {
        "size": count(200),
        "beyond": count(beyond),
        "targets": between(*targets),
        **{side: Number(each, each) for side, each in limits.items()},
    }
    return [[], [Clause("last-activation", "dense_2", {"activation": name}, numbers)]]


@pytest.mark.parametrize(
    ("fact", "gives", "advice"),
    [
        (activation("relu", 57, (-3, 9), lower=0), "nothing below 0", "linear"),
        (activation("sigmoid", 9, (0, 9), lower=0, upper=1), "0 to 1", "linear"),
        (activation("tanh", 200, (4, 9), lower=-1, upper=1), "-1 to 1", "linear"),
        (activation("log_softmax", 3, (0, 1), upper=0), "nothing above 0", "linear"),
        (activation("softmax", 99, (0, 1), lower=1, upper=1), "nothing but 1", "Use sigmoid"),
    ],
)
def test_fires(tmp_path, fact, gives, advice):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": fact}] * 3), "OBS304")
    seen = fact[1][0]
    targets, beyond = seen.numbers["targets"], seen.numbers["beyond"].high
    assert found.observation.seen == (
        f"The last activation, dense_2 ({seen.words['activation']}), gives {gives}: {beyond} of 200"
        f" targets ({targets.low:g} to {targets.high:g} in all) are beyond."
    )
    assert advice in found.observation.change
    assert (found.observation.affected, found.observation.total) == (3, 3)


@pytest.mark.parametrize("beyond", [0, 1, 2])
def test_quiet(tmp_path, beyond):
    runs = [{"build_facts": activation("relu", beyond, (-0.1, 9), lower=0)}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS304")
