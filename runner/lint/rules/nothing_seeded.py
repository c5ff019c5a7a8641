"""RUN1xx, seeds."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.subject import Subject


def nothing_seeded(subject: Subject) -> Seen:
    """No generator is seeded.

    ## What it does
    Looks for the seed strategy `unset`.

    ## Why is this bad
    A freshly built Keras model then has other initial weights at every build and in every process,
    and the rows come in another order. No record says which, so no run can be repeated.

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
    if not subject.seeded:
        yield (
            "seed.strategy",
            "nothing is seeded, so weights and order are others in each run and no run can be"
            " repeated; use seed=fixed, seed=random or seed=derived",
        )
