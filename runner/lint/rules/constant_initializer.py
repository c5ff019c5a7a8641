"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.declared import name_of
from runner.static.subject import Subject

CONSTANTS = ("zeros", "ones", "constant")
"""Keras's initializers that give every weight one value, in lower case; also Zeros()."""

PARTS = ("kernel", "recurrent", "embeddings", "depthwise", "pointwise")
"""Weights that tell units apart; a bias or a scale may well start constant."""


def constant_initializer(subject: Subject) -> Seen:
    """Weights that must tell units apart all start with one value.

    ## What it does
    Looks for the initializers zeros, ones and constant on kernels, recurrent kernels and
    embeddings. A list of values does not count, and neither do biases.

    ## Why is this bad
    Units with equal weights get equal gradients and stay equal, so a layer learns what one unit
    could. With zeros the output does not depend on the input at all, and no seed changes it.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: ${data.units}
          kernel_initializer: zeros
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: ${data.units}
          kernel_initializer: glorot_uniform
    ```
    """
    for each in subject.model:
        for part in PARTS:
            argument = f"{part}_initializer"
            value = each.arguments.get(argument)
            name = name_of(value)
            if name.lower() not in CONSTANTS:
                continue
            if isinstance(value, dict) and isinstance(value.get("value"), list):
                continue
            yield (
                f"{each.key}.{argument}",
                f"{name} gives every weight of {each.name} one value, so its units stay alike and"
                " no seed matters; use glorot_uniform",
            )
