"""RUN4xx, conclusions."""

from __future__ import annotations

from runner.config.schema import fewest_same, is_auto
from runner.lint.rule import Seen
from runner.numeric.intervals import CONCLUSIVE, bound_differing, needed_trials
from runner.static.facts import ConfigFacts


def few_replicates(subject: ConfigFacts) -> Seen:
    """Too few replicates to conclude much from runs that are all the same.

    ## What it does
    Computes from `replicates` and `compare.confidence` what `p_differ_upper` in the table would be
    if all runs were the same, and says how many replicates bring it below 10%.

    ## Why is this bad
    After R runs that are all the same, a share of up to 1 - alpha**(1/(R-1)) of further runs could
    still differ (one-sided exact binomial bound, Clopper and Pearson, 1934): at 95% confidence,
    53% after 5 runs and 9.8% after 30. "It is deterministic" needs more than a few runs.

    ## Example
    ```yaml
    replicates: 5
    ```

    ## Use instead
    ```yaml
    replicates: 30
    ```
    """
    count, confidence = fewest_same(subject.config), subject.config.compare.confidence
    if count < 2:
        return  # single_replicate finds this
    bound = bound_differing(count - 1, confidence)
    if bound >= CONCLUSIVE:
        needed = 1 + needed_trials(CONCLUSIVE, confidence)
        key = "same_replicates" if is_auto(subject.config) else "replicates"
        yield (
            key,
            f"{count} equal runs leave open that {100 * bound:.3g}% of runs differ,"
            f" with {100 * confidence:.6g}% confidence; use {key}={needed} to bring that under"
            f" {CONCLUSIVE:.0%}",
        )
