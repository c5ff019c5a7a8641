"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.layers import has_one_unit, is_softmax, is_softmax_layer
from runner.static.subject import Subject


def one_unit_softmax(subject: Subject) -> Seen:
    """Softmax over a single unit.

    ## What it does
    Looks for a layer with one unit or filter and the activation softmax, or with a softmax layer
    right after it.

    ## Why is this bad
    Softmax makes the units of a row sum to 1, so a single unit is always 1: the output depends on
    neither the input nor the weights, nothing is learned, and all runs agree bit for bit.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 1
          activation: softmax
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 1
          activation: sigmoid
    ```
    """
    for each in subject.model:
        if is_softmax(each.arguments.get("activation")):
            width = each.arguments if each.name != "Activation" else each.before
            key = f"{each.key}.activation"
        elif is_softmax_layer(each):
            width, key = each.before, each.key
        else:
            continue
        if has_one_unit(width):
            yield (
                key,
                "softmax over one unit is always 1, whatever the input and the weights;"
                " use sigmoid, or one unit a class",
            )
