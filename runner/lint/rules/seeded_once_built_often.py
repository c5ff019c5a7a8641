"""RUN1xx, seeds."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.schema import Scope
from runner.static.subject import Subject


def seeded_once_built_often(subject: Subject) -> Seen:
    """Generators are seeded once, and the model is built several times.

    ## What it does
    Looks for `seed.scope: process` with more than one build in a run.

    ## Why is this bad
    The second build goes on where the first left the generators. `keras.utils.set_random_seed(42)`
    at the top of a script makes processes the same, while builds inside one process still differ:
    the second model of a notebook, of a loop over folds or of a search has other initial weights.

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
    if subject.seeded and config.seed.scope is Scope.process and config.builds > 1:
        yield (
            "seed.scope",
            f"seeded once for {config.builds} builds, so each build in a process gets other"
            " weights; use seed.scope=build where builds must agree",
        )
