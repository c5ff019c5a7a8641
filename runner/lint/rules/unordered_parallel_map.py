"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def unordered_parallel_map(subject: ConfigFacts) -> Seen:
    """A parallel map may change the order of the rows.

    ## What it does
    Looks for `train.augment.deterministic: false` with more than one parallel call, if the pipeline
    has the stage augment.

    ## Why is this bad
    `Dataset.map(..., deterministic=False)` passes on whichever row is ready first. The order then
    depends on the timing of threads, which no seed controls.

    ## Example
    ```yaml
    train:
      pipeline: [cache, shuffle, augment, batch, prefetch]
      augment:
        function:
          _target_: keras.layers.Rescaling
          scale: 2.0
        parallel_calls: 4
        deterministic: false
    ```

    ## Use instead
    ```yaml
    train:
      pipeline: [cache, shuffle, augment, batch, prefetch]
      augment:
        function:
          _target_: keras.layers.Rescaling
          scale: 2.0
        parallel_calls: 4
        deterministic: true
    ```
    """
    settings = subject.config.train.augment
    used = subject.trains and subject.has("augment")
    if used and settings.parallel_calls > 1 and not settings.deterministic:
        yield (
            "train.augment.deterministic",
            f"{settings.parallel_calls} parallel calls may pass rows on in any order, which no seed"
            " reaches; use train.augment.deterministic=true",
        )
