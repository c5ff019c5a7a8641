"""OBS305, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, between, count


def statistics(gap=0.1, ratio=1.0, steps=15, momentum=0.99, **effect) -> list:
    """The batch normalization of a build."""
    single = {"gap_median": gap, "ratio_median": ratio, "momentum": momentum}
    numbers = {
        "gap": between(gap / 2, gap * 2),
        "ratio": between(ratio / 2, ratio * 2),
        **{name: Number(float(each), float(each)) for name, each in single.items()},
        "steps": count(steps),
        **effect,
    }
    return [[], [Clause("moving-statistics", "batch_normalization", numbers=numbers)]]


def labels(changed: int) -> dict:
    """How many of 64 rows get another label."""
    return {
        "shift": Number(1.0, 1.0),
        "rows": count(64),
        "changed": count(changed),
        "right_moving": count(7),
        "right_own": count(63),
    }


def shift(amount: float) -> dict:
    """By how many standard deviations outputs without labels shift."""
    return {"shift": Number(amount, amount)}


@pytest.mark.parametrize(
    "far", [statistics(gap=2, **labels(57)), statistics(ratio=0.1, **labels(13))]
)
def test_fires(tmp_path, far):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": far}] * 2), "OBS305")
    seen = found.observation.seen
    assert seen.startswith(
        "batch_normalization: after 15 steps with momentum 0.99, 86% of its moving statistics is"
        " what they started from."
    )
    assert seen.endswith("63 are right instead of 7.")
    assert "such as 0.9" in found.observation.change


@pytest.mark.parametrize("ratio", [0.2, 5.0])
def test_fires_without_labels(tmp_path, ratio):
    facts = statistics(ratio=ratio, steps=900, momentum=0.9, **shift(0.6))
    (found,) = of_code(find_in(tmp_path, [{"build_facts": facts}] * 2), "OBS305")
    assert "less than 1% of its moving" in found.observation.seen
    assert found.observation.seen.endswith("outputs shift by 0.6 standard deviations.")
    assert "lower learning rate" in found.observation.change


@pytest.mark.parametrize(
    "near",
    [
        statistics(gap=0.4, ratio=1.2, **labels(60)),
        statistics(gap=3, **labels(6)),
        statistics(gap=3, **shift(0.2)),
        statistics(gap=3),
    ],
)
def test_quiet(tmp_path, near):
    assert not of_code(find_in(tmp_path, [{"build_facts": near}] * 2), "OBS305")
