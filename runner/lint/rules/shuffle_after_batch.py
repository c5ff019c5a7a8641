"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def shuffle_after_batch(subject: ConfigFacts) -> Seen:
    """Batches are shuffled instead of rows.

    ## What it does
    Looks for the stage shuffle after the stage batch.

    ## Why is this bad
    Only the batches are reordered, and each batch holds the same rows in every epoch: neighbours in
    the data are always averaged into one gradient.

    ## Example
    ```yaml
    train:
      pipeline: [cache, batch, shuffle, prefetch]
    ```

    ## Use instead
    ```yaml
    train:
      pipeline: [cache, shuffle, batch, prefetch]
    ```
    """
    if subject.trains and subject.has("batch", "shuffle"):
        yield (
            "train.pipeline",
            "shuffle comes after batch, so whole batches change places and each holds the same"
            " rows in every epoch; put shuffle before batch",
        )
