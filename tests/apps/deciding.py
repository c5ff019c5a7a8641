"""Training code whose metric is known beforehand, for decisions between two configurations."""

from __future__ import annotations

import numpy as np


def main(config, seeds):
    """A score that the seed and `gain` give; the same seed moves it alike whatever the gain."""
    given = config.task.params
    seed = seeds.get("value", seeds.get("init"))
    rng = np.random.default_rng(seed)
    score = given.get("level", 0.5) + given.get("gain", 0.0) + rng.normal(0, 0.05)
    own = np.random.default_rng([seed, int(1000 * given.get("gain", 0.0))])
    score += own.normal(0, given.get("noise", 0.01))
    if given.get("fails") and seed % 2:
        raise ValueError("no luck")
    return {
        "outputs": np.array([[score, 1 - score]]),
        "accuracy": float("nan") if given.get("missing") else min(max(score, 0.0), 1.0),
        "cost_loss": 1 - score,
        "strange": score,
    }
