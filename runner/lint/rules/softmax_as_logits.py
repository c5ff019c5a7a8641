"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_last_activation, find_loss


def softmax_as_logits(subject: ConfigFacts) -> Seen:
    """A loss for logits is given probabilities.

    ## What it does
    Looks for a cross-entropy with `from_logits: true` behind a last activation of softmax or
    sigmoid.

    ## Why is this bad
    The loss applies softmax or sigmoid once more. Outputs of 0..1 become nearly equal
    probabilities, so that gradients are small and training stalls far from what the model could
    learn.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
          activation: softmax
    train:
      loss:
        _target_: keras.losses.SparseCategoricalCrossentropy
        from_logits: true
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
    train:
      loss:
        _target_: keras.losses.SparseCategoricalCrossentropy
        from_logits: true
    ```
    """
    name, logits = find_loss(subject)
    activation = find_last_activation(subject)
    made = activation in ("softmax", "sigmoid")
    if subject.trains and made and name.endswith("crossentropy") and logits:
        yield (
            "train.loss.from_logits",
            f"the loss takes outputs for logits, and {activation} has made probabilities of them;"
            f" use from_logits=false, or leave {activation} out",
        )
