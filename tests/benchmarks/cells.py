"""How often each answer about a published cell is wrong, over simulated publications and runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runner.statistics.judgement import (
    Answer,
    judge_compatible,
    judge_different,
    judge_equivalent,
)
from runner.statistics.published_result import PublishedResult, read_published

TABLES = 2000
SIZES = ((3, 5), (5, 5), (10, 5), (10, 30))
"""Published runs, and our own."""
SD = 0.02
MARGIN = 0.02

Draw = Callable[[float, int], list[float]]


def main() -> None:
    """Print the share of wrong answers of each kind; every one should be 5 % at most."""
    rng = np.random.default_rng(0)

    def normal(mean: float, count: int) -> list[float]:
        return [float(each) for each in rng.normal(mean, SD, count)]

    def test_set(mean: float, count: int) -> list[float]:
        # Accuracies on 1,000 rows, which also vary between runs.
        shares = np.clip(rng.normal(mean, SD, count), 0, 1)
        return [float(each) / 1000 for each in rng.binomial(1000, shares)]

    for name, draw in (("normal", normal), ("accuracies", test_set)):
        for published, own in SIZES:
            print(
                f"cells: {name}, {published} published, {own} own: {_rates(draw, published, own)}"
            )


def _rates(draw: Draw, published: int, own: int) -> str:
    """Return how often equal means are called otherwise, and means at the margin equivalent."""
    wrong = dict.fromkeys(("not compatible", "different", "different by values", "equivalent"), 0)
    for _ in range(TABLES):
        first, second, shifted = draw(0.9, published), draw(0.9, own), draw(0.9 - MARGIN, own)
        cell, values = _round(first), read_published("", {"values": first})
        answers = {
            "not compatible": judge_compatible(cell, second, 0.95).answer is Answer.DIFFERENT,
            "different": judge_different(cell, second, 0.95).answer is Answer.DIFFERENT,
            "different by values": judge_different(values, second, 0.95).answer is Answer.DIFFERENT,
            "equivalent": judge_equivalent(cell, shifted, 0.95).answer is Answer.EQUIVALENT,
        }
        for name, said in answers.items():
            wrong[name] += said
    return ", ".join(f"{name} {100 * count / TABLES:.1f}%" for name, count in wrong.items())


def _round(values: list[float]) -> PublishedResult:
    """Return what a paper would print of the runs, in percent with one digit."""
    mean, sd = 100 * np.mean(values), 100 * np.std(values, ddof=1)
    return read_published(
        "",
        {
            "mean": round(float(mean), 1),
            "sd": round(float(sd), 1),
            "n": len(values),
            "digits": 1,
            "unit": "percent",
            "margin": 100 * MARGIN,
        },
    )
