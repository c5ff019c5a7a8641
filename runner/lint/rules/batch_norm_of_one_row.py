"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.keras_names import CONVOLUTIONS, keras_name


def batch_norm_of_one_row(subject: ConfigFacts) -> Seen:
    """Batch normalization over batches of one row.

    ## What it does
    Looks for a BatchNormalization layer of a model without convolutions where `train.batch_size` is
    1. After a convolution, the positions of one row still differ.

    ## Why is this bad
    Over a single row, a unit of a dense layer is its own mean: in training the layer gives its
    offset whatever the input, so that nothing behind it can be learned. The moving variance becomes
    0.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.BatchNormalization
    train:
      batch_size: 1
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.BatchNormalization
    train:
      batch_size: 32
    ```
    """
    names = [keras_name(each, "layers") for each in subject.model]
    convolved = any(name in CONVOLUTIONS for name in names)
    if not subject.trains or subject.config.train.batch_size != 1 or convolved:
        return
    for each in subject.model:
        frozen = each.arguments.get("trainable") is False
        if keras_name(each, "layers") == "BatchNormalization" and not frozen:
            yield (
                "train.batch_size",
                "batches of one row leave batch normalization nothing to compare it with;"
                " use larger batches, or LayerNormalization",
            )
            return
