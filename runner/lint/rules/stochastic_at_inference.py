"""RUN3xx, the model."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def stochastic_at_inference(subject: ConfigFacts) -> Seen:
    """A stochastic layer is active when the model is called on the probe.

    ## What it does
    Looks for `probe.training: true` with dropout, noise or random augmentation among the declared
    layers. It cannot look into a model that your own function returns.

    ## Why is this bad
    Each call drops different units, so two calls of one trained model differ, and a comparison of
    runs measures that instead of the training. `model.predict` calls with `training=False`.

    ## Example
    ```yaml
    defaults:
      - override /model: mlp_dropout
    probe:
      training: true
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /model: mlp_dropout
    probe:
      training: false
    ```
    """
    if not subject.config.probe.training:
        return
    layers = [each.name for each in subject.model if each.is_stochastic_layer]
    if layers:
        names = ", ".join(dict.fromkeys(layers))
        yield (
            "probe.training",
            f"{names} stays active when outputs are recorded, so calls of one model differ;"
            " use probe.training=false",
        )
