"""RUN4xx, conclusions."""

from __future__ import annotations

from runner.config.schema import fewest_same
from runner.lint.rule import Seen
from runner.numeric.intervals import CONCLUSIVE, needed_trials
from runner.static.facts import ConfigFacts


def single_replicate(subject: ConfigFacts) -> Seen:
    """A configuration runs once.

    ## What it does
    Looks for fewer than two replicates.

    ## Why is this bad
    A single run cannot be compared with anything: it shows neither that a result varies nor that
    it does not, and it has no standard deviation.

    ## Example
    ```yaml
    replicates: 1
    ```

    ## Use instead
    ```yaml
    replicates: 5
    ```
    """
    config = subject.config
    if fewest_same(config) < 2:
        needed = 1 + needed_trials(CONCLUSIVE, config.compare.confidence)
        yield (
            "replicates",
            f"{config.replicates} run has nothing to be compared with; use at least replicates=2,"
            f" and replicates={needed} to say that at most {CONCLUSIVE:.0%} of runs differ",
        )
