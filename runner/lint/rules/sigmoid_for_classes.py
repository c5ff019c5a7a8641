"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_last_activation, find_loss


def sigmoid_for_classes(subject: ConfigFacts) -> Seen:
    """Sigmoid units under a loss for exclusive classes.

    ## What it does
    Looks for a (sparse) categorical cross-entropy behind a last activation of sigmoid.

    ## Why is this bad
    The loss divides the units of a row by their sum to make one distribution of them, so each unit
    is pushed by the others; and units that all become 1, or all 0, look alike to it.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
          activation: sigmoid
    train:
      loss: sparse_categorical_crossentropy
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
          activation: softmax
    train:
      loss: sparse_categorical_crossentropy
    ```
    """
    name, _ = find_loss(subject)
    exclusive = name in ("categoricalcrossentropy", "sparsecategoricalcrossentropy")
    if subject.trains and exclusive and find_last_activation(subject) == "sigmoid":
        yield (
            "train.loss",
            "the loss is for one class a row, and sigmoid says of each class alone whether it is"
            " there; use softmax, or binary_crossentropy for several classes a row",
        )
