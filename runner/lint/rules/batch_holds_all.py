"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def batch_holds_all(subject: ConfigFacts) -> Seen:
    """One batch holds the whole data.

    ## What it does
    Compares `train.batch_size` with the number of rows of the training part. It needs `data.rows`,
    or `data.split.rows` for a source whose rows are split; without them it finds nothing.

    ## Why is this bad
    Each step averages over all rows, so their order changes nothing but rounding: shuffling, its
    seed and its buffer have no effect, and an epoch is a single step. With the four rows of a first
    tutorial, this looks as if "the seed does nothing".

    ## Example
    ```yaml
    train:
      batch_size: 2000
    ```

    ## Use instead
    ```yaml
    train:
      batch_size: 32
    ```
    """
    # A batch that is never filled and dropped is a finding of nothing_trains.
    if subject.trains and subject.full_batch and not subject.batchless:
        size = subject.config.train.batch_size
        effect = "shuffling has no effect" if subject.has("shuffle") else "their order is no matter"
        yield (
            "train.batch_size",
            f"a batch of {size} holds all {subject.rows} rows, so {effect} and an epoch is one"
            " step; use a smaller batch",
        )
