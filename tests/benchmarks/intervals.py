"""How often 95 % intervals of a standard deviation hold the true one: ours and the bootstrap's."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import bootstrap

from runner.numeric.jackknife import estimate_sd

SAMPLES = 2000
COUNTS = (3, 5, 10)


def main() -> None:
    """Draw samples of normal values whose SD is 1, and print how many intervals hold it."""
    rng = np.random.default_rng(0)
    for count in COUNTS:
        samples = rng.normal(size=(SAMPLES, count))
        ours = [estimate_sd(values) for values in samples]
        held = np.mean([e.low is not None and e.low <= 1 <= (e.high or 0) for e in ours])
        found = bootstrap(
            (samples,), sd, axis=1, method="percentile", n_resamples=999, rng=rng
        ).confidence_interval
        percentile = np.mean((found.low <= 1) & (found.high >= 1))
        print(
            f"intervals: SD of {count} normal values, {SAMPLES} samples: jackknife holds it in"
            f" {100 * held:.0f}%, percentile bootstrap in {100 * percentile:.0f}%"
        )


def sd(values: Any, axis: int) -> Any:
    """Standard deviation with ddof=1."""
    return np.std(values, axis=axis, ddof=1)
