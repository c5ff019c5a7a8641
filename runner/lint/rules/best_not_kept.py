"""RUN6xx, training."""

from __future__ import annotations

from runner.config.schema import Reported
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_callbacks


def best_not_kept(subject: ConfigFacts) -> Seen:
    """The best epoch is reported, and the weights of the last one are kept.

    ## What it does
    Looks for `train.evaluate.at=best` together with an EarlyStopping whose `restore_best_weights`
    is off, which is its default.

    ## Why is this bad
    The metrics are those of the best epoch, while the model that is left, its outputs and what a
    callback saves at the end are those of some epochs later.

    ## Example
    ```yaml
    train:
      validation: {part: split}
      evaluate: {at: best, part: validation}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          patience: 5
    ```

    ## Use instead
    ```yaml
    train:
      validation: {part: split}
      evaluate: {at: best, part: validation, by: loss}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          patience: 5
          restore_best_weights: true
    ```
    """
    if subject.config.train.evaluate.at is not Reported.best:
        return
    for name, declared in find_callbacks(subject):
        if name == "EarlyStopping" and not declared.arguments.get("restore_best_weights"):
            yield (
                declared.key,
                "the best epoch is reported, but the weights of the last one are kept;"
                " use restore_best_weights=true",
            )
