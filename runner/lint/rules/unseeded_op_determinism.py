"""RUN5xx, the runtime."""

from __future__ import annotations

from runner.config.schema import Generator
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def unseeded_op_determinism(subject: ConfigFacts) -> Seen:
    """Deterministic operations are asked for, and TensorFlow's generator is not seeded.

    ## What it does
    Looks for `runtime.op_determinism: true` if the pipeline draws from TensorFlow's generator and
    the strategy does not seed it.

    ## Why is this bad
    TensorFlow refuses to draw: every run fails with "Random ops require a seed to be set when
    determinism is enabled".

    ## Example
    ```yaml
    defaults:
      - override /seed: unset
      - override /runtime: deterministic
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /seed: fixed
      - override /runtime: deterministic
    ```
    """
    stage = subject.draws_from_tensorflow()
    if subject.config.runtime.op_determinism and stage and not subject.seeds(Generator.tensorflow):
        yield (
            "runtime.op_determinism",
            f"the stage {stage} draws from TensorFlow's generator, which is not seeded, and every"
            " run will fail; use seed=fixed, with tensorflow among seed.generators",
        )
