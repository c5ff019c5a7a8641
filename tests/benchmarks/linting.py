"""Linting the shipped configurations: the rules alone, and with files and comments looked up."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable

ROUNDS = 20

GRID = {
    "model": ("linear", "mlp_dropout", "cnn", "pinned"),
    "seed": ("fixed", "random"),
    "train": ("default", "augmented"),
}


def main() -> None:
    """Print the milliseconds that a composed config takes, and those of composing it."""
    from runner.lint import lint
    from runner.lint.composing import compose_combinations
    from runner.lint.report import report_on

    combinations = [
        [f"{group}={choice}" for group, choice in zip(GRID, choices, strict=True)]
        for choices in itertools.product(*GRID.values())
    ]
    started = time.perf_counter()
    composed = [compose_combinations(overrides, None)[0] for overrides in combinations]
    composing = (time.perf_counter() - started) / len(composed) * 1e3

    def measure(function: Callable[[int], object]) -> float:
        function(0)
        taken = []
        for _, index in itertools.product(range(ROUNDS), range(len(composed))):
            started = time.perf_counter()
            function(index)
            taken.append(time.perf_counter() - started)
        return statistics.median(taken) * 1e3

    rules = measure(lambda index: lint(composed[index].config))
    reports = measure(lambda index: report_on(composed[index]))
    print(
        f"linting: {rules:.1f} ms a composed config (wanted: at most 5), {reports:.1f} ms with its"
    )
    print(f"  files and comments looked up; composing it takes {composing:.0f} ms")
