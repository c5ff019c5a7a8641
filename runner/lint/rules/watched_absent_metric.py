"""RUN6xx, training."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_watched, is_validated


def watched_absent_metric(subject: ConfigFacts) -> Seen:
    """A callback watches a metric of validation, and there are no rows for it.

    ## What it does
    Looks for EarlyStopping, ReduceLROnPlateau, and ModelCheckpoint with `save_best_only`, that
    watch a metric whose name begins with `val_`, such as their default `val_loss`, where
    `train.validation.part` is none.

    ## Why is this bad
    Keras prints a warning, which nobody reads in a log, and goes on: EarlyStopping and
    ReduceLROnPlateau do nothing, so that all epochs are trained, and ModelCheckpoint saves the
    model of every epoch, the last one over the best.

    ## Example
    ```yaml
    train:
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          monitor: val_loss
    ```

    ## Use instead
    ```yaml
    train:
      validation: {part: split}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          monitor: val_loss
    ```
    """
    for name, declared, watched in find_watched(subject):
        if watched.startswith("val_") and not is_validated(subject):
            named = "monitor" in declared.arguments
            yield (
                f"{declared.key}.monitor" if named else declared.key,
                f"{name} watches {watched}, which is never logged, as there are no rows for"
                " validation; use train.validation.part=split",
            )
