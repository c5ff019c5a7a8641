"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.declared import Declared, name_of
from runner.static.facts import ConfigFacts
from runner.static.keras_names import (
    CONVOLUTIONS,
    DRAWN_PARTS,
    Initial,
    classify_initializer,
    constant_value,
    keras_name,
)

USUAL_INITIALIZERS = {
    "kernel": "glorot_uniform",
    "recurrent": "orthogonal",
    "embeddings": "uniform",
    "depthwise": "glorot_uniform",
    "pointwise": "glorot_uniform",
}
"""Weights that tell units apart, to the initializer that Keras uses for them by default."""


def constant_initializer(subject: ConfigFacts) -> Seen:
    """Weights that tell units apart all start with one value.

    ## What it does
    Looks for the initializers zeros, ones and constant on kernels, recurrent kernels and
    embeddings, and for random initializers without any spread, such as `RandomNormal` with
    `stddev: 0`. A list of values does not count, nor do biases, which may well start constant.

    ## Why is this bad
    No seed varies such weights, and units with equal weights compute the same. Only training can
    make them differ: units of a hidden layer through the weights of the next layer, units of an
    output layer through their targets. With zeros, the output does not depend on the input before
    training, and hidden units with relu get no gradient and stay at 0.

    ## Example
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 64
          activation: relu
          kernel_initializer: zeros
        - _target_: keras.layers.Dense
          units: ${data.units}
    ```

    ## Use instead
    ```yaml
    model:
      layers:
        - _target_: keras.layers.Dense
          units: 64
          activation: relu
          kernel_initializer: glorot_uniform
        - _target_: keras.layers.Dense
          units: ${data.units}
    ```
    """
    for each in subject.initialized:
        for part, usual in USUAL_INITIALIZERS.items():
            value = each.arguments.get(f"{part}_initializer")
            number = constant_value(value)
            if number is None:
                continue
            kind = "" if part == "kernel" else f"{part} "
            yield (
                f"{each.key}.{part}_initializer",
                f"{name_of(value)} gives every {kind}weight of {each.name} one value, whatever the"
                f" seed{_tell_effects(each, part, number)}; use {usual}",
            )


def _tell_effects(layer: Declared, part: str, number: float) -> str:
    arguments, effects = layer.arguments, []
    own = keras_name(layer, "layers")
    if own not in DRAWN_PARTS:
        return ""
    bias = classify_initializer(arguments.get("bias_initializer", "zeros"))
    several = arguments.get("units", arguments.get("filters")) != 1
    alike = own in ("Dense", *CONVOLUTIONS) and bias is Initial.CONSTANT
    if several and alike:
        effects.append("its units are alike")
    if part != "recurrent" and part != "embeddings" and number == 0:
        effects.append("it ignores its input")
    return f", so at first {' and '.join(effects)}" if effects else ""
