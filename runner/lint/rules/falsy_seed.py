"""RUN1xx, seeds."""

from __future__ import annotations

from runner.lint.rule import Seen
from runner.static.declared import LIBRARIES, is_seed, select, split_key
from runner.static.facts import ConfigFacts

KNOWN_PACKAGES = (*LIBRARIES, "runner", "numpy", "sklearn")
"""Packages for which 0 is a seed like any other, and null means "use the global generator"."""


def falsy_seed(subject: ConfigFacts) -> Seen:
    """Your own code is given the seed 0 or null.

    ## What it does
    Looks for arguments that are 0 or null and are named `seed` or `random_state`, or end in
    `_seed` or `_random_state`. Callables of Keras, TensorFlow, NumPy, scikit-learn and this package
    are left out. A null that comes from another key, as in `${seed.value}`, does not count, because
    it may be filled in later.

    ## Why is this bad
    Code such as `if seed:` and `seed or 42` treats 0 as no seed at all. With null, most callables
    seed themselves from the operating system, which no strategy controls and no record holds.
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
        if each.package in KNOWN_PACKAGES:
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
