"""RUN1xx, seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.lint.rule import Seen
from runner.static.declared import is_seed
from runner.static.facts import ConfigFacts

PURE_RESOLVERS = (
    "oc.select",
    "oc.decode",
    "oc.create",
    "oc.deprecated",
    "oc.dict.keys",
    "oc.dict.values",
)
"""Resolvers that read the config and nothing else."""

RESOLVER = re.compile(r"\$\{\s*([\w.]+)\s*:")
"""The start of a call of a resolver, such as `${now:`."""


def stateful_seed_resolver(subject: ConfigFacts) -> Seen:
    """A seed comes from a resolver that reads something outside the config.

    ## What it does
    Looks for seeds written as `${name:...}` where `name` is not one of OmegaConf's resolvers that
    only read the config.

    ## Why is this bad
    A resolver such as `now`, `oc.env` or one that draws a number may give a different value each
    time it is read. One config then stands for several seeds, and the seed that was composed first
    need not be the one that a run used, or that its replay will use.

    ## Example
    ```yaml
    seed:
      value: ${now:%S}
    ```

    ## Use instead
    ```yaml
    defaults:
      - override /seed: random  # drawn once, recorded, replayed
    ```
    """
    for key, text in find_seeds(subject.written):
        names = [name for name in RESOLVER.findall(text) if name not in PURE_RESOLVERS]
        if names:
            yield (
                key,
                f"the seed comes from the resolver {names[0]}, which may give another one each time"
                " it is asked; write a number, or use seed=random, which draws once and records it",
            )


def find_seeds(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted key, text) for each seed that the config writes as text."""
    if isinstance(node, dict):
        for name, value in node.items():
            key = f"{prefix}.{name}" if prefix else str(name)
            if isinstance(value, str) and (is_seed(str(name)) or key == "seed.value"):
                yield key, value
            else:
                yield from find_seeds(value, key)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from find_seeds(item, f"{prefix}[{index}]")
