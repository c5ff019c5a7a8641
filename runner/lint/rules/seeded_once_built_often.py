"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Scope
from runner.lint.rule import Seen
from runner.static.draws import DRAWN, find_variations
from runner.static.facts import ConfigFacts
from runner.static.sources import Sources


def seeded_once_built_often(subject: ConfigFacts) -> Seen:
    """Generators are seeded once, and the model is built several times.

    ## What it does
    Looks for `seed.scope: process` with more than one build in a run, unless the seeds decide
    nothing.

    ## Why is this bad
    The second build continues where the first left the generators. With
    `keras.utils.set_random_seed(42)` at the top of a script, all processes are the same, but builds
    inside one process still differ: the second model in a notebook, a loop over folds or a search
    has different initial weights.

    ## Example
    ```yaml
    seed:
      scope: process
    builds: 2
    ```

    ## Use instead
    ```yaml
    seed:
      scope: build
    builds: 2
    ```
    """
    config = subject.config
    if not subject.seeded or config.seed.scope is not Scope.process or config.builds < 2:
        return
    sources = Sources(subject)
    found = [each for each in find_variations(sources) if each.builds.varies is not False]
    drawn = [each for each in found if each.builds.varies and each.follows]
    if drawn:
        what = f"each build in a process gets {DRAWN[drawn[0].source]}"
    elif found or sources.training_code is not None:
        what = "each build in a process may draw other numbers"
    else:
        return
    yield (
        "seed.scope",
        f"seeded once for {config.builds} builds, so {what};"
        " use seed.scope=build where builds must agree",
    )
