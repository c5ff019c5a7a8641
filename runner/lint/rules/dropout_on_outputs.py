"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.keras_names import DROPPING, is_sequential, keras_name
from runner.static.shapes import find_chain


def dropout_on_outputs(subject: ConfigFacts) -> Seen:
    """A model that ends in a layer of dropout.

    ## What it does
    Looks for a `keras.Sequential` whose last layer drops units.

    ## Why is this bad
    In training, outputs are set to 0 at random and the others are scaled up: they are no
    probabilities any more, and the loss is high for what no weight can change. A model that is
    trained in this way often gives one output for every input.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 10
          activation: softmax
        - _target_: keras.layers.Dropout
          rate: 0.5
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dropout
          rate: 0.5
        - _target_: keras.layers.Dense
          units: 10
          activation: softmax
    ```
    """
    if not subject.trains or not subject.model or not is_sequential(subject.model[0]):
        return
    chain = find_chain(subject)
    last = chain[-1] if chain else None
    if last is not None and keras_name(last, "layers") in DROPPING and last.arguments.get("rate"):
        yield (
            f"{last.key}.rate",
            f"{last.name} sets outputs of the model to 0 at random, and no weight can change that;"
            " use it before the last layer with weights",
        )
