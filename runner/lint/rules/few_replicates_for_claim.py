"""RUN4xx, conclusions."""

from __future__ import annotations

from typing import Any

from runner.config.schema import is_auto, most_replicates
from runner.lint.rule import Seen
from runner.numeric.intervals import CONCLUSIVE, needed_trials
from runner.numeric.verdicts import State, Verdict
from runner.static.facts import ConfigFacts


def few_replicates_for_claim(subject: ConfigFacts) -> Seen:
    """Too few replicates to confirm what a claim says.

    ## What it does
    Looks for claims that something is the same (a state `same`, a verdict such as `deterministic`,
    a digest), and computes how many equal runs are needed to show that at most 10% of further runs
    could differ.

    ## Why is this bad
    Two runs can refute such a claim, but a few runs cannot confirm it: even if all of them are the
    same, the result is `inconclusive`.

    ## Example
    ```yaml
    replicates: 5
    claims:
      - text: it never changes
        across_runs: same
    ```

    ## Use instead
    ```yaml
    replicates: 30
    claims:
      - text: it never changes
        across_runs: same
    ```
    """
    config = subject.config
    key = "max_replicates" if is_auto(config) else "replicates"
    trials = needed_trials(CONCLUSIVE, config.compare.confidence)
    for index, claim in enumerate(config.claims):
        needed = trials + _further(claim) if _says_same(claim) else 0
        if most_replicates(config) < needed:
            yield (
                f"claims[{index}]",
                f"{most_replicates(config)} runs cannot confirm that it is the same, as more than"
                f" {CONCLUSIVE:.0%} of others could differ; use {key}={needed}",
            )


def _says_same(claim: dict[str, Any]) -> bool:
    # One run shows whether inputs make a difference, and replays are not replicates.
    axes = ("across_calls", "across_builds", "across_runs")
    same = any(claim.get(axis) == State.SAME for axis in axes)
    verdict = claim.get("verdict")
    refutable = verdict is not None and Verdict(verdict).refutable
    return same or refutable or claim.get("digest") is not None


def _further(claim: dict[str, Any]) -> int:
    """Return 1 if runs are compared with the first one, which then is no trial; 0 otherwise."""
    return int("across_runs" in claim or "verdict" in claim)
