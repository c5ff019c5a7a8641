"""The callables that a config declares with `_target_`, and what their names alone tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

STOCHASTIC_LAYERS = ("Dropout", "GaussianNoise", "RandAugment", "AugMix", "MixUp", "CutMix")
"""Parts of the names of Keras layers that draw random numbers in training.

Layers whose names begin with `Random` draw them, too.
"""

STRENGTHS = ("rate", "stddev")
"""Arguments of stochastic layers; where one of them is 0, the layer's draws have no effect."""

LIBRARIES = ("keras", "tensorflow", "tf_keras")
"""Packages whose random callables are known by name; any callable of another may be random."""

SEEDS = ("seed", "random_state")
"""Names of the arguments that take a seed, alone or after an underscore."""


@dataclass(frozen=True)
class Declared:
    """A callable that a config declares, with its arguments."""

    key: str
    """Dotted config key, such as `model.layers[1]`."""
    target: str
    """The value of `_target_`, such as `keras.layers.Dense`."""
    arguments: dict[str, Any]
    """Arguments by name; nested callables are dictionaries."""

    @property
    def name(self) -> str:
        """The callable's own name, such as `Dense`."""
        return self.target.rpartition(".")[2]

    @property
    def package(self) -> str:
        """The package that the callable comes from, such as `keras`."""
        return self.target.partition(".")[0]

    @property
    def is_stochastic_layer(self) -> bool:
        """Whether this is a Keras layer whose random numbers have an effect in training."""
        if any(self.arguments.get(name, 1) == 0 for name in STRENGTHS):
            return False
        if any(part in self.name for part in STOCHASTIC_LAYERS):
            return True
        if any(self.arguments.get(name) for name in ("dropout", "recurrent_dropout")):
            return True
        return self.name.startswith("Random") and ".layers." in self.target

    @property
    def is_initializer(self) -> bool:
        """Whether this is one of Keras's initializers."""
        return ".initializers." in self.target

    @property
    def may_be_random(self) -> bool:
        """Whether the callable draws random numbers, or is code that may draw some."""
        if self.package not in LIBRARIES:
            return True
        return self.is_stochastic_layer or self.name.startswith("random_")


def find_declared(node: Any, key: str) -> Iterator[Declared]:
    """Yield every callable under a node of a config, outermost first.

    Args:
        node: plain dictionaries, lists and values.
        key: the node's own dotted key.
    """
    if isinstance(node, dict):
        if isinstance(node.get("_target_"), str):
            arguments = {str(k): v for k, v in node.items() if k != "_target_"}
            yield Declared(key, node["_target_"], arguments)
        for name, value in node.items():
            yield from find_declared(value, f"{key}.{name}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from find_declared(item, f"{key}[{index}]")


def name_of(value: Any) -> str:
    """Return the name, without its package, of a function or object in an argument.

    Args:
        value: the argument's value: a name, or a dictionary with `_target_`.

    Returns:
        '' where the value is neither.
    """
    if isinstance(value, dict):
        value = value.get("_target_")
    return value.rpartition(".")[2] if isinstance(value, str) else ""


def is_seed(name: str) -> bool:
    """Return whether an argument or key of that name takes a seed."""
    return any(name == each or name.endswith(f"_{each}") for each in SEEDS)


def select(node: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a path of names and indices; None where there is none."""
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def split_key(key: str) -> list[str | int]:
    """Split a dotted key into names and indices: `layers[1].units` into layers, 1 and units."""
    parts = key.replace("[", ".[").split(".")
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]
