"""RUN6xx, training."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_watched, is_validated


def watched_training_metric(subject: ConfigFacts) -> Seen:
    """A callback decides by the loss or a metric of the training part.

    ## What it does
    Looks for EarlyStopping, ReduceLROnPlateau, and ModelCheckpoint with `save_best_only`, whose
    `monitor` does not begin with `val_`, in a configuration that has rows for validation.

    ## Why is this bad
    The loss on rows that a model is trained on goes on falling while the model only learns them by
    heart, so that training stops too late, and the wrong weights count as the best. Keras's value
    is also an average over the epoch, taken while the weights changed.

    ## Example
    ```yaml
    train:
      validation: {part: split}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          monitor: loss
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
        if is_validated(subject) and not watched.startswith("val_") and watched != "learning_rate":
            yield (
                f"{declared.key}.monitor",
                f"{name} watches {watched} of the rows that are trained on;"
                f" use monitor=val_{watched}, of those that are not",
            )
