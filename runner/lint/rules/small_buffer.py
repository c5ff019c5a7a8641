"""RUN2xx, input pipeline."""

from __future__ import annotations

import math

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def small_buffer(subject: ConfigFacts) -> Seen:
    """The shuffle buffer is smaller than the data.

    ## What it does
    Compares `shuffle.buffer` with the number of rows of the training part, or of its batches if
    the stage shuffle comes after batch. It needs `data.rows`, or `data.split.rows` for a source
    whose rows are split; without them it finds nothing.

    ## Why is this bad
    No row can move forward by more than the size of the buffer: `Dataset.shuffle(100)` over 60,000
    sorted rows starts with the first class, whatever the seed. The order is neither that of the
    data nor random.

    ## Example
    ```yaml
    shuffle:
      buffer: 100
    ```

    ## Use instead
    ```yaml
    shuffle:
      buffer: null  # all rows
    ```
    """
    buffer, rows = subject.config.shuffle.buffer, subject.rows
    if buffer is None or rows is None or not subject.trains or not subject.has("shuffle"):
        return
    elements, what = rows, "rows"
    if subject.has("batch", "shuffle"):
        elements, what = math.ceil(rows / subject.config.train.batch_size), "batches"
    if buffer < elements:
        yield (
            "shuffle.buffer",
            f"the buffer holds {buffer} of {elements} {what}, so none comes more than {buffer}"
            " places early and much of the data's order remains; use shuffle.buffer=null for all",
        )
