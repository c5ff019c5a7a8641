"""What findings cost: the facts that a run measures for them, and the rules that judge them."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROUNDS = 9
MEASURES = ("describe_data", "describe_initial_weights", "describe_model")
"""Functions that runner.tasks.keras.train calls to measure facts."""


def main() -> None:
    """Print the share of a run's time that facts take, and of collation that rules take."""
    shares = _measure_facts()
    print(f"findings: {100 * statistics.median(shares):.1f}% of a run's time (wanted: at most 3),")
    small, large, share = _measure_rules()
    print(
        f"  rules for 10000 runs take {large / small:.1f} times as long as for 1000 (linear: 10),"
    )
    print(f"  and {100 * share:.1f}% of the time in which those are collated")


def _measure_facts() -> list[float]:
    from hydra import compose, initialize_config_dir

    from runner.config import nodes, schema
    from runner.config.seeds import run_seeds
    from runner.tasks.keras import train

    schema.register()
    with initialize_config_dir(str(schema.CONF), version_base="1.3"):
        config = nodes.to_dataclass(compose("config"))
    seeds = run_seeds(config.seed, 0, "")
    spent = Spent()
    for name in MEASURES:
        setattr(train, name, spent.count(getattr(train, name)))
    train.train_and_call(config, seeds, Path.cwd())  # imports and traces for the first time
    shares = []
    for _ in range(ROUNDS):
        spent.seconds = 0.0
        started = time.perf_counter()
        train.train_and_call(config, seeds, Path.cwd())
        shares.append(spent.seconds / (time.perf_counter() - started))
    return shares


def _measure_rules() -> tuple[float, float, float]:
    """Return the seconds of the rules for 1,000 and 10,000 runs, and their share of collation."""
    from runner.analysis import results
    from runner.analysis.findings.find import find_findings
    from tests.benchmarks.collation import RUNS, SMALL, write_runs

    spent = Spent()
    setattr(results, "find_findings", spent.count(find_findings))  # noqa: B010
    taken = []
    with tempfile.TemporaryDirectory() as directory:
        for count in (SMALL, SMALL, RUNS):  # the first one warms up
            sweep = Path(directory) / str(count)
            if not sweep.exists():
                write_runs(sweep, count)
            spent.seconds = 0.0
            started = time.perf_counter()
            results.collate(sweep)
            taken.append((spent.seconds, time.perf_counter() - started))
    (_, (small, _), (large, collating)) = taken
    return small, large, large / collating


class Spent:
    """The seconds that functions took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def count(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted."""

        def counted(*arguments: Any) -> Any:
            started = time.perf_counter()
            value = function(*arguments)
            self.seconds += time.perf_counter() - started
            return value

        return counted
