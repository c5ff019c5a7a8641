"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.keras_names import is_sequential
from runner.static.row_facts import describe_rows
from runner.static.shapes import find_lone_softmax, find_rank


def one_unit_softmax(subject: ConfigFacts) -> Seen:
    """Softmax over a single unit.

    ## What it does
    Looks for a layer with one unit or filter and the activation softmax, and for a softmax layer
    that follows such a layer, directly or after layers that keep the one unit. LSTM and GRU do not
    count, because their gates still depend on the input.

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
    rank = None
    if subject.model and is_sequential(subject.model[0]):
        rank = find_rank(describe_rows(subject.config))
    for key, argument in find_lone_softmax(subject.model, rank):
        yield (
            f"{key}.{argument}" if argument else key,
            "softmax over one unit is always 1, whatever the input and the weights;"
            " use sigmoid, or one unit a class",
        )
