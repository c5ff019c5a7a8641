"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Generator
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def tensorflow_left_unseeded(subject: ConfigFacts) -> Seen:
    """TensorFlow's generator is not seeded, and a stage of the pipeline draws from it.

    ## What it does
    Looks for a seeded configuration whose `seed.generators` lacks `tensorflow`, while its pipeline
    shuffles without a seed of its own or augments with code that may call TensorFlow's random
    operations. Keras's own layers do not count: they take their seeds from Python's generator.

    ## Why is this bad
    `Dataset.shuffle` and `tf.random` then draw a new seed in every process: the initial weights are
    the same in each run, but the order of the rows or their augmentation is not.

    ## Example
    ```yaml
    seed:
      generators: [python, numpy]
    ```

    ## Use instead
    ```yaml
    seed:
      generators: [python, numpy, tensorflow]
    ```
    """
    stage = subject.draws_from_tensorflow()
    if subject.seeded and not subject.seeds(Generator.tensorflow) and stage:
        yield (
            "seed.generators",
            f"TensorFlow's generator is not seeded, and the stage {stage} draws from it anew in"
            " each process; add tensorflow",
        )
