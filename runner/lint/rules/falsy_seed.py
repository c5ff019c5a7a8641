"""RUN1xx, seeds."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.declared import LIBRARIES, is_seed, select, split_key
from runner.static.facts import ConfigFacts

KNOWN = (*LIBRARIES, "runner", "numpy", "sklearn")
"""Packages that take 0 for the seed it is, and null for "follow the global generator"."""


def falsy_seed(subject: ConfigFacts) -> Seen:
    """Your own code is given the seed 0 or null.

    ## What it does
    Looks for arguments named `seed` or `random_state`, alone or after an underscore, that are 0 or
    null, in callables of other packages than Keras, TensorFlow, NumPy, scikit-learn and this one.
    A null that refers to another key, as `${seed.value}`, does not count: it may be filled in
    later.

    ## Why is this bad
    `if seed:` and `seed or 42` take 0 for no seed at all, and null mostly means that the callable
    seeds itself from the operating system, which no strategy reaches and no record holds.
    (`seed.value: 0` is a seed like any other.)

    ## Example
    ```yaml
    data:
      source:
        _target_: my_data.load
        seed: 0
    ```

    ## Use instead
    ```yaml
    data:
      source:
        _target_: my_data.load
        seed: 1
    ```
    """
    for each in subject.callables:
        if each.package in KNOWN:
            continue
        for name, value in each.arguments.items():
            if not is_seed(name) or isinstance(value, bool) or value not in (None, 0):
                continue
            key = f"{each.key}.{name}"
            if value is None and isinstance(select(subject.written, split_key(key)), str):
                continue
            shown = "null" if value is None else value
            yield (
                key,
                f"{each.target} gets the seed {shown}, which code such as `if seed:` takes for"
                " none, so it may seed itself anew in each run; use another number",
            )
