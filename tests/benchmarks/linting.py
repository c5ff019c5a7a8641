"""Linting the shipped configurations: the rules, with predictions, and with files looked up."""

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
    from runner.lint.located import report_on
    from runner.lint.targets import compose_combinations
    from runner.static.facts import ConfigFacts
    from runner.static.predict import predict

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

    def foresee(index: int) -> None:
        subject = ConfigFacts.of(composed[index].configuration.cfg)
        lint(subject)
        predict(subject)

    rules = measure(lambda index: lint(composed[index].configuration.cfg))
    foreseen = measure(foresee)
    reports = measure(lambda index: report_on(composed[index]))
    print(f"linting: {rules:.1f} ms a composed config, {foreseen:.1f} ms with its prediction")
    print(f"  (wanted: at most 5), {reports:.1f} ms with its files and comments looked up;")
    print(f"  composing it takes {composing:.0f} ms")
