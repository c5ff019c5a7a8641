"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Generator, Strategy
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def numpy_left_unseeded(subject: ConfigFacts) -> Seen:
    """NumPy's generator is not seeded, and the split of the rows draws from it.

    ## What it does
    Looks for `data.split.seed: null`, or `data.resample.seed: null` where there is a bootstrap,
    label noise or imbalance, in a seeded configuration whose `seed.generators` lacks
    `numpy`. Under `seed=derived` the split has a seed of its own in any case, and
    `data.split.by=time` draws nothing.

    ## Why is this bad
    Each run is then trained and tested on different rows. The data split varies results more than
    any other source of randomness (Bouthillier et al., 2021).

    ## Example
    ```yaml
    seed:
      generators: [python, tensorflow]
    data:
      split:
        seed: null
    ```

    ## Use instead
    ```yaml
    seed:
      generators: [python, numpy, tensorflow]
    data:
      split:
        seed: null
    ```
    """
    config = subject.config
    follows = config.seed.strategy in (Strategy.fixed, Strategy.random)
    if not follows or subject.seeds(Generator.numpy):
        return
    if subject.draws_split and config.data.split.seed is None:
        yield (
            "data.split.seed",
            "null lets the split follow NumPy's generator, which is not seeded, so each run has"
            " other test rows; add numpy to seed.generators, or give the split a seed",
        )
    if subject.resamples and config.data.resample.seed is None:
        yield (
            "data.resample.seed",
            "null lets what is trained on follow NumPy's generator, which is not seeded, so each"
            " run draws anew; add numpy to seed.generators, or give a seed",
        )
