"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def no_shuffling(subject: ConfigFacts) -> Seen:
    """Training takes the rows in the source's order.

    ## What it does
    Looks for training without the stage shuffle, or with that stage not enabled, unless one batch
    is known to hold all rows.

    ## Why is this bad
    Every epoch and every run sees the same batches in the same order. Neighbouring rows of the
    source, such as rows of one class in sorted data, stay together in a batch.

    ## Example
    ```yaml
    defaults:
      - override /shuffle: "off"
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /shuffle: "on"
    ```
    """
    if not subject.trains or subject.has("shuffle") or subject.full_batch:
        return
    staged = "shuffle" in subject.config.train.pipeline
    yield (
        "shuffle.enabled" if staged else "train.pipeline",
        "rows are never shuffled, so each epoch sees the same batches in the source's order; "
        + ("use shuffle=on" if staged else "add the stage shuffle before batch"),
    )
