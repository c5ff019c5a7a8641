"""How often `decide` is wrong if one looks after every pair, and how many pairs it takes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from runner.numeric.jackknife import Values
from runner.statistics.confidence_sequence import Method, log_capital, width_in_sds
from runner.statistics.power import power_of_paired_t_test
from runner.statistics.sequential_decision import ALPHA, MIN_PAIRS, Rule

SEQUENCES = 2000
LONGEST = 1000
"""Pairs of each sequence, after each of which one looks."""
DIFFERENCE = 0.01
SD = 0.01

Draw = Callable[[np.random.Generator, float, int], Values]


def main() -> None:
    """Print wrong decisions at the boundary, and pairs needed beyond it."""
    for name, draw in DRAWS.items():
        for method in Method:
            rule = Rule(DIFFERENCE, method)
            found = first_looks(draw(np.random.default_rng(0), DIFFERENCE, SEQUENCES), rule)
            wrong = np.mean((found["b"] < np.inf) | (found["not better"] < np.inf))
            print(
                f"decisions: {name}, {method}: mean exactly {DIFFERENCE:g}, looked at after each of"
                f" {LONGEST} pairs: {100 * wrong:.1f}% wrong"
            )
    _print_lengths()


def first_looks(advantages: Values, rule: Rule) -> dict[str, Values]:
    """Return for each sequence the number of pairs at which it is decided, either way.

    It decides as `runner.statistics.sequential_decision.decide` does, many sequences at once.

    Args:
        advantages: (sequence, pair).
        rule: what is to be decided.
    """
    counts = np.arange(1, advantages.shape[1] + 1)
    if rule.method is Method.BOUNDED:
        shares = (advantages / rule.largest + 1) / 2
        mean = (rule.difference / rule.largest + 1) / 2
        up = log_capital(shares, mean) >= math.log(2 / ALPHA)
        down = log_capital(1 - shares, 1 - mean) >= math.log(2 / ALPHA)
    else:
        means = np.cumsum(advantages, axis=1) / counts
        squares = np.cumsum((advantages - advantages[:, :1]) ** 2, axis=1)
        spread = squares - counts * (means - advantages[:, :1]) ** 2
        # The smallest step of the whole sequence is at most that of its beginning.
        gaps = np.diff(np.sort(advantages, axis=1), axis=1)
        steps = np.where(gaps > 1e-9, gaps, np.inf).min(axis=1, keepdims=True)
        sds: Values = np.sqrt(np.maximum(spread, 0) / np.maximum(counts - 1, 1) + steps**2 / 12)
        varied = np.maximum.accumulate(advantages, axis=1) > np.minimum.accumulate(
            advantages, axis=1
        )
        factors = np.array([width_in_sds(int(count), ALPHA) for count in counts])
        with np.errstate(invalid="ignore"):
            half = np.where(varied, factors * sds, np.inf)
        up, down = means - half > rule.difference, means + half < rule.difference
    for reached in (up, down):
        # Bounds only get narrower, so that those of the first pairs count at the first look too.
        reached[:, MIN_PAIRS - 1] |= reached[:, : MIN_PAIRS - 1].any(axis=1)
        reached[:, : MIN_PAIRS - 1] = False
    return {"b": _first(up), "not better": _first(down)}


def _first(reached: np.ndarray) -> Values:
    looks: Values = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
    return looks


def _normal(rng: np.random.Generator, mean: float, sequences: int) -> Values:
    found: Values = rng.normal(mean, SD, (sequences, LONGEST))
    return found


def _accuracies(rows: int, sd: float = SD) -> Draw:
    """Differences of two accuracies on the same rows, whose shares vary between runs."""

    def draw(rng: np.random.Generator, mean: float, sequences: int) -> Values:
        # Symmetric about its mean, so that clipping and rounding do not move it.
        a = np.clip(rng.normal(0.9, sd / math.sqrt(2), (sequences, LONGEST)), 0.8, 1.0)
        b = np.clip(rng.normal(0.9, sd / math.sqrt(2), (sequences, LONGEST)), 0.8, 1.0)
        counts = rng.binomial(rows, np.clip(b + mean / 2, 0, 1)) - rng.binomial(
            rows, np.clip(a - mean / 2, 0, 1)
        )
        found: Values = counts / rows
        return found

    return draw


def _coarse(rng: np.random.Generator, mean: float, sequences: int) -> Values:
    """Differences in steps of 1/100 that are mostly one of two values."""
    step = 0.01
    low = math.floor(mean / step - 0.5) * step
    share = (mean - low) / (2 * step)
    high = rng.random((sequences, LONGEST)) < share
    found: Values = np.where(high, low + 2 * step, low)
    return found


def _collapses(rng: np.random.Generator, mean: float, sequences: int) -> Values:
    """One run of B in twenty collapses to chance, which costs 0.8."""
    good = (mean + 0.05 * 0.8) + rng.normal(0, SD, (sequences, LONGEST))
    found: Values = np.clip(good - 0.8 * (rng.random((sequences, LONGEST)) < 0.05), -1, 1)
    return found


DRAWS: dict[str, Draw] = {
    "normal": _normal,
    "accuracies on 1000 rows": _accuracies(1000),
    "accuracies on 100 rows": _accuracies(100),
    "steps of 1/100": _coarse,
    "one in twenty collapses": _collapses,
}


def _print_lengths() -> None:
    """Print the median number of pairs against that of a t test of a number fixed before."""
    for effect in (0.5, 1.0, 2.0, 5.0):
        mean = DIFFERENCE + effect * SD
        drawn = _normal(np.random.default_rng(1), mean, SEQUENCES)
        said = []
        for name, rule in {
            "normal": Rule(DIFFERENCE, Method.NORMAL),
            "bounded": Rule(DIFFERENCE, Method.BOUNDED),
            "bounded by 0.1": Rule(DIFFERENCE, Method.BOUNDED, 0.1),
        }.items():
            looks = first_looks(np.clip(drawn, -rule.largest, rule.largest), rule)["b"]
            low, middle, high = (
                _show(each) for each in np.quantile(looks, [0.1, 0.5, 0.9], method="nearest")
            )
            said.append(f"{name} {middle} ({low} to {high})")
        fixed = next(
            n for n in range(2, LONGEST) if power_of_paired_t_test(effect, n, 1 - ALPHA) >= 0.8
        )
        print(
            f"decisions: B better by the difference and {effect:g} SD more: median pairs (10% to"
            f" 90%) {', '.join(said)}; t test of a fixed number, power 80%: {fixed}"
        )


def _show(pairs: float) -> str:
    return f">{LONGEST}" if math.isinf(pairs) else f"{pairs:.0f}"
