"""RUN6xx, training."""

from __future__ import annotations

from runner.config.schema import Evaluated, Held, Reported
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_watched


def selected_on_test_part(subject: ConfigFacts) -> Seen:
    """The reported result is chosen on the test part.

    ## What it does
    Looks for `train.evaluate.at=best` on the test part, and for callbacks that stop training, keep
    weights or lower the learning rate by metrics of the test part (`train.validation.part=test`).

    ## Why is this bad
    A choice by the test part makes the model look better on it than on new rows. Much published
    code does it, and reproducing a table may need it, so this is said and not forbidden.

    ## Example
    ```yaml
    train:
      evaluate: {at: best}
    ```

    ## Use instead
    ```yaml
    train:
      validation: {part: split}
      evaluate: {at: best, part: validation}
    ```
    """
    train = subject.config.train
    evaluate, validation = train.evaluate, train.validation
    tested = evaluate.part is Evaluated.test or validation.part is Held.test
    if subject.trains and evaluate.at is Reported.best and tested:
        yield (
            "train.evaluate.at",
            "the best of several evaluations on the test part is reported, which is better than"
            " it would be on new rows; use train.evaluate.part=validation",
        )
    if validation.part is not Held.test:
        return
    for name, declared, watched in find_watched(subject):
        if watched.startswith("val_"):
            yield (
                declared.key,
                f"{name} decides by {watched} of the test part, which is then better than it"
                " would be on new rows; use train.validation.part=split",
            )
