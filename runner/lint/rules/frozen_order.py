"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def frozen_order(subject: ConfigFacts) -> Seen:
    """Rows are shuffled once, and every epoch repeats that order.

    ## What it does
    Looks for `shuffle.reshuffle: false`, and for the stage cache after the stage shuffle, if there
    is more than one epoch.

    ## Why is this bad
    A cache keeps the rows of the first epoch together with their order, and repeats them in each
    later epoch, so `reshuffle` has no effect. Training then depends on that one order.

    ## Example
    ```yaml
    train:
      pipeline: [shuffle, cache, batch, prefetch]
    ```

    ## Use instead
    ```yaml
    train:
      pipeline: [cache, shuffle, batch, prefetch]
    ```
    """
    config = subject.config
    epochs = config.train.trained_epochs
    if epochs < 2 or not subject.has("shuffle"):
        return
    if not config.shuffle.reshuffle:
        yield (
            "shuffle.reshuffle",
            f"rows are shuffled once and all {epochs} epochs repeat that order;"
            " use shuffle.reshuffle=true",
        )
    if subject.has("shuffle", "cache"):
        yield (
            "train.pipeline",
            f"cache comes after shuffle and keeps the first order for all {epochs}"
            " epochs; put cache before shuffle",
        )
