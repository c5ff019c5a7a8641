"""RUN6xx, training."""

from __future__ import annotations

import difflib

from runner.config.schema import Reported
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts
from runner.static.training_parts import find_logged, find_watched, is_validated


def misspelled_metric(subject: ConfigFacts) -> Seen:
    """A callback watches, or `train.evaluate.by` names, a metric that the model does not have.

    ## What it does
    Looks for EarlyStopping, ReduceLROnPlateau, and ModelCheckpoint with `save_best_only`, that
    watch what is not logged under this name, and for such a name in `train.evaluate.by`. Nothing
    is said where code of one's own, several outputs, or metrics that are not given as names may log
    more. A metric is logged under the name that `train.metrics` gives it.

    ## Why is this bad
    Keras ends the run after its first epoch or, if the callback has a `mode`, prints a warning and
    goes on: EarlyStopping and ReduceLROnPlateau do nothing, and ModelCheckpoint saves nothing.

    ## Example
    ```yaml
    train:
      metrics: [accuracy]
      validation: {part: split}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          monitor: val_acc
          mode: max
    ```

    ## Use instead
    ```yaml
    train:
      metrics: [accuracy]
      validation: {part: split}
      callbacks:
        - _target_: keras.callbacks.EarlyStopping
          monitor: val_accuracy
          mode: max
    ```
    """
    measured = find_logged(subject)
    if measured is None or not subject.trains:
        return
    validated = [f"val_{name}" for name in measured]
    logged = [*measured, *(validated if is_validated(subject) else ()), "learning_rate"]
    for name, declared, watched in find_watched(subject):
        # Of a metric of rows for validation that do not exist, another rule speaks.
        if watched not in (*logged, *validated) and (
            is_validated(subject) or not watched.startswith("val_")
        ):
            use = _suggest("monitor", watched, logged)
            yield f"{declared.key}.monitor", f"{name} watches {watched}, which is not logged; {use}"
    evaluate = subject.config.train.evaluate
    if evaluate.at is Reported.best and evaluate.by is not None and evaluate.by not in measured:
        use = _suggest("train.evaluate.by", evaluate.by, measured)
        yield "train.evaluate.by", f"{evaluate.by} is not measured, so each run fails; {use}"


def _suggest(key: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"use {key}={close[0]}" if close else f"there are {', '.join(known)}"
