"""RUN1xx, seeds."""

from __future__ import annotations

from runner.config.schema import Scope
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def seeded_after_training(subject: ConfigFacts) -> Seen:
    """Seeds are set only after the model is built and trained.

    ## What it does
    Looks for `seed.scope: call`, under which generators are first seeded right before the model is
    called.

    ## Why is this bad
    Initial weights, the order of the rows and dropout are drawn earlier, from generators that
    nobody seeded. Runs with the same seed differ, and a recorded seed does not repeat a run.

    ## Example
    ```yaml
    defaults:
      - override /seed: fixed
    seed:
      scope: call
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /seed: fixed
    seed:
      scope: process
    ```
    """
    if subject.seeded and subject.config.seed.scope is Scope.call:
        yield (
            "seed.scope",
            "seeds are set right before calls, after weights and order were drawn from generators"
            " that nobody seeded; use seed.scope=process or seed.scope=build",
        )
