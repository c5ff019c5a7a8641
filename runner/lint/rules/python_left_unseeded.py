"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Generator
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def python_left_unseeded(subject: ConfigFacts) -> Seen:
    """Python's generator is not seeded, although others are, such as TensorFlow's.

    ## What it does
    Looks for a seeded configuration whose `seed.generators` lacks `python`.

    ## Why is this bad
    Keras 3 initializers and stochastic layers draw their seeds from Python's `random` when they
    are constructed. After `tf.random.set_seed(42)` alone, builds and processes still differ.

    ## Example
    ```yaml
    seed:
      generators: [tensorflow]
    ```

    ## Use instead
    ```yaml
    seed:
      generators: [python, numpy, tensorflow]  # what keras.utils.set_random_seed seeds
    ```
    """
    if subject.seeded and not subject.seeds(Generator.python):
        yield (
            "seed.generators",
            "Python's generator is not seeded, and Keras draws the seeds of initializers and"
            " dropout from it; add python",
        )
