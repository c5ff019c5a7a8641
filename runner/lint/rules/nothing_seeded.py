"""RUN1xx, seeds."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.draws import DRAWN, find_variations
from runner.static.facts import ConfigFacts
from runner.static.sources import Sources


def nothing_seeded(subject: ConfigFacts) -> Seen:
    """No generator is seeded.

    ## What it does
    Looks for the seed strategy `unset`, unless a seed would decide nothing, for example because
    every initializer has a seed of its own and rows are not shuffled.

    ## Why is this bad
    A Keras model then gets different initial weights at every build and in every process, and the
    rows come in a different order. No record says which, so no run can be repeated.

    ## Example
    ```yaml
    defaults:
      - override /seed: unset
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /seed: random  # another seed in each run, recorded
    ```
    """
    if subject.seeded:
        return
    sources = Sources(subject)
    found = [each for each in find_variations(sources) if each.runs.varies is not False]
    certain = [each for each in found if each.runs.varies]
    if certain:
        what = f"each run gets {DRAWN[certain[0].source]}"
    elif found or sources.training_code is not None:
        what = "each run may draw other numbers"
    else:
        return
    yield (
        "seed.strategy",
        f"nothing is seeded, so {what}, and none can be repeated;"
        " use seed=fixed, seed=random or seed=derived",
    )
