"""RUN4xx, conclusions."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.numeric.intervals import CONCLUSIVE, bound_differing, needed_trials
from runner.static.facts import ConfigFacts


def few_replicates(subject: ConfigFacts) -> Seen:
    """Too few replicates to conclude much from runs that are all the same.

    ## What it does
    Computes what the table's `p_differ_upper` would be if all runs were the same, from `replicates`
    and `compare.confidence`, and says how many replicates bring it under 10 %.

    ## Why is this bad
    Of R runs that are all the same, up to 1 - alpha**(1/(R-1)) of further ones could differ
    (one-sided exact binomial bound, Clopper and Pearson, 1934): at 95 % confidence 53 % after 5
    runs, 9.8 % after 30. "It is deterministic" needs more than a few runs.

    ## Example
    ```yaml
    replicates: 5
    ```

    ## Use instead
    ```yaml
    replicates: 30
    ```
    """
    count, confidence = subject.config.replicates, subject.config.compare.confidence
    if count < 2:
        return  # another rule's
    bound = bound_differing(count - 1, confidence)
    if bound >= CONCLUSIVE:
        needed = 1 + needed_trials(CONCLUSIVE, confidence)
        yield (
            "replicates",
            f"{count} equal runs leave open that {100 * bound:.3g}% of runs differ,"
            f" with {100 * confidence:.6g}% confidence; use replicates={needed} to bring that under"
            f" {CONCLUSIVE:.0%}",
        )
