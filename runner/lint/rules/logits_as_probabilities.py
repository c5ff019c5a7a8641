"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_last_activation, find_loss


def logits_as_probabilities(subject: ConfigFacts) -> Seen:
    """A loss for probabilities is given logits.

    ## What it does
    Looks for a cross-entropy without `from_logits` behind a last layer that has no activation.

    ## Why is this bad
    The loss cuts off what is not between 0 and 1, where it has no gradient: rows that the model
    gets wrong by far are never learned, and the loss can be NaN.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
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
    name, logits = find_loss(subject)
    if not subject.trains or not name.endswith("crossentropy") or logits is not False:
        return
    if find_last_activation(subject) in ("", "linear"):
        fit = "sigmoid" if name == "binarycrossentropy" else "softmax"
        yield (
            "train.loss",
            "the loss takes outputs for probabilities, and the last layer has no activation;"
            f" use {fit}, or a loss with from_logits=true",
        )
