"""RUN2xx, input pipeline."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.declared import LIBRARIES
from runner.static.facts import ConfigFacts


def parallel_random_map(subject: ConfigFacts) -> Seen:
    """A parallel map draws random numbers.

    ## What it does
    Looks for the stage augment with more than one parallel call and a function that draws random
    numbers. Functions of Keras and TensorFlow are known by name; any other function is assumed to
    draw. With `runtime.op_determinism` the rule finds nothing, because TensorFlow then maps one row
    after another.

    ## Why is this bad
    The calls share one generator, and the timing of threads decides which row gets which number.
    Under a fixed global seed, `Dataset.map(random_op, num_parallel_calls=4)` gave different values
    in every process measured; the sequential map gave the same values every time.

    ## Example
    ```yaml
    defaults:
      - override /train: augmented
    train:
      augment:
        parallel_calls: 4
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /train: augmented
    train:
      augment:
        parallel_calls: 1
    ```
    """
    config, function = subject.config, subject.augmentation
    if function is None or not subject.trains or config.train.augment.parallel_calls < 2:
        return
    if function.may_be_random and not config.runtime.op_determinism:
        draws = "draws" if function.package in LIBRARIES else "may draw"
        yield (
            "train.augment.parallel_calls",
            f"{function.name} {draws} random numbers in {config.train.augment.parallel_calls}"
            " parallel calls, in the order of the threads, which no seed reaches;"
            " use train.augment.parallel_calls=1",
        )
