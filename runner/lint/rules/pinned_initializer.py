"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Strategy
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def pinned_initializer(subject: ConfigFacts) -> Seen:
    """An initializer has a seed of its own where the initial weights are to vary.

    ## What it does
    Looks for initializers with a `seed` under `seed=random` and `seed=unset`, and under
    `seed=derived` if `init` is among the sources that vary. Under `seed=fixed`, initial weights are
    meant to stay the same.

    ## Why is this bad
    Such an initializer ignores every global seed. If all initializers are like that, runs with
    different seeds have the same initial weights bit for bit, and a study over seeds measures less
    than it claims.

    ## Example
    ```yaml
    defaults:
      - override /seed: random
    model:
      layers:
        - _target_: keras.layers.Dense
          units: ${data.units}
          kernel_initializer:
            _target_: keras.initializers.GlorotUniform
            seed: 43
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /seed: random
    model:
      layers:
        - _target_: keras.layers.Dense
          units: ${data.units}
          kernel_initializer:
            _target_: keras.initializers.GlorotUniform
    ```
    """
    seed = subject.config.seed
    derived = seed.strategy is Strategy.derived and (seed.vary == "all" or "init" in seed.vary)
    if seed.strategy not in (Strategy.random, Strategy.unset) and not derived:
        return
    for each in subject.initialized:
        if each.is_initializer and each.arguments.get("seed") is not None:
            yield (
                f"{each.key}.seed",
                f"the initializer has the seed {each.arguments['seed']}, which no strategy"
                f" reaches, so its weights are the same in each run of seed={seed.strategy.name};"
                " leave the seed out",
            )
